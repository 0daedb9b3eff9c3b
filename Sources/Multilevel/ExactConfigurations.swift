import Ising
import Numerics

/// Independent configurations of the target by the Wolff algorithm, by which a mode that the model never
/// draws is seen.
package final class ExactConfigurations: Sendable {
    private let spins: Buffer<Int8>
    private let count: Int
    /// Nil with a field, where it is not known.
    private let logPartition: Double?

    private init(spins: Buffer<Int8>, count: Int, logPartition: Double?) {
        (self.spins, self.count, self.logPartition) = (spins, count, logPartition)
    }

    /// Those for trainings with this seed.
    package static func of(
        _ model: SamplerModel, seed: UInt64, _ progress: Progress
    ) throws(Failure) -> ExactConfigurations {
        let configuration = model.configuration
        return try model.cache.exact(seed: seed) { () throws(Failure) in
            let count = min(max((1 << 22) / model.sites, 64), 2048)
            let spins = try wolff(model, count: count, seed: derived(seed, 1), progress)
            return ExactConfigurations(
                spins: spins, count: count,
                logPartition: configuration.field != 0
                    ? nil : try Ising.logPartition(size: configuration.size, coupling: configuration.coupling))
        }
    }

    /// Configurations at the model's coupling and field, (count, L, L): those of a chain follow each other.
    static func wolff(
        _ model: SamplerModel, count: Int, seed: UInt64, _ progress: Progress
    ) throws(Failure) -> Buffer<Int8> {
        let chains = min(count, chains)
        // Small lattices forget soon.
        let isSmall = model.configuration.size < 16
        var plan = SamplingPlan(
            size: model.configuration.size, couplings: [model.configuration.coupling], chains: chains,
            samples: (count + chains - 1) / chains, thermalize: isSmall ? 30 : 100,
            between: isSmall ? 1 : 3, algorithm: .wolff, seed: seed)
        plan.field = model.configuration.field
        let spins = try Buffer<Int8>(count: plan.chains * plan.samples * model.sites)
        do throws(Failure) {
            try sample(plan, into: spins.base, progress: progress.uncounted)
        } catch {
            try progress.check("training was interrupted; the model is at step \(model.step)")
            throw error
        }
        return spins
    }

    private static let chains = 128

    /// Another seed for another purpose.
    static func derived(_ seed: UInt64, _ purpose: UInt32) -> UInt64 {
        let bits = Philox.block(
            counter: SIMD4(0x4D4C, purpose, 0, 0),
            key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
        return UInt64(bits[0]) << 32 | UInt64(bits[1])
    }

    /// The divergence from the target to the model in nat, the mean of ln w = K sum s s' + h sum s - ln q(s)
    /// less ln Z, and its standard error, from the scatter of the chains.
    ///
    /// - Parameter estimate: stands for ln Z where that is not known.
    package func divergence(
        to model: SamplerModel, estimate: Double, _ progress: Progress
    ) throws(Failure) -> (Double, Double) {
        let configuration = model.configuration
        let (values, bonds) = (try Buffer<Double>(count: count), try Buffer<Double>(count: count))
        try model.logProbability(spins.base, count: count, into: values.base, progress: progress.uncounted)
        try energies(
            spins: spins.base, count: count, size: model.configuration.size, into: bonds.base,
            progress: progress.uncounted)
        for k in 0..<count { values.base[k] = -configuration.coupling * bonds.base[k] - values.base[k] }
        if configuration.field != 0 {
            let means = try Buffer<Double>(count: count)
            try magnetizations(
                spins: spins.base, count: count, size: configuration.size, into: means.base,
                progress: progress.uncounted)
            for k in 0..<count { values.base[k] += configuration.field * Double(model.sites) * means.base[k] }
        }
        let chains = min(count, ExactConfigurations.chains)
        let samples = count / chains
        let means = try Buffer<Double>(count: chains)
        for chain in 0..<chains {
            for k in 0..<samples { means.base[chain] += values.base[chain * samples + k] / Double(samples) }
        }
        let (mean, variance) = meanAndVariance(means.base, count: chains)
        // Equal configurations tell nothing, but for rounding.
        let error = variance > 1e-24 * (1 + mean * mean) ? (variance / Double(chains - 1)).squareRoot() : .nan
        return (mean - (logPartition ?? estimate), error)
    }
}
