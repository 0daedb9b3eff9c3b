import Learning
import Numerics

/// How a flow is trained; ranges as in `validate`.
public struct FlowTraining: Sendable, Equatable {
    public var steps = 0
    /// Configurations per step.
    public var batch = 0
    public var learningRate = 1e-3
    public var weightDecay = 0.0
    public var seed: UInt64 = 0

    public init() {}

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
        guard (0...10).contains(weightDecay) else {
            throw .invalidArgument("weight_decay must be from 0 to 10, not \(weightDecay)")
        }
    }
}

/// What one step of training measured before it changed the parameters.
public struct FlowRecord: Sendable {
    /// Mean over the batch, and its standard error: of ln q(x) - ln pi(x), an upper bound of -ln Z
    /// (Eq. 4), or of -ln q(x) where samples are given.
    public let loss, standardError: Double
}

/// One training: everything it allocates, and its step.
final class FlowTrainer {
    private let model: FlowModel
    private let training: FlowTraining
    private let progress: Progress
    private let packed: Buffer<Float>
    private let workspaces: [any FlowLoss]
    private let gradient: Buffer<Double>

    /// - Parameter samples: to maximise the likelihood of, or nil for probability density
    ///   distillation.
    init(
        _ model: FlowModel, _ training: FlowTraining, samples: FlowSamples?, progress: Progress
    ) throws(Failure) {
        (self.model, self.training, self.progress) = (model, training, progress)
        var workspaces: [any FlowLoss] = []
        for _ in 0..<min((training.batch + 31) / 32, mostWorkspaces) {
            if let samples {
                workspaces.append(try LikelihoodWorkspace(model, samples, progress: progress))
            } else {
                workspaces.append(try DistillationWorkspace(model, progress: progress))
            }
        }
        self.workspaces = workspaces
        packed = try Buffer(count: model.shape.packedCount)
        gradient = try Buffer(count: model.shape.parameterCount)
    }

    /// Does one step. The model changes only at its very end, when everything has succeeded.
    func step() throws(Failure) -> FlowRecord {
        model.shape.pack(model.parameters.base, into: packed.base)
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
        gradient.base.update(repeating: 0, count: gradient.count)
        var (sum, squares) = (0.0, 0.0)
        for workspace in workspaces {
            try progress.check(model.interruption)
            model.shape.unpack(workspace.gradient.base, onto: gradient.base)
            sum += workspace.lossSum
            squares += workspace.lossSquares
        }
        let batch = Double(training.batch)
        let loss = sum / batch
        let norm = clipGlobalNorm(gradient.base, count: gradient.count, maximum: .infinity)
        guard loss.isFinite, norm.isFinite else {
            throw .nonFinite(
                "the loss became \(loss) with a gradient of norm \(norm); the model is at step \(model.step)")
        }
        model.optimiser.learningRate = training.learningRate
        model.optimiser.weightDecay = training.weightDecay
        model.optimiser.update(model.parameters.base, gradient: gradient.base, scale: 1)
        model.step += 1
        let variance = max(0, squares / batch - loss * loss)
        return FlowRecord(loss: loss, standardError: (variance / max(1, batch - 1)).squareRoot())
    }
}

extension FlowModel {
    /// Trains for `training.steps` steps by probability density distillation (Eqs. 3 and 5), or by
    /// maximum likelihood of `samples`, some of them drawn at random in each step. However it ends, the
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
