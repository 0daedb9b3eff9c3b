import Ising
import Learning
import Numerics

/// How a model is trained; ranges as in `validate`.
public struct VAETraining: Sendable, Equatable {
    /// Passes through the data.
    public var epochs = 0
    /// Configurations per step.
    public var batch = 32
    public var learningRate = 1e-3
    public var weightDecay = 0.0
    /// Seed of the order of the data and of the latent noise.
    public var seed: UInt64 = 0

    public init() {}

    func validate() throws(Failure) {
        guard (1...1_000_000_000).contains(epochs) else {
            throw .invalidArgument("epochs must be from 1 to 10^9, not \(epochs)")
        }
        guard (1...65536).contains(batch) else { throw .invalidArgument("batch must be from 1 to 65536, not \(batch)") }
        guard (1e-12...10).contains(learningRate) else {
            throw .invalidArgument("learning_rate must be from 1e-12 to 10, not \(learningRate)")
        }
        guard (0...10).contains(weightDecay) else {
            throw .invalidArgument("weight_decay must be from 0 to 10, not \(weightDecay)")
        }
    }
}

/// One training: everything it allocates, and its epoch.
final class VAETrainer {
    private let model: VAEModel
    private let training: VAETraining
    private let spins: UnsafePointer<Int8>
    private let progress: Progress
    private let order: Buffer<UInt32>
    private let objective: Objective<Float>
    private let gradient: Buffer<Double>
    /// Parameters and moments at the beginning of the epoch.
    private let kept: [Buffer<Double>]

    init(
        _ model: VAEModel, _ training: VAETraining, _ spins: UnsafePointer<Int8>, count: Int, progress: Progress
    ) throws(Failure) {
        (self.model, self.training, self.spins, self.progress) = (model, training, spins, progress)
        order = try Buffer(count: count)
        objective = try Objective(model.shape, batch: min(training.batch, count), trains: true, progress: progress)
        gradient = try Buffer(count: model.shape.parameterCount)
        var kept: [Buffer<Double>] = []
        for _ in 0..<3 { kept.append(try Buffer(count: model.shape.parameterCount)) }
        self.kept = kept
    }

    /// Does one epoch. When it fails the model is what it was before.
    func epoch() throws(Failure) -> LossParts {
        let (state, step) = ([model.parameters, model.optimiser.firstMoment, model.optimiser.secondMoment], model.step)
        for (copy, original) in zip(kept, state) { copy.base.update(from: original.base, count: copy.count) }
        do throws(Failure) {
            let sum = try pass()
            model.epoch += 1
            return sum / Double(order.count)
        } catch {
            for (copy, original) in zip(kept, state) { original.base.update(from: copy.base, count: copy.count) }
            model.optimiser.step = step
            throw error
        }
    }

    private func pass() throws(Failure) -> LossParts {
        try shuffle()
        let terms = model.configuration.terms(epoch: model.epoch)
        let (optimiser, parameters) = (model.optimiser, model.parameters.base)
        (optimiser.learningRate, optimiser.weightDecay) = (training.learningRate, training.weightDecay)
        var sum = LossParts()
        for first in stride(from: 0, to: order.count, by: training.batch) {
            let count = min(training.batch, order.count - first)
            let parts = objective.evaluate(
                parameters, spins, rows: order.base + first, count: count, terms, seed: training.seed, step: model.step,
                gradient: gradient.base)
            try progress.check(interruption)
            let norm = clipGlobalNorm(gradient.base, count: gradient.count, maximum: .infinity)
            guard parts.isFinite, norm.isFinite else {
                throw .nonFinite(
                    "the loss became \(parts.loss / Double(count)) with a gradient of norm \(norm); "
                        + "the model is at epoch \(model.epoch)")
            }
            optimiser.update(parameters, gradient: gradient.base, scale: 1)
            sum = sum + parts
        }
        return sum
    }

    private var interruption: String { "training was interrupted; the model is at epoch \(model.epoch)" }

    /// A random order of the data (Fisher and Yates), keyed by seed and epoch.
    private func shuffle() throws(Failure) {
        var random = RandomStream(seed: training.seed, purpose: .batch, step: UInt64(model.epoch))
        for i in 0..<order.count { order.base[i] = UInt32(i) }
        for i in stride(from: order.count - 1, to: 0, by: -1) {
            if i & 0xFFFF == 0 { try progress.check(interruption) }
            let j = random.nextIndex(below: i + 1)
            (order.base[i], order.base[j]) = (order.base[j], order.base[i])
        }
    }
}

extension VAEModel {
    /// Trains for `training.epochs` passes through the data, each in a new random order, the last
    /// smaller batch included. However it ends, the model is at its last complete epoch, and `record`
    /// has been called for each with the means over the epoch's configurations.
    ///
    /// - Parameter spins: (count, L, L) of +1 and -1, 1 to 2^31 configurations.
    /// - Throws: `nonFinite` when a loss or gradient is not finite, `interrupted`, or what is wrong with
    ///   the arguments.
    public func fit(
        _ spins: UnsafePointer<Int8>, count: Int, _ training: VAETraining, progress: Progress = .none,
        record: (LossParts) -> Void
    ) throws(Failure) {
        try training.validate()
        guard (1...1 << 31).contains(count) else { throw .invalidArgument("n must be from 1 to 2^31, not \(count)") }
        let bytes = Objective<Float>.bytes(shape, batch: min(training.batch, count), trains: true)
        try checkMemory(bytes, "a batch of \(training.batch) with this model")
        try validateSpins(spins, count: count * configuration.size * configuration.size)
        let trainer = try VAETrainer(self, training, spins, count: count, progress: progress)
        for _ in 0..<training.epochs { record(try trainer.epoch()) }
        progress.finish()
    }

    /// - Throws: `outOfMemory` when what is to be done does not fit.
    func checkMemory(_ bytes: Int, _ what: String) throws(Failure) {
        guard bytes <= physicalMemory() else {
            throw .outOfMemory("\(what) needs \(bytes) bytes; this machine has \(physicalMemory())")
        }
    }
}
