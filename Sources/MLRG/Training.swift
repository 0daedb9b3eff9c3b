import Learning
import Numerics

/// Kinds of the energy E(J) by which couplings are proposed with probability exp(-beta E).
public enum ProposalKind: Int32, CaseIterable, Sendable {
    /// |v(J)|^2 (Eq. 14 of Hou & You).
    case squared = 0
    /// |v(J)|, as in the published programs.
    case norm = 1
}

/// How a model is trained; ranges as in `validate`.
public struct Training: Sendable, Equatable {
    public var steps = 0
    /// Length T of the schedules, counted from the model's first step.
    public var scheduleSteps = 0
    /// Couplings proposed per step.
    public var batch = 0
    public var learningRate = 0.0
    /// Reached at T along a cosine.
    public var finalLearningRate = 0.0
    public var weightDecay = 0.0
    /// Largest norm of the gradient, 0 for no limit.
    public var clipNorm = 0.0
    /// beta(t) = betaMax / (1 + exp(-betaRate (t / T - betaMidpoint))), Eq. 14 of Hou & You.
    public var betaMax = 0.0, betaRate = 0.0, betaMidpoint = 0.0
    public var proposal = ProposalKind.squared
    /// Couplings that form a ladder of inverse temperatures and exchange places; 1 for none.
    public var replicas = 1
    /// Part of the batch that is on the ray of bare couplings, where the flows of interest begin
    /// (Eq. 20), drawn anew in each step, and the ends between which J0 is uniform.
    public var ray = 0.0, rayLow = 0.0, rayHigh = 0.0
    /// Mean number of learned RG steps for which a coupling from the ray is followed before it is drawn
    /// anew, and the standard deviation of what is added to it in each of them.
    public var raySteps = 0.0, rayNoise = 0.0
    /// Standard deviation of the first couplings.
    public var proposalScale = 0.0
    public var couplingBound = 0.0
    public var hmcStep = 0.0
    public var hmcLeapfrog = 0, hmcUpdates = 0
    /// For contrastive divergence: samples per coupling, sweeps of the teacher, and k.
    public var cdSamples = 0, teacherSweeps = 0, studentSweeps = 0
    /// Fixed points are recorded after each step from this one on, by Newton from these couplings.
    public var recordFrom = Int.max
    public var recordGuess: [Double] = []
    public var seed: UInt64 = 0

    public init() {}

    /// - Parameters:
    ///   - couplings: their number, which a guess must have where fixed points are recorded.
    ///   - groups: of a family of more than one.
    public func validate(contrastive: Bool, couplings: Int, groups: Int) throws(Failure) {
        func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(Failure) {
            guard allowed.contains(value) else {
                throw .invalidArgument(
                    "\(name) must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)")
            }
        }
        func range(_ name: String, _ value: Double, _ allowed: ClosedRange<Double>) throws(Failure) {
            guard allowed.contains(value) else {
                throw .invalidArgument(
                    "\(name) must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)")
            }
        }
        try range("steps", steps, 1...1_000_000_000)
        try range("schedule_steps", scheduleSteps, 1...1_000_000_000)
        try range("batch", batch, 1...1_000_000)
        try range("learning_rate", learningRate, 1e-12...10)
        try range("final_learning_rate", finalLearningRate, 0...10)
        try range("weight_decay", weightDecay, 0...10)
        try range("clip_norm", clipNorm, 0...1e12)
        try range("beta_max", betaMax, 0...1e6)
        try range("beta_rate", betaRate, 0...1e6)
        try range("beta_midpoint", betaMidpoint, -10...10)
        try range("ray", ray, 0...1)
        try range("ray_low", rayLow, -10...10)
        try range("ray_high", rayHigh, rayLow...10)
        try range("ray_steps", raySteps, 0...1e6)
        try range("ray_noise", rayNoise, 0...10)
        guard Block.width.isMultiple(of: max(1, replicas)), replicas >= 1 else {
            throw .invalidArgument("replicas must be 1, 2, 4, 8, 16 or 32, not \(replicas)")
        }
        guard walkers.isMultiple(of: replicas) else {
            throw .invalidArgument(
                "replicas must divide the \(walkers) couplings of the batch that are not on the ray, "
                    + "not be \(replicas)")
        }
        try range("proposal_scale", proposalScale, 1e-6...10)
        try range("coupling_bound", couplingBound, 0.1...10)
        try range("hmc_step", hmcStep, 1e-6...1)
        try range("hmc_leapfrog", hmcLeapfrog, 1...10_000)
        try range("hmc_updates", hmcUpdates, 1...10_000)
        if recordFrom < .max {
            guard recordGuess.count == couplings else {
                throw .invalidArgument("record_guess must have \(couplings) couplings, not \(recordGuess.count)")
            }
            for coupling in recordGuess { try range("record_guess", coupling, -10...10) }
        }
        if groups > 1 {
            guard batch >= groups else {
                throw .invalidArgument("batch must be at least \(groups), one coupling for each group, not \(batch)")
            }
            guard replicas == 1 else {
                throw .invalidArgument(
                    "replicas must be 1 for several groups, whose couplings have different energies, not \(replicas)")
            }
            guard recordFrom == .max else {
                throw .invalidArgument(
                    "record_from must be None for several groups, each of which has its fixed points")
            }
        }
        guard contrastive else { return }
        try range("cd_samples", cdSamples, 1...1_000_000)
        try range("teacher_sweeps", teacherSweeps, 1...1_000_000)
        try range("student_sweeps", studentSweeps, 1...1_000_000)
    }

    /// Couplings of the batch that Monte Carlo moves: the first ones. The others are on the ray.
    var walkers: Int { batch - Int((ray * Double(batch)).rounded()) }

    func beta(step: Int) -> Double {
        let exponent = -betaRate * (Double(step) / Double(scheduleSteps) - betaMidpoint)
        return betaMax * sigmoid(SIMD8<Double>(repeating: -exponent))[0]
    }

    func learningRateFactor(step: Int) -> Double {
        Schedule.cosine(final: finalLearningRate / learningRate).factor(step: step, of: scheduleSteps)
    }
}

/// What one training step did.
public struct StepRecord: Sendable {
    /// Mean over the batch of the divergence in nats, or of the contrastive divergence.
    public let loss: Double
    /// Mean acceptance probability of the proposals; NaN if all are on the ray.
    public let acceptance: Double
    /// Part of the exchanges between replicas that were accepted; NaN where none was tried.
    public let swapRate: Double
    public let beta: Double
    /// J0 of the fixed point found from the recording guess; NaN where none was asked for or found.
    public let fixedPoint: Double
}
