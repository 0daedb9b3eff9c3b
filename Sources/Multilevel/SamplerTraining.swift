import Ising
import Learning
import Numerics

/// How the couplings of a new model are found before the first step.
public enum SamplerStart: Int32, CaseIterable, Sendable {
    /// By maximum likelihood on configurations of the Wolff algorithm.
    case wolff = 0
    /// From smaller lattices, beginning with all configurations of L = 4; without Monte Carlo.
    case ladder = 1
    /// They are not: all are zero, or what has been put there.
    case none = 2
}

/// How a model is trained; ranges as in `validate`.
public struct SamplerTraining: Sendable, Equatable {
    public var steps = 0
    /// Configurations drawn in a step.
    public var batch = 32768
    /// Times the natural gradient.
    public var learningRate = 1.0
    /// Added to the diagonal of the curvature, in units of spins.
    public var damping = 100.0
    public var start = SamplerStart.wolff
    public var seed: UInt64 = 0

    public init() {}

    func validate() throws(Failure) {
        guard (1...1_000_000_000).contains(steps) else {
            throw .invalidArgument("steps must be from 1 to 10^9, not \(steps)")
        }
        guard (1...1 << 24).contains(batch) else {
            throw .invalidArgument("batch must be from 1 to 2^24, not \(batch)")
        }
        guard (1e-12...10).contains(learningRate) else {
            throw .invalidArgument("learning_rate must be from 1e-12 to 10, not \(learningRate)")
        }
        guard (1e-6...1e12).contains(damping) else {
            throw .invalidArgument("damping must be from 1e-6 to 1e12, not \(damping)")
        }
    }
}

/// What a step reports of the model after it.
public struct SamplerReport: Sendable {
    /// Mean of -ln w, an upper bound of -ln Z, with its standard error.
    public let bound, boundError: Double
    /// Effective sample size divided by the batch.
    public let share: Double
    /// ln Z by the weights, with its standard error.
    public let logPartition, logPartitionError: Double
    /// The divergence from the target to the model by exact configurations, with its standard error. With a
    /// field the ln Z of the weights stands for the exact one.
    public let forward, forwardError: Double

    var isFinite: Bool { bound.isFinite && logPartition.isFinite && share.isFinite }
}

extension SamplerModel {
    /// Trains by the natural gradient of the divergence from the target to the model.
    ///
    /// A training in pieces is the same as one in a single call. When it ends early the model is at its
    /// last complete step.
    ///
    /// - Parameter record: receives what each step reports.
    /// - Throws: `nonFinite`, `notConverged`, `interrupted`, or what is wrong with the training.
    public func fit(
        _ training: SamplerTraining, progress: Progress = .none, record: (SamplerReport) -> Void
    ) throws(Failure) {
        try training.validate()
        let trainer = try SamplerTrainer(self, training, progress)
        try trainer.start()
        for _ in 0..<training.steps { record(try trainer.step()) }
        progress.finish()
    }

    /// Trains by maximum likelihood on given configurations: each step is one of Newton's method.
    ///
    /// - Parameter spins: (count, L, L) of +1 and -1.
    public func fit(
        _ spins: UnsafePointer<Int8>, count: Int, _ training: SamplerTraining, progress: Progress = .none,
        record: (SamplerReport) -> Void
    ) throws(Failure) {
        try training.validate()
        guard (1...1 << 31).contains(count) else { throw .invalidArgument("n must be from 1 to 2^31, not \(count)") }
        try validateSpins(spins, count: count * sites)
        let trainer = try SamplerTrainer(self, training, progress)
        let images = try Images(
            self, spins, count: count, seed: training.seed, progress)
        for _ in 0..<training.steps { record(try trainer.step(images)) }
        progress.finish()
    }
}

/// One training: everything it allocates, and its step.
final class SamplerTrainer {
    private let model: SamplerModel
    private let training: SamplerTraining
    private let progress: Progress
    private let batch: Batch
    /// The step whose configurations the batch has.
    private var drawn: Int?
    private let exact: ExactConfigurations
    /// The couplings before the training.
    private let initial: Buffer<Double>

    init(_ model: SamplerModel, _ training: SamplerTraining, _ progress: Progress) throws(Failure) {
        (self.model, self.training, self.progress) = (model, training, progress)
        batch = try Batch(count: training.batch, size: model.configuration.size)
        exact = try ExactConfigurations.of(model, seed: training.seed, progress)
        initial = try Buffer(count: model.couplings.count)
        initial.base.update(from: model.couplings.base, count: initial.count)
    }

    /// Finds the first couplings, unless the model has some. When that fails they are as before.
    func start() throws(Failure) {
        guard !model.isStarted, training.start != .none else { return }
        let couplings = model.couplings
        couplings.base.update(repeating: 0, count: couplings.count)
        do throws(Failure) {
            switch training.start {
            case .none: break
            case .wolff: try model.startByLikelihood(seed: training.seed, progress)
            case .ladder: try model.startByLadder(seed: training.seed, progress)
            }
        } catch {
            restore()
            throw error
        }
    }

    /// A step of the natural gradient.
    func step() throws(Failure) -> SamplerReport {
        do throws(Failure) {
            if drawn != model.step { try draw() }
            let rule = StepRule(rate: min(training.learningRate, quietRate), damping: training.damping)
            return try take(try model.stepped(try WeighedBatch(batch, model.layouts), rule, progress))
        } catch {
            if !model.isStarted { restore() }
            throw error
        }
    }

    /// Above this rate steps follow the noise of a small batch. A class of n couplings at m sites, with N
    /// configurations, gets n / (m N) of the variance of w as noise at a rate of one, which the next
    /// step would feel in turn. Their sum over classes times the rate is kept below a tenth.
    private var quietRate: Double {
        let noise = model.learned.reduce(0.0) {
            $0 + Double($1.basis.count) / Double(model.hierarchy.classes[$1.index].sites.count * training.batch)
        }
        return noise > 0 ? 0.1 / noise : .infinity
    }

    private func restore() {
        model.couplings.base.update(from: initial.base, count: initial.count)
    }

    /// A Newton step of the likelihood of given configurations.
    func step(_ images: Images) throws(Failure) -> SamplerReport {
        let rule = StepRule(rate: training.learningRate, ridge: 20, largest: 1.5)
        return try take(try model.stepped(images, rule, progress))
    }

    /// Takes over new couplings and draws with them; when that fails, the model is what it was.
    private func take(_ changed: Buffer<Double>) throws(Failure) -> SamplerReport {
        let kept = try Buffer<Double>(count: changed.count)
        kept.base.update(from: model.couplings.base, count: changed.count)
        model.couplings.base.update(from: changed.base, count: changed.count)
        model.step += 1
        do throws(Failure) {
            try draw()
            let quality = batch.quality()
            let (forward, forwardError) = try exact.divergence(
                to: model, estimate: quality.logPartition, progress)
            let report = SamplerReport(
                bound: quality.bound, boundError: quality.boundError, share: quality.share,
                logPartition: quality.logPartition, logPartitionError: quality.error, forward: forward,
                forwardError: forwardError)
            guard report.isFinite else { throw .nonFinite("the weights of step \(model.step) are not finite") }
            model.isStarted = true
            progress.advance()
            return report
        } catch {
            model.couplings.base.update(from: kept.base, count: changed.count)
            model.step -= 1
            drawn = nil
            throw error
        }
    }

    private func draw() throws(Failure) {
        drawn = nil
        try batch.draw(model, seed: training.seed, step: model.step, progress)
        try progress.check("training was interrupted; the model is at step \(model.step)")
        drawn = model.step
    }
}
