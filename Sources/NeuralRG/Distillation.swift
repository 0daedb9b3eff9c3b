import Learning
import Numerics

/// The loss ln q(x) - ln pi(x) of samples x = g(z) (Eq. 5), and its gradient along their path:
/// that of x, while ln q stays the function it is.
///
/// What is left out, the derivative of ln q in its own parameters at fixed x, is zero on average;
/// but it is noise that remains when q has become pi, and would hold the training above the
/// bound it could reach (Roeder et al., arXiv:1703.09194). The derivative of ln q0(x) comes with
/// the decoding of z. A symmetric density needs that of ln q0(-x) too, which takes one encoding.
package final class DistillationWorkspace: LossWorkspace, FlowLoss {
    private let target: DualIsing.Kernel<Float>
    private let scores: Buffer<Block>

    package override init(_ model: FlowModel) throws(Failure) {
        target = try DualIsing.Kernel(model.target)
        scores = try Buffer(count: model.shape.sites)
        try super.init(model)
    }

    /// New latent variables.
    package func draw(seed: UInt64, tile index: Int, step: Int) {
        tile.fillNormal(seed: seed, tile: index, step: step)
    }

    package func add(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int) {
        let sites = tile.shape.sites
        var (logQ, own) = (score(parameters), Block(repeating: 1))
        var other = Block(repeating: 0)
        if symmetric {
            scores.base.update(from: tile.adjoints, count: sites)
            tile.negate(tile.sites)
            let determinant = tile.encode(parameters)
            (logQ, own, other) = mixture(logQ, tile.logNormal() + determinant)
            _ = score(parameters)
            tile.negate(tile.sites)
            for i in 0..<sites { tile.adjoints[i] = own * scores.base[i] - other * tile.adjoints[i] }
        }
        let logPi = target.logDensity(
            tile.sites, weight: Block(repeating: -1), addingGradientTo: tile.adjoints)
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
}
