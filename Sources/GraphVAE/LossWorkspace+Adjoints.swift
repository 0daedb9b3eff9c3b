import Learning
import Numerics

extension LossWorkspace {
    /// Adjoints of the means and log-variances of all levels.
    func adjoints(_ count: Int, _ terms: LossTerms, _ batch: Int) {
        let last = shape.levels - 1
        let share = 1 / Scalar(batch)
        let lambda = shape.levels > 1 ? Scalar(terms.lambda) * share * 2 / Scalar(last) : 0
        let beta = Scalar(terms.beta) * share / Scalar(nodes[last])
        for index in 0...last {
            for k in 0..<count {
                for node in 0..<nodes[index] { adjoints(index, k, node, terms.representation, lambda, beta) }
            }
        }
    }

    /// The same of one latent variable.
    private func adjoints(
        _ index: Int, _ k: Int, _ node: Int, _ representation: Representation, _ lambda: Scalar, _ beta: Scalar
    ) {
        let (level, last) = (encoder.levels[index], shape.levels - 1)
        let (at, own) = (row(index, k) + node, k * level.nodes + node)
        let (mean, logVariance) = (level.meanAdjoints[own], level.logVarianceAdjoints[own])
        let (z, deviation, epsilon) = (sampleAdjoints[at], deviations[at], noise[at])
        let outer = decoder.latentAdjoints[index == last ? own : 0]
        // r of this level beside that of the finer one, and that of the coarser one beside this one.
        func lines(_ base: UnsafeMutablePointer<Scalar>, _ node: Int) -> UnsafeMutablePointer<Line> {
            GraphVAE.lines(base + node * samples.width)
        }
        let here = lines(represented(index, k, representation), node)
        let finer = index > 0 ? lines(finer(index, k, representation), node) : nil
        let block = block(of: node, index)
        let averaged = index < last ? lines(self.finer(index + 1, k, representation), block) : here
        let coarser = index < last ? lines(represented(index + 1, k, representation), block) : nil
        // 1 / (latent variables of the coarser level), and of that a quarter for each of a block: the same.
        let share = 1 / Scalar(level.nodes)
        for f in 0..<samples.lines {
            var consistency = Line(repeating: 0)
            if let finer { consistency += (here[f] - finer[f]) * share }
            if let coarser { consistency += (averaged[f] - coarser[f]) * share }
            consistency *= lambda
            z[f] = index == last ? outer[f] : Line(repeating: 0)
            mean[f] = Line(repeating: 0)
            logVariance[f] = Line(repeating: 0)
            if representation == .mean { mean[f] = consistency } else { z[f] += consistency }
            if index == last {
                mean[f] += level.means[own][f] * beta
                logVariance[f] += (deviation[f] * deviation[f] - 1) * (beta * 0.5)
            }
            mean[f] += z[f]
            logVariance[f] += z[f] * epsilon[f] * deviation[f] * 0.5
        }
    }

    /// The latent variable of the next level whose block has this one.
    private func block(of node: Int, _ level: Int) -> Int {
        guard shape.readout == .sites else { return 0 }
        let size = shape.size >> level
        return node / size / 2 * (size / 2) + node % size / 2
    }
}
