import Learning
import Numerics

/// The loss ln q(x) - ln pi(x) of samples x = g(z) (Eq. 5), and its gradient along their path:
/// that of x, while ln q stays the function it is.
///
/// What is left out, the derivative of ln q in its own parameters at fixed x, is zero on average;
/// but it is noise that remains when q has become pi, and would hold the training above the
/// bound it could reach (Roeder et al., arXiv:1703.09194). The derivative of ln q0(x) comes with
/// the decoding of z. A symmetric density needs ln q0(g x) of all g, such as of -x, too, which takes
/// one encoding each, and its derivative only if g x is within the flow's reach as well: a flow of a
/// large lattice or a low temperature knows one sign, and e^-100 times a derivative is nothing.
package final class DistillationWorkspace: LossWorkspace, FlowLoss {
    private let target: any TargetDensity<Float>
    /// x and the derivative of ln q0(x), kept while its images are dealt with.
    private let kept, scores: Buffer<Block>

    package override init(_ model: FlowModel, progress: Progress? = nil) throws(Failure) {
        target = try model.target.density(Float.self, progress: progress ?? .none)
        kept = try Buffer(count: model.shape.sites)
        scores = try Buffer(count: model.shape.sites)
        try super.init(model, progress: progress)
    }

    /// New latent variables.
    package func draw(seed: UInt64, tile index: Int, step: Int) {
        tile.fillNormal(seed: seed, tile: index, step: step)
    }

    package func add(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int) {
        let sites = tile.shape.sites
        var logQ = score(parameters)
        if symmetry.order > 1 {
            kept.base.update(from: tile.sites, count: sites)
            for (index, element) in symmetry.elements.enumerated().dropFirst() {
                element.apply(kept.base, into: tile.sites)
                let determinant = tile.encode(parameters)
                let shares = mixture(logQ, of: index, tile.logNormal() + determinant)
                logQ = shares.logarithm
                if isOne(shares.a) { continue }
                scores.base.update(from: tile.adjoints, count: sites)
                _ = score(parameters)
                for i in 0..<sites {
                    let (source, slope) = (Int(element.sources[i]), shares.b * tile.adjoints[i])
                    let own = shares.a * scores.base[source]
                    scores.base[source] = element.negated[i] ? own - slope : own + slope
                }
                tile.adjoints.update(from: scores.base, count: sites)
            }
            tile.sites.update(from: kept.base, count: sites)
        }
        let logPi = target.logDensity(
            tile.sites, rows: samples, weight: Block(repeating: -1), addingGradientTo: tile.adjoints)
        let share = share(samples: samples, batch: batch)
        for i in 0..<sites { tile.adjoints[i] *= share }
        tile.decodeBackward(parameters, weight: Block(repeating: 0))
        end(logQ - logPi, samples: samples)
    }

    /// From z to x, ln q0(x) and, in the adjoints, its derivative.
    private func score(_ parameters: UnsafePointer<Float>) -> Block {
        let logNormal = tile.logNormal()
        for i in 0..<tile.shape.sites { tile.adjoints[i] = Block(repeating: 0) - tile.sites[i] }
        return logNormal + tile.encodeBackward(parameters, weight: Block(repeating: 1), trains: false)
    }

    /// Whether all shares are 1 in single precision, and the others nothing beside them.
    private func isOne(_ share: Block) -> Bool {
        (0..<Block.width).allSatisfy { share[$0] == 1 }
    }
}
