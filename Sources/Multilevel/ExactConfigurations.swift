import Ising
import Numerics

/// Independent configurations of the target by the Wolff algorithm, by which a mode that the model never
/// draws is seen.
package final class ExactConfigurations: Sendable {
    private let spins: Buffer<Int8>
    private let count: Int
    private let logPartition: Double

    private init(spins: Buffer<Int8>, count: Int, logPartition: Double) {
        (self.spins, self.count, self.logPartition) = (spins, count, logPartition)
    }

    /// Those for trainings with this seed; nil with a field, for which there is no cluster algorithm.
    package static func of(
        _ model: SamplerModel, seed: UInt64, _ progress: Progress
    ) throws(Failure) -> ExactConfigurations? {
        let configuration = model.configuration
        guard configuration.field == 0 else { return nil }
        return try model.cache.exact(seed: seed) { () throws(Failure) in
            let count = min(max((1 << 22) / model.sites, 64), 2048)
            let spins = try wolff(model, count: count, seed: derived(seed, 1), progress)
            return ExactConfigurations(
                spins: spins, count: count,
                logPartition: try Ising.logPartition(size: configuration.size, coupling: configuration.coupling))
        }
    }

    /// Configurations at the model's coupling, (count, L, L).
    static func wolff(
        _ model: SamplerModel, count: Int, seed: UInt64, _ progress: Progress
    ) throws(Failure) -> Buffer<Int8> {
        let chains = min(count, 128)
        let plan = SamplingPlan(
            size: model.configuration.size, couplings: [model.configuration.coupling], chains: chains,
            samples: (count + chains - 1) / chains, thermalize: 100, between: 3, seed: seed)
        let spins = try Buffer<Int8>(count: plan.chains * plan.samples * model.sites)
        try sample(plan, into: spins.base, progress: progress.uncounted)
        return spins
    }

    /// Another seed for another purpose.
    static func derived(_ seed: UInt64, _ purpose: UInt32) -> UInt64 {
        let bits = Philox.block(
            counter: SIMD4(0x4D4C, purpose, 0, 0),
            key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
        return UInt64(bits[0]) << 32 | UInt64(bits[1])
    }

    /// The divergence from the target to the model in nat, the mean of K sum s s' - ln Z - ln q(s),
    /// and its standard error.
    package func divergence(to model: SamplerModel, _ progress: Progress) throws(Failure) -> (Double, Double) {
        let (values, bonds) = (try Buffer<Double>(count: count), try Buffer<Double>(count: count))
        try model.logProbability(spins.base, count: count, into: values.base, progress: progress.uncounted)
        try energies(
            spins: spins.base, count: count, size: model.configuration.size, into: bonds.base,
            progress: progress.uncounted)
        for k in 0..<count { values.base[k] = -model.configuration.coupling * bonds.base[k] - values.base[k] }
        let (mean, variance) = meanAndVariance(values.base, count: count)
        return (mean - logPartition, (variance / Double(count)).squareRoot())
    }
}
