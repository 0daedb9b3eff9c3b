import Learning
import Numerics

public enum DivergenceKind: Int32, CaseIterable, Sendable {
    /// Kullback-Leibler, exact (Eq. 7 of Hou & You).
    case exact = 0
    /// Contrastive, sampled (Eq. 11 of Shen).
    case contrastive = 1
    /// Squared distance of the weights around a loop, for scheme "loop" only.
    case squares = 2
}

/// A moderator network with everything needed to train it further.
public final class MLRGModel: @unchecked Sendable {
    public struct Configuration: Sendable, Equatable {
        public var scheme = SchemeKind.star
        public var representation = "A1"
        /// The group of spins of q states per component; none for Ising spins, whose point group acts
        /// by signs. Several make a family: one network for all, whose last input is ln q.
        public var symmetries: [InternalSymmetry] = []
        public var moderator = ModeratorKind.monotone
        public var divergence = DivergenceKind.exact
        public var transport = TransportKind.step
        public var frame = Frame.published
        public var activation = Activation.tanh
        public var layerNorm = false
        /// Whether v(-J) = -v(J) holds exactly; see `ModeratorEvaluator`.
        public var symmetric = false
        public var hidden = [16]
        /// Seed of the initial parameters.
        public var seed: UInt64 = 0

        public init() {}
    }

    public let configuration: Configuration
    /// Number of couplings.
    public var dimension: Int { scheme.count }
    /// Whether the network is that of several groups, so that what it says needs one of them.
    public var isFamily: Bool { configuration.symmetries.count > 1 }
    let scheme: Scheme
    let shape: Perceptron
    package let parameters: Buffer<Double>
    let optimiser: Adam
    /// Proposed couplings, (batch, dimension); empty before the first step.
    var couplings: [Double] = []
    /// Optimiser steps done.
    public internal(set) var step = 0

    /// - Throws: `invalidArgument` for a representation that cannot be read, hidden layers other
    ///   than 1 to 16 of widths 1 to 1024, a representation without couplings, or what the scheme does
    ///   not have.
    public init(_ configuration: Configuration) throws(Failure) {
        guard (1...16).contains(configuration.hidden.count) else {
            throw .invalidArgument("hidden must list 1 to 16 layers, not \(configuration.hidden.count)")
        }
        for width in configuration.hidden where !(1...1024).contains(width) {
            throw .invalidArgument("hidden must list widths from 1 to 1024, not \(width)")
        }
        self.configuration = configuration
        scheme = try Scheme(configuration)
        try Self.check(configuration)
        shape = Perceptron(
            inputs: scheme.count + (configuration.symmetries.count > 1 ? 1 : 0), hidden: configuration.hidden,
            outputs: configuration.moderator == .flow ? scheme.count : 1,
            activation: configuration.activation, layerNorm: configuration.layerNorm)
        parameters = try Buffer(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: configuration.seed)
        optimiser = try Adam(count: shape.parameterCount)
    }

    private static func check(_ configuration: Configuration) throws(Failure) {
        switch (configuration.scheme, configuration.divergence) {
        case (.loop, .contrastive):
            throw .invalidArgument(
                "divergence must be \"kl\" or \"l2\" with scheme \"loop\", whose states are enumerated, not \"cd\"")
        case (.star, .squares):
            throw .invalidArgument("divergence must be \"kl\" or \"cd\" with scheme \"star\", not \"l2\"")
        default: break
        }
        if Set(configuration.symmetries.map(\.q)).count < configuration.symmetries.count {
            throw .invalidArgument("the groups of a family must have different q")
        }
        for symmetry in configuration.symmetries {
            guard configuration.divergence == .exact else {
                throw .invalidArgument(
                    "divergence must be \"kl\" for spins of \(symmetry.q) states, which are enumerated, not \"cd\"")
            }
            guard symmetry.q == 2 || !configuration.symmetric else {
                throw .invalidArgument(
                    "symmetric must be False for spins of \(symmetry.q) states: J and -J are different students")
            }
        }
        guard configuration.scheme == .star || !configuration.symmetric else {
            throw .invalidArgument(
                "symmetric must be False with scheme \"loop\": flipping z keeps the coupling K, so that J and -J "
                    + "are different students")
        }
    }

    /// A new evaluator of the moderator, in the precision that is asked for.
    func evaluator<Scalar>(_ progress: Progress) throws(Failure) -> ModeratorEvaluator<Scalar> {
        try ModeratorEvaluator(
            configuration.moderator, shape, dimension: dimension, symmetric: configuration.symmetric,
            progress: progress)
    }

    /// The network's input besides the couplings, for a row of a batch: the groups take turns.
    func constant(row: Int) -> Double {
        let symmetries = configuration.symmetries
        return log(SIMD8(repeating: Double(symmetries[row % symmetries.count].q)))[0]
    }

    /// Trains for `training.steps` steps. However it ends, the model is at its last complete step
    /// and `record` has been called for each.
    public func fit(
        _ training: Training, progress: Progress = .none, record: (StepRecord) -> Void
    ) throws(Failure) {
        try training.validate(
            contrastive: configuration.divergence == .contrastive, couplings: dimension,
            groups: configuration.symmetries.count)
        let trainer = try Trainer(self, training, progress)
        for _ in 0..<training.steps {
            try progress.check(interruption)
            record(try trainer.step())
            progress.advance()
        }
        progress.finish()
    }

    /// Trains several models side by side, each on one thread: faster than one after the other
    /// where a model alone is too small for all threads. Each ends as after `fit`, bit for bit.
    ///
    /// - Parameters:
    ///   - progress: counts the steps of all.
    ///   - record: receives the index of the model as well; called from several threads, but for
    ///     one model from one at a time.
    /// - Returns: why each training ended early, or nil.
    public static func fit(
        _ models: [MLRGModel], _ trainings: [Training], progress: Progress,
        record: (Int, StepRecord) -> Void
    ) -> [Failure?] {
        var failures = [Failure?](repeating: nil, count: models.count)
        failures.withUnsafeMutableBufferPointer { failures in
            parallelFor(models.count, progress: progress) { index in
                do throws(Failure) {
                    try models[index].fit(trainings[index], progress: progress) { record(index, $0) }
                } catch {
                    failures[index] = error
                }
            }
        }
        return failures
    }

    /// The failure of an interrupted training.
    var interruption: String { "training was interrupted; the model is at step \(step)" }

    /// The (batch, dimension) couplings the next step moves on from: those of the step before, or,
    /// at first and for a batch of another size, independent normal numbers.
    func startingCouplings(_ training: Training, into start: UnsafeMutablePointer<Double>) {
        let count = training.batch * dimension
        guard couplings.count != count else {
            couplings.withUnsafeBufferPointer { start.update(from: $0.baseAddress!, count: count) }
            return
        }
        var random = RandomStream(
            seed: training.seed, purpose: .initialisation, stream: 1 << 20, step: UInt64(step))
        random.fillNormal(start, count: count)
        for i in 0..<count {
            let value = (scheme.hasCopies ? abs(start[i]) : start[i]) * training.proposalScale
            start[i] = max(-training.couplingBound, min(training.couplingBound, value))
        }
    }

    /// Keeps the proposals of a step in place of those before it.
    func keepCouplings(_ proposed: UnsafePointer<Double>, count: Int) {
        if couplings.count != count { couplings = [Double](repeating: 0, count: count) }
        couplings.withUnsafeMutableBufferPointer { $0.baseAddress!.update(from: proposed, count: count) }
    }
}
