import Learning
import Numerics

/// What one thread needs for the loss ln q(x) - ln pi(x) of tiles of samples x = g(z) and its
/// gradient in the parameters, in single precision.
///
/// Decoding z gives ln q0(x) already. A symmetric density needs ln q0(-x) too, which takes one
/// encoding; the gradient goes back through both, and through x.
package final class DistillationWorkspace {
    typealias Block = SampleBlock<Float>

    package let tile: FlowTile<Float>
    /// Sums over the tiles since `clear`: adjoints of the packed parameters, losses and their squares.
    package let gradient: Buffer<Double>
    package private(set) var lossSum = 0.0, lossSquares = 0.0
    private let target: DualIsing.Kernel<Float>
    private let symmetric: Bool

    package init(_ model: FlowModel) throws(Failure) {
        tile = try FlowTile(model.shape, trains: true)
        target = try DualIsing.Kernel(model.target)
        symmetric = model.configuration.symmetric
        gradient = try Buffer(count: model.shape.packedCount)
    }

    package func clear() {
        gradient.base.update(repeating: 0, count: gradient.count)
        (lossSum, lossSquares) = (0, 0)
    }

    /// Adds the tile's latent variables' share of the mean over `batch` samples.
    /// - Parameter samples: lanes that count, 1 to 32.
    package func distil(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int) {
        let sites = tile.shape.sites
        var share = Block(repeating: 0)
        for lane in 0..<samples { share[lane] = 1 / Float(batch) }
        let folds = tile.gradient!
        folds.base.update(repeating: SIMD8(repeating: 0), count: folds.count)
        for i in 0..<sites { tile.adjoints[i] = Block(repeating: 0) }

        var logQ = tile.logNormal()
        logQ -= tile.decode(parameters)
        var own = Block(repeating: 1)
        if symmetric {
            tile.negate(tile.sites)
            let determinant = tile.encode(parameters)
            let mirrored = tile.logNormal() + determinant
            // Shares of q0(x) and q0(-x) in q(x), and ln q(x).
            own = (mirrored - logQ).map { 1 / (1 + exp($0)) }
            let other = (logQ - mirrored).map { 1 / (1 + exp($0)) }
            logQ = larger(logQ, mirrored) - larger(own, other).map { log(2 * $0) }
            let weight = other * share
            for i in 0..<sites { tile.adjoints[i] = (Block(repeating: 0) - weight) * tile.sites[i] }
            tile.encodeBackward(parameters, weight: weight)
            tile.negate(tile.sites)
        }
        let logPi = target.logDensity(tile.sites, weight: share, addingGradientTo: tile.adjoints)
        tile.negate(tile.adjoints)
        tile.decodeBackward(parameters, weight: Block(repeating: 0) - own * share)

        for i in 0..<folds.count { gradient.base[i] += Double(folds.base[i].sum()) }
        let loss = logQ - logPi
        for lane in 0..<samples {
            let value = Double(loss[lane])
            lossSum += value
            lossSquares += value * value
        }
    }

    private func larger(_ a: Block, _ b: Block) -> Block {
        // max(a, b) = a + max(b - a, 0)
        let difference = b - a
        return a + difference * difference.map(Float.step)
    }
}
