import Learning
import Numerics

/// Where Hamiltonian Monte Carlo moves.
public enum SamplingSpace: Int32, CaseIterable, Sendable {
    case latent = 0
    case physical = 1
}

/// How the target is sampled by Hamiltonian Monte Carlo; ranges as in `validate`.
public struct ChainPlan: Sendable, Equatable {
    public var space = SamplingSpace.latent
    public var chains = 1
    /// Kept per chain.
    public var samples = 1
    /// Updates before the first sample. With `adapts` the leapfrog step is tuned in them.
    public var warmup = 0
    /// Updates from one sample to the next.
    public var between = 1
    public var stepSize = 0.2
    /// Leapfrog steps of an update, on average if `randomLength`.
    public var leapfrog = 10
    /// Whether an update has 1 to 2 `leapfrog` - 1 leapfrog steps, drawn for all chains together.
    /// The published ones always have `leapfrog`, and 10 of 0.2 are a period of the stiffest mode of
    /// the target, 2 pi `smallestEigenvalue`^(1/2).
    public var randomLength = true
    /// Whether the step size is tuned towards an acceptance of 0.65 and then kept.
    public var adapts = false
    public var seed: UInt64 = 0

    public init() {}

    /// Updates in all, at most 2^50 + 2^30.
    public var updates: Int { warmup + samples * between }

    public func validate() throws(Failure) {
        func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(Failure) {
            guard allowed.contains(value) else {
                throw .invalidArgument(
                    "\(name) must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)")
            }
        }
        try range("n_chains", chains, 1...1 << 20)
        try range("n_samples", samples, 1...1 << 30)
        try range("warmup", warmup, 0...1 << 30)
        try range("between", between, 1...1 << 20)
        try range("leapfrog", leapfrog, 1...10_000)
        guard (1e-9...1e3).contains(stepSize) else {
            throw .invalidArgument("step_size must be from 1e-9 to 1000, not \(stepSize)")
        }
        guard !adapts || warmup > 0 else { throw .invalidArgument("warmup must be positive for an adapting step size") }
    }
}

/// How the chains fared.
public struct ChainReport {
    /// Mean acceptance probability of the updates that led to each sample, shape (chains, samples).
    public let acceptance: Buffer<Double>
    /// Leapfrog step that the samples were taken with.
    public var stepSize: Double
}

extension FlowModel {
    /// Samples pi(x) by Hamiltonian Monte Carlo in latent or physical space.
    ///
    /// - Parameters:
    ///   - start: x of each chain, shape (chains, L^2), or nil for independent normal numbers in the
    ///     space of the chains: in latent space exact samples of what the flow has learned.
    ///   - samples: receives x, shape (chains, samples, L^2), also from latent space.
    public func sampleTarget(
        _ plan: ChainPlan, from start: UnsafePointer<Double>? = nil, into samples: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) -> ChainReport {
        try plan.validate()
        let n = shape.sites
        let isLatent = plan.space == .latent
        let potential: any Potential =
            isLatent
            ? try LatentPotential(self, chains: plan.chains, progress: progress)
            : try PhysicalPotential(target, chains: plan.chains, progress: progress)
        let sampler = try HMC(
            potential: potential, chains: plan.chains, stepSize: plan.stepSize, leapfrogSteps: plan.leapfrog,
            randomLength: plan.randomLength, seed: plan.seed)
        let state = try HMC.State(chains: plan.chains, dimension: n)
        // Where the chains start, and then x of latent chains.
        let (images, determinants) = (
            try Buffer<Double>(count: plan.chains * n), try Buffer<Double>(count: plan.chains)
        )
        if let start {
            images.base.update(from: start, count: plan.chains * n)
            if isLatent {
                try encode(
                    start, count: plan.chains, into: images.base, logDeterminants: determinants.base,
                    progress: progress.uncounted)
            }
        } else {
            for chain in 0..<plan.chains {
                var random = RandomStream(seed: plan.seed, purpose: .initialisation, stream: 1 << 40 | UInt64(chain))
                random.fillNormal(images.base + chain * n, count: n)
            }
        }
        try state.restart(at: images.base, potential: potential)
        var adaptation = try StepSizeAdaptation(initial: plan.stepSize)
        var report = ChainReport(
            acceptance: try Buffer(count: plan.chains * plan.samples), stepSize: plan.stepSize)
        for update in 0..<plan.updates {
            try progress.check("sampling was interrupted")
            let info = sampler.step(state)
            progress.advance()
            if update < plan.warmup {
                guard plan.adapts else { continue }
                adaptation.update(acceptance: info.meanAcceptance)
                report.stepSize = update + 1 < plan.warmup ? adaptation.stepSize : adaptation.averagedStepSize
                sampler.setStepSize(report.stepSize)
                continue
            }
            let (sample, place) = (update - plan.warmup).quotientAndRemainder(dividingBy: plan.between)
            for chain in 0..<plan.chains {
                report.acceptance.base[chain * plan.samples + sample] +=
                    info.acceptanceProbability[chain] / Double(plan.between)
            }
            guard place == plan.between - 1 else { continue }
            var positions = UnsafePointer(state.positions.base)
            if isLatent {
                try decode(
                    positions, count: plan.chains, into: images.base, logDeterminants: determinants.base,
                    progress: progress.uncounted)
                positions = UnsafePointer(images.base)
            }
            for chain in 0..<plan.chains {
                (samples + (chain * plan.samples + sample) * n).update(from: positions + chain * n, count: n)
            }
        }
        progress.finish()
        return report
    }
}
