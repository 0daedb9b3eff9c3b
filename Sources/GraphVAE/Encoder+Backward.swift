import Learning
import Numerics

/// The way back.
extension Encoder {
    /// From `meanAdjoints` and `logVarianceAdjoints` of all levels to those of the parameters; those
    /// of the table are left to the table.
    /// - Parameters:
    ///   - gradients: packed, added to.
    ///   - tableGradient: (patterns, hidden), added to.
    func backward(
        _ parameters: UnsafePointer<Scalar>, count: Int, to gradients: UnsafeMutablePointer<Scalar>,
        tableGradient: UnsafeMutablePointer<Scalar>
    ) {
        guard let adjoints, let inputAdjoints, let featureAdjoints else { preconditionFailure() }
        for index in levels.indices.reversed() {
            if !bySites {
                let features = levels[index].features.base
                backwardHeads(parameters, index, 0, features, count, gradients, featureAdjoints)
            }
            if index > 0 {
                backward(parameters, index, count, gradients, adjoints, inputAdjoints, featureAdjoints)
            } else {
                backwardFinest(
                    parameters, count, gradients, tableGradient, adjoints, inputAdjoints, featureAdjoints)
            }
        }
    }

    /// From the adjoints of `count` latent variables, beginning with the one in row `first`, to those of
    /// the features that they were read from, in `featureAdjoints`.
    private func backwardHeads(
        _ parameters: UnsafePointer<Scalar>, _ index: Int, _ first: Int, _ features: UnsafePointer<Scalar>,
        _ count: Int, _ gradients: UnsafeMutablePointer<Scalar>, _ featureAdjoints: Rows<Scalar>
    ) {
        let level = levels[index]
        shape.mean(index).backward(
            parameters, level.meanAdjoints.suffix(from: first), features, count: count, to: gradients,
            into: featureAdjoints.base)
        shape.logVariance(index).backward(
            parameters, level.logVarianceAdjoints.suffix(from: first), features, count: count, to: gradients,
            into: featureAdjoints.base, onto: 1)
    }

    /// Adjoints of what the second convolution rectified, in `adjoints` from row `first` on.
    private func unpool(
        _ parameters: UnsafePointer<Scalar>, _ index: Int, _ k: Int, _ values: UnsafeMutablePointer<Line>,
        _ gradients: UnsafeMutablePointer<Scalar>, _ adjoints: Rows<Scalar>, _ first: Int,
        _ inputAdjoints: Rows<Scalar>, _ featureAdjoints: Rows<Scalar>
    ) {
        let (torus, lines, own) = (levels[index].torus, finest.lines, adjoints.suffix(from: first))
        let bias = shape.convolution(index, 1).biasGradient(gradients)
        // Sites that are read one by one leave nothing for the mean; they are added below.
        if bySites { featureAdjoints.clear(1) }
        let mean = featureAdjoints[bySites ? 0 : k]
        if index + 1 < levels.count {
            torus.poolBackward(
                lines, values, pooled: inputAdjoints[k * levels[index + 1].torus.sites], mean: mean, into: own[0],
                biasGradient: GraphVAE.lines(bias), Scalar.self)
        } else {
            torus.meanBackward(
                lines, values, mean: mean, into: own[0], biasGradient: GraphVAE.lines(bias), Scalar.self)
        }
        guard bySites else { return }
        let features = UnsafeRawPointer(values).assumingMemoryBound(to: Scalar.self)
        for first in stride(from: 0, to: torus.sites, by: 4096) {
            let rows = min(4096, torus.sites - first)
            guard mayGoOn(rows: rows, of: shape.mean(index)) else { return }
            backwardHeads(
                parameters, index, k * torus.sites + first, features + first * finest.width, rows, gradients,
                featureAdjoints.suffix(from: first))
        }
        own.addRectified(featureAdjoints, values, torus.sites, onto: bias)
    }

    private func backward(
        _ parameters: UnsafePointer<Scalar>, _ index: Int, _ count: Int, _ gradients: UnsafeMutablePointer<Scalar>,
        _ adjoints: Rows<Scalar>, _ inputAdjoints: Rows<Scalar>, _ featureAdjoints: Rows<Scalar>
    ) {
        let level = levels[index]
        guard let input = level.input, let first = level.first, let second = level.second else { return }
        let (sites, rows) = (level.torus.sites, count * level.torus.sites)
        for k in 0..<count {
            unpool(
                parameters, index, k, second[k * sites], gradients, adjoints, k * sites, inputAdjoints,
                featureAdjoints)
        }
        let (one, two) = (shape.convolution(index, 0), shape.convolution(index, 1))
        guard mayGoOn(rows: rows, of: two) else { return }
        sumNeighbours(level.torus, adjoints, count)
        two.addWeightGradient(products.base, first.base, count: rows, scale: 0.2, to: gradients)
        guard mayGoOn(rows: rows, of: two) else { return }
        two.multiplyBack(parameters, products.base, count: rows, scale: 0.2, into: adjoints.base)
        adjoints.rectifyBackward(first, rows)
        adjoints.addSum(rows, onto: one.biasGradient(gradients))
        guard mayGoOn(rows: rows, of: one) else { return }
        sumNeighbours(level.torus, adjoints, count)
        one.addWeightGradient(products.base, input.base, count: rows, scale: 0.2, to: gradients)
        guard mayGoOn(rows: rows, of: one) else { return }
        one.multiplyBack(parameters, products.base, count: rows, scale: 0.2, into: inputAdjoints.base)
    }

    private func sumNeighbours(_ torus: Torus, _ adjoints: Rows<Scalar>, _ count: Int) {
        for k in 0..<count {
            torus.sum(adjoints.lines, adjoints[k * torus.sites], into: products[k * torus.sites], Scalar.self)
        }
    }

    private func backwardFinest(
        _ parameters: UnsafePointer<Scalar>, _ count: Int, _ gradients: UnsafeMutablePointer<Scalar>,
        _ tableGradient: UnsafeMutablePointer<Scalar>, _ adjoints: Rows<Scalar>, _ inputAdjoints: Rows<Scalar>,
        _ featureAdjoints: Rows<Scalar>
    ) {
        let (torus, lines) = (levels[0].torus, finest.lines)
        let table = GraphVAE.lines(tableGradient)
        for k in 0..<count {
            let values = finest[k * torus.sites]
            unpool(parameters, 0, k, values, gradients, adjoints, 0, inputAdjoints, featureAdjoints)
            let own = patterns.base + k * torus.sites
            torus.spread(lines, adjoints[0], Scalar.self) { site in table + Int(own[site]) &* lines }
        }
    }
}
