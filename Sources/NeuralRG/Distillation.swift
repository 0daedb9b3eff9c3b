import Learning
import Numerics

/// The loss ln q(x) - ln pi(x) of samples x = g(z) (Eq. 5).
///
/// Decoding z gives ln q0(x) already. A symmetric density needs ln q0(-x) too, which takes one
/// encoding; the gradient goes back through both, and through x.
package final class DistillationWorkspace: LossWorkspace, FlowLoss {
    private let target: DualIsing.Kernel<Float>

    package override init(_ model: FlowModel) throws(Failure) {
        target = try DualIsing.Kernel(model.target)
        try super.init(model)
    }

    /// New latent variables.
    package func draw(seed: UInt64, tile index: Int, step: Int) {
        tile.fillNormal(seed: seed, tile: index, step: step)
    }

    package func add(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int) {
        let sites = tile.shape.sites
        let share = share(samples: samples, batch: batch)
        begin()
        var logQ = tile.logNormal()
        logQ -= tile.decode(parameters)
        var own = Block(repeating: 1)
        if symmetric {
            tile.negate(tile.sites)
            let determinant = tile.encode(parameters)
            let other: Block
            (logQ, own, other) = mixture(logQ, tile.logNormal() + determinant)
            let weight = other * share
            for i in 0..<sites { tile.adjoints[i] = (Block(repeating: 0) - weight) * tile.sites[i] }
            tile.encodeBackward(parameters, weight: weight)
            tile.negate(tile.sites)
        }
        let logPi = target.logDensity(tile.sites, weight: share, addingGradientTo: tile.adjoints)
        tile.negate(tile.adjoints)
        tile.decodeBackward(parameters, weight: Block(repeating: 0) - own * share)
        end(logQ - logPi, samples: samples)
    }
}
