import Learning
import Numerics

/// How a flow is trained; ranges as in `validate`.
public struct FlowTraining: Sendable, Equatable {
    public var steps = 0
    /// Configurations per step.
    public var batch = 0
    public var learningRate = 1e-3
    /// How the learning rate falls to `finalLearningRate` in `scheduleSteps` steps from the model's first.
    public var decay = LearningRateDecay.constant
    public var finalLearningRate = 1e-4
    public var scheduleSteps = 1
    public var weightDecay = 0.0
    /// Where samples are given, the share of probability density distillation in the loss.
    public var reverse = 0.0
    public var seed: UInt64 = 0

    public init() {}

    /// The learning rate of the step after `step` steps of the model.
    func learningRate(step: Int) -> Double {
        let ratio = finalLearningRate / learningRate
        let schedule: Schedule
        switch decay {
        case .constant: schedule = .constant
        case .cosine: schedule = .cosine(final: ratio)
        case .step:
            let stages = LearningRateDecay.stages
            let every = (scheduleSteps + stages - 1) / stages
            let stage = min(step / every, stages - 1)
            schedule = .exponential(final: ratio)
            return learningRate * schedule.factor(step: stage, of: stages - 1)
        }
        return learningRate * schedule.factor(step: step, of: scheduleSteps)
    }

    func validate() throws(Failure) {
        guard (1...1_000_000_000).contains(steps) else {
            throw .invalidArgument("steps must be from 1 to 10^9, not \(steps)")
        }
        guard (1...1_000_000).contains(batch) else {
            throw .invalidArgument("batch must be from 1 to 10^6, not \(batch)")
        }
        guard (1e-12...10).contains(learningRate) else {
            throw .invalidArgument("learning_rate must be from 1e-12 to 10, not \(learningRate)")
        }
        guard (1e-12...10).contains(finalLearningRate) else {
            throw .invalidArgument("final_learning_rate must be from 1e-12 to 10, not \(finalLearningRate)")
        }
        guard (1...1_000_000_000).contains(scheduleSteps) else {
            throw .invalidArgument("schedule_steps must be from 1 to 10^9, not \(scheduleSteps)")
        }
        guard (0...10).contains(weightDecay) else {
            throw .invalidArgument("weight_decay must be from 0 to 10, not \(weightDecay)")
        }
        guard (0..<1).contains(reverse) else {
            throw .invalidArgument("reverse must be from 0 to less than 1, not \(reverse)")
        }
    }
}

/// How a learning rate falls.
public enum LearningRateDecay: Int32, CaseIterable, Sendable {
    case constant = 0
    /// Half a period of a cosine.
    case cosine = 1
    /// In `stages` equal parts, each with a rate that is the same factor lower.
    case step = 2

    static let stages = 8
}

/// What one step of training measured before it changed the parameters.
public struct FlowRecord: Sendable {
    /// Mean over the batch, and its standard error: of ln q(x) - ln pi(x), an upper bound of -ln Z
    /// (Eq. 4), of -ln q(x) where samples are given, or of both, weighted.
    public let loss, standardError: Double
}

/// One training: everything it allocates, and its step.
final class FlowTrainer {
    private let model: FlowModel
    private let training: FlowTraining
    private let progress: Progress
    private let packed: Buffer<Float>
    /// Each a loss and its share, in the workspaces of all threads.
    private let losses: [(share: Double, workspaces: [any FlowLoss])]
    private let gradient: Buffer<Double>

    /// - Parameter samples: to maximise the likelihood of, or nil for probability density
    ///   distillation.
    init(
        _ model: FlowModel, _ training: FlowTraining, samples: FlowSamples?, progress: Progress
    ) throws(Failure) {
        (self.model, self.training, self.progress) = (model, training, progress)
        let count = min((training.batch + 31) / 32, mostWorkspaces)
        var losses: [(Double, [any FlowLoss])] = []
        if let samples {
            var workspaces: [any FlowLoss] = []
            for _ in 0..<count { workspaces.append(try LikelihoodWorkspace(model, samples, progress: progress)) }
            losses.append((1 - training.reverse, workspaces))
        }
        if samples == nil || training.reverse > 0 {
            var workspaces: [any FlowLoss] = []
            for _ in 0..<count { workspaces.append(try DistillationWorkspace(model, progress: progress)) }
            losses.append((samples == nil ? 1 : training.reverse, workspaces))
        }
        for (share, workspaces) in losses { for workspace in workspaces { workspace.weight = Float(share) } }
        self.losses = losses
        packed = try Buffer(count: model.shape.packedCount)
        gradient = try Buffer(count: model.shape.parameterCount)
    }

    /// Does one step. The model changes only at its very end, when everything has succeeded.
    func step() throws(Failure) -> FlowRecord {
        model.shape.pack(model.parameters.base, into: packed.base)
        gradient.base.update(repeating: 0, count: gradient.count)
        let batch = Double(training.batch)
        var (loss, variance) = (0.0, 0.0)
        for (share, workspaces) in losses {
            let (sum, squares) = try sums(workspaces)
            let mean = sum / batch
            loss += share * mean
            variance += share * share * max(0, squares / batch - mean * mean)
        }
        let norm = clipGlobalNorm(gradient.base, count: gradient.count, maximum: .infinity)
        guard loss.isFinite, norm.isFinite else {
            throw .nonFinite(
                "the loss became \(loss) with a gradient of norm \(norm); the model is at step \(model.step)")
        }
        model.optimiser.learningRate = training.learningRate(step: model.step)
        model.optimiser.weightDecay = training.weightDecay
        model.optimiser.update(model.parameters.base, gradient: gradient.base, scale: 1)
        model.step += 1
        return FlowRecord(loss: loss, standardError: (variance / max(1, batch - 1)).squareRoot())
    }
}

extension FlowTrainer {
    /// Sums of one loss and of its square over the batch; adds the gradient of its share.
    private func sums(_ workspaces: [any FlowLoss]) throws(Failure) -> (Double, Double) {
        for workspace in workspaces {
            try progress.check(model.interruption)
            workspace.clear()
        }
        let parameters = UnsafePointer(packed.base)
        eachTile(of: training.batch, workspaces, progress) { workspace, first, count in
            workspace.draw(seed: training.seed, tile: first / 32, step: model.step)
            workspace.add(parameters, samples: count, batch: training.batch)
        }
        try progress.check(model.interruption)
        var (sum, squares) = (0.0, 0.0)
        for workspace in workspaces {
            try progress.check(model.interruption)
            model.shape.unpack(workspace.gradient.base, onto: gradient.base)
            sum += workspace.lossSum
            squares += workspace.lossSquares
        }
        return (sum, squares)
    }
}

extension FlowModel {
    /// Trains for `training.steps` steps by probability density distillation (Eqs. 3 and 5), or by
    /// maximum likelihood of `samples`, some of them drawn at random in each step, or by both. However it ends, the
    /// model is at its last complete step and `record` has been called for each.
    public func fit(
        _ training: FlowTraining, samples: FlowSamples? = nil, progress: Progress = .none,
        record: (FlowRecord) -> Void
    ) throws(Failure) {
        try training.validate()
        let trainer = try FlowTrainer(self, training, samples: samples, progress: progress)
        for _ in 0..<training.steps {
            try progress.check(interruption)
            record(try trainer.step())
            progress.advance()
        }
        progress.finish()
    }
}
