import Numerics

/// Configurations of a training step that the model drew, and how well it drew them.
final class Batch {
    let count: Int
    private let size: Int
    private let spins: Buffer<UInt8>
    /// ln w = K sum_<ij> s_i s_j + h sum_i s_i - ln q(s) of each configuration.
    let logWeights: Buffer<Double>

    var blocks: Int { (count + SpinBlock.lanes - 1) / SpinBlock.lanes }

    init(count: Int, size: Int) throws(Failure) {
        (self.count, self.size) = (count, size)
        let bytes = Batch.bytes(count: count, size: size)
        guard bytes <= physicalMemory() else {
            throw .outOfMemory("a batch of \(count) needs \(bytes) bytes; this machine has \(physicalMemory())")
        }
        let lanes = (count + SpinBlock.lanes - 1) / SpinBlock.lanes * SpinBlock.lanes
        spins = try Buffer(count: lanes * size * size)
        logWeights = try Buffer(count: lanes)
    }

    static func bytes(count: Int, size: Int) -> Int { (count + SpinBlock.lanes) * (size * size + 16) }

    func block(_ index: Int) -> SpinBlock {
        SpinBlock(base: spins.base + index * size * size * SpinBlock.lanes, size: size)
    }

    /// Draws all of them anew; equal keys give equal ones.
    func draw(_ model: SamplerModel, seed: UInt64, step: Int, _ progress: Progress) throws(Failure) {
        let classes = try model.classTables()[...]
        let slots = min(blocks, threadCount)
        let kernels = try model.makeKernels(slots)
        parallelFor(slots, progress: progress) { slot in
            for index in stride(from: slot, to: self.blocks, by: slots) where !progress.pollsToStop {
                var random = RandomStream(
                    seed: seed, purpose: .latent, stream: UInt64(index), step: UInt64(step) + 1)
                let logarithms = kernels[slot].draw(classes, self.block(index), &random)
                model.weigh(self.block(index), logarithms, into: self.logWeights.base + index * SpinBlock.lanes)
            }
        }
    }

    /// Mean of -ln w with its error, effective sample size as a share, and ln of the mean weight with
    /// its error to first order. A single configuration has no errors.
    func quality() -> (bound: Double, boundError: Double, share: Double, logPartition: Double, error: Double) {
        let (mean, variance) = meanAndVariance(logWeights.base, count: count)
        let largest = maximum(logWeights.base, count: count)
        var (sum, squares) = (0.0, 0.0)
        for k in 0..<count {
            let weight = exp(SIMD8<Double>(repeating: logWeights.base[k] - largest))[0]
            sum += weight
            squares += weight * weight
        }
        let n = Double(count)
        let share = min(1, sum * sum / squares / n)
        let logMean = log(SIMD8<Double>(repeating: sum / n))[0]
        guard count > 1 else { return (-mean, .nan, share, largest + logMean, .nan) }
        return (
            -mean, (variance / n).squareRoot(), share, largest + logMean, max(0, (1 / share - 1) / n).squareRoot()
        )
    }
}

extension SamplerModel {
    /// ln w of the 64 configurations of a block, given their ln q.
    func weigh(
        _ block: SpinBlock, _ logProbabilities: UnsafePointer<Double>, into weights: UnsafeMutablePointer<Double>
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * SpinBlock.lanes) { sums in
            let (bonds, spins) = (sums.baseAddress!, sums.baseAddress! + SpinBlock.lanes)
            block.sums(bonds: bonds, spins: spins)
            for k in 0..<SpinBlock.lanes {
                weights[k] = configuration.coupling * bonds[k] + configuration.field * spins[k] - logProbabilities[k]
            }
        }
    }
}
