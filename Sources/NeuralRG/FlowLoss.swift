import Learning
import Numerics

/// A loss that is the mean over a batch of samples, and its gradient.
package protocol FlowLoss: LossWorkspace {
    /// Puts the samples of one tile of a training step on the tile's sites.
    func draw(seed: UInt64, tile index: Int, step: Int)

    /// Adds the tile's share of the mean over `batch` samples.
    /// - Parameter samples: lanes that count, 1 to 32.
    func add(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int)
}

/// What one thread needs for a loss of tiles of samples and its gradient in the parameters, in
/// single precision.
package class LossWorkspace {
    typealias Block = SampleBlock<Float>

    package let tile: FlowTile<Float>
    /// Sums over the tiles since `clear`: losses and their squares.
    package private(set) var lossSum = 0.0, lossSquares = 0.0
    let symmetry: SymmetryGroup
    /// The share of this loss in that of the training.
    package var weight: Float = 1

    package init(_ model: FlowModel, progress: Progress? = nil) throws(Failure) {
        tile = try FlowTile(model.shape, trains: true, progress: progress)
        symmetry = model.symmetry
    }

    /// Adjoints of the packed parameters, summed likewise.
    package var gradient: Buffer<Double> { tile.gradient! }

    package func clear() {
        gradient.base.update(repeating: 0, count: gradient.count)
        (lossSum, lossSquares) = (0, 0)
    }

    /// Begins a tile: no adjoints yet.
    func begin() {
        tile.adjoints.update(repeating: Block(repeating: 0), count: tile.shape.sites)
    }

    /// Ends a tile: adds the losses of the samples that count.
    func end(_ loss: Block, samples: Int) {
        for lane in 0..<samples {
            let value = Double(loss[lane])
            lossSum += value
            lossSquares += value * value
        }
    }

    /// The weight of each lane in a mean over `batch` samples; lanes past the end have none.
    func share(samples: Int, batch: Int) -> Block {
        var share = Block(repeating: 0)
        for lane in 0..<samples { share[lane] = weight / Float(batch) }
        return share
    }

    /// ln((n e^a + e^b) / (n + 1)), a being the logarithm of a mean of n numbers, and the shares of that
    /// mean and of e^b in it.
    func mixture(_ a: Block, of n: Int, _ b: Block) -> (logarithm: Block, a: Block, b: Block) {
        let count = Float(n + 1)
        let a = a + Block(repeating: log(SIMD16(repeating: Float(n)))[0])
        let first = (b - a).map { 1 / (1 + exp($0)) }
        let second = (a - b).map { 1 / (1 + exp($0)) }
        return (larger(a, b) - larger(first, second).map { log(count * $0) }, first, second)
    }

    private func larger(_ a: Block, _ b: Block) -> Block {
        // max(a, b) = a + max(b - a, 0)
        let difference = b - a
        return a + difference * difference.map(Float.step)
    }
}
