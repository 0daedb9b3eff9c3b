import Learning
import MLRG
import Numerics
import Testing

@Suite(.serialized) struct TrainingTests {
    static func configuration(
        _ moderator: ModeratorKind, _ divergence: DivergenceKind = .exact,
        _ transport: TransportKind = .step
    ) -> MLRGModel.Configuration {
        var result = MLRGModel.Configuration()
        (result.moderator, result.divergence, result.transport) = (moderator, divergence, transport)
        (result.hidden, result.activation) = ([6, 5], .tanh)
        // A norm over the few units that see one coupling makes the flow equation stiff.
        result.layerNorm = moderator == .monotone && transport == .step
        result.seed = 3
        return result
    }

    static func training(steps: Int, batch: Int = 24) -> Training {
        var t = Training()
        (t.steps, t.scheduleSteps, t.batch) = (steps, 40, batch)
        (t.learningRate, t.finalLearningRate) = (1e-2, 1e-4)
        (t.betaMax, t.betaRate, t.betaMidpoint) = (8, 16, 0.25)
        (t.proposalScale, t.couplingBound) = (0.8, 2)
        (t.hmcStep, t.hmcLeapfrog, t.hmcUpdates) = (0.1, 3, 1)
        (t.cdSamples, t.teacherSweeps, t.studentSweeps) = (64, 10, 1)
        t.seed = 5
        return t
    }

    /// Ladders of replicas, and couplings on the ray.
    static func ladders(steps: Int) -> Training {
        var t = training(steps: steps, batch: 70)
        (t.proposal, t.replicas, t.ray, t.hmcUpdates) = (.norm, 8, 0.2, 3)
        return t
    }

    static func state(_ model: MLRGModel) -> [[Double]] {
        model.stateArrays.enumerated().map { index, array in
            var values = [Double](repeating: 0, count: array.count)
            model.read(array: index, into: &values)
            return values
        }
    }

    /// One step with negligible learning rate and proposals that do not depend on the network:
    /// its loss, and the gradient that Adam was given (first moment / 0.1).
    static func lossAndGradient(
        _ configuration: MLRGModel.Configuration, _ training: Training,
        shift: (array: Int, index: Int, by: Double)? = nil
    ) throws -> (loss: Double, gradient: [Double]) {
        let model = try MLRGModel(configuration)
        if let shift {
            var values = state(model)[shift.array]
            values[shift.index] += shift.by
            try model.write(array: shift.array, from: values, count: values.count)
        }
        var loss = 0.0
        try model.fit(training) { loss = $0.loss }
        let moments = state(model)[model.stateArrays.count - 4]
        return (loss, moments.map { $0 / 0.1 })
    }

    @Test func manyModelsTrainAsEachAlone() throws {
        let configurations = [
            Self.configuration(.flow), Self.configuration(.monotone, .contrastive),
            Self.configuration(.flow, .contrastive), Self.configuration(.monotone, .exact, .ode),
        ]
        let trainings = (0..<4).map { Self.training(steps: 3 + $0, batch: 70 - 20 * $0) }
        let (alone, together) = (
            try configurations.map(MLRGModel.init), try configurations.map(MLRGModel.init)
        )
        for (model, training) in zip(alone, trainings) { try model.fit(training) { _ in } }
        let threads = threadCount
        defer { threadCount = threads }
        threadCount = 3
        let losses = try Buffer<Double>(count: 4)
        let failures = MLRGModel.fit(together, trainings, progress: .none) { losses.base[$0] += $1.loss }
        #expect(failures.allSatisfy { $0 == nil })
        #expect((0..<4).allSatisfy { losses.base[$0] != 0 })
        #expect(alone.map(Self.state) == together.map(Self.state))
    }

    /// The whole chain (network, transport, divergence) against finite differences of order 4 of the
    /// loss. The steps of the flow equation are held fixed in the gradient but move in the
    /// differences, which matters at the level of their tolerance, 1e-7.
    @Test(arguments: ModeratorKind.allCases, TransportKind.allCases)
    func gradientEqualsFiniteDifferences(moderator: ModeratorKind, transport: TransportKind) throws {
        for (representation, symmetric, batch, samples) in [
            ("A1", false, 37, 5), ("A1", true, 37, 5), ("A1+E", false, 9, 2), ("A1+E", true, 9, 2),
        ] {
            var configuration = Self.configuration(moderator, .exact, transport)
            (configuration.representation, configuration.symmetric) = (representation, symmetric)
            var training = Self.training(steps: 1, batch: batch)
            (training.betaMax, training.learningRate, training.finalLearningRate) = (0, 1e-12, 1e-12)
            let (_, gradient) = try Self.lossAndGradient(configuration, training)
            let arrays = try MLRGModel(configuration).stateArrays.filter { $0.name.hasPrefix("network") }
            var offset = 0
            for (index, array) in arrays.enumerated() {
                for element in stride(from: 0, to: array.count, by: max(1, array.count / samples)) {
                    let h = 1e-4
                    let losses = try [2 * h, h, -h, -2 * h].map {
                        try Self.lossAndGradient(configuration, training, shift: (index, element, $0)).loss
                    }
                    let difference = (8 * (losses[1] - losses[2]) - (losses[0] - losses[3])) / (12 * h)
                    let tolerance = transport == .ode ? 1e-7 : 1e-8
                    #expect(abs(gradient[offset + element] - difference) < tolerance)
                }
                offset += array.count
            }
        }
    }

    /// With many sweeps of the student, contrastive divergence is an unbiased estimate of the
    /// gradient of the exact one. 24 seeds of the samples at the same couplings: the sum of the
    /// squared z-scores of the seven last gradients (six output weights and their bias, strongly
    /// correlated) exceeds 7 x 17 with probability below 1e-3.
    @Test func contrastiveGradientIsUnbiased() throws {
        var training = Self.training(steps: 1, batch: 16)
        (training.betaMax, training.learningRate, training.finalLearningRate) = (0, 1e-12, 1e-12)
        (training.cdSamples, training.teacherSweeps, training.studentSweeps) = (512, 60, 60)
        training.hmcStep = 1e-6  // the couplings stay
        var configuration = Self.configuration(.flow)
        configuration.hidden = [6]
        let couplings = (0..<16).map { -0.7 + 1.4 * Double($0) / 15 }  // 60 sweeps mix here
        func gradient() throws -> [Double] {
            let model = try MLRGModel(configuration)
            try model.write(array: model.stateArrays.count - 2, from: couplings, count: 16)
            try model.fit(training) { _ in }
            return Self.state(model)[model.stateArrays.count - 4].map { $0 / 0.1 }
        }
        let exact = try gradient()
        configuration.divergence = .contrastive
        let estimates = try (0..<24).map { seed in
            training.seed = UInt64(seed)
            return try gradient()
        }
        var sum = 0.0
        for i in exact.count - 7..<exact.count {
            let values = estimates.map { $0[i] }
            let mean = values.reduce(0, +) / 24
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 23 / 24
            sum += (mean - exact[i]) * (mean - exact[i]) / variance
        }
        #expect(sum < 7 * 17)
    }

    @Test(arguments: ModeratorKind.allCases, [DivergenceKind.exact, .contrastive])
    func oneAndTwoThreadsGiveEqualBits(moderator: ModeratorKind, divergence: DivergenceKind) throws {
        let before = threadCount
        defer { threadCount = before }
        let states = try [1, 2].map { threads in
            threadCount = threads
            let model = try MLRGModel(Self.configuration(moderator, divergence))
            try model.fit(Self.training(steps: 12, batch: 70)) { _ in }
            try model.fit(Self.ladders(steps: 12)) { _ in }
            return Self.state(model)
        }
        #expect(states[0] == states[1])
    }

    @Test(arguments: ModeratorKind.allCases, [DivergenceKind.exact, .contrastive])
    func continuationIsIdentical(moderator: ModeratorKind, divergence: DivergenceKind) throws {
        let configuration = Self.configuration(moderator, divergence)
        for training in [{ Self.training(steps: $0) }, Self.ladders] {
            let straight = try MLRGModel(configuration)
            try straight.fit(training(20)) { _ in }
            let first = try MLRGModel(configuration)
            try first.fit(training(7)) { _ in }
            let second = try MLRGModel(configuration)
            for (index, values) in Self.state(first).enumerated() {
                try second.write(array: index, from: values, count: values.count)
            }
            try second.fit(training(13)) { _ in }
            #expect(Self.state(straight) == Self.state(second))
        }
    }

    @Test func interruptionKeepsTheLastStep() throws {
        let model = try MLRGModel(Self.configuration(.flow))
        var steps = 0
        let progress = Progress(total: 1_000_000) { done, _ in done < 100 }
        var training = Self.training(steps: 1_000_000)
        training.scheduleSteps = 1_000_000
        let failure = #expect(throws: Failure.self) {
            try model.fit(training, progress: progress) { _ in steps += 1 }
        }
        #expect(failure == .interrupted("training was interrupted; the model is at step \(steps)"))
        #expect(model.step == steps && steps >= 100)
    }

    /// A step is complete when its fixed point has been recorded: one that is interrupted before is
    /// undone. Most of the time here is Newton's, who finds nothing, and one of twelve trainings at
    /// least is interrupted there.
    @Test func interruptionOfARecordingUndoesTheStep() throws {
        var configuration = Self.configuration(.flow)
        configuration.hidden = [128, 128]
        var training = Self.training(steps: 1_000_000, batch: 1)
        (training.scheduleSteps, training.hmcLeapfrog) = (1_000_000, 1)
        (training.recordFrom, training.recordGuess) = (0, [10])
        for seed in 0..<12 {
            configuration.seed = UInt64(seed)
            let model = try MLRGModel(configuration)
            let progress = Progress(total: 1_000_000) { done, _ in done == 0 }
            #expect(throws: Failure.self) { try model.fit(training, progress: progress) { _ in } }
            let straight = try MLRGModel(configuration)
            var plain = training
            (plain.steps, plain.recordFrom) = (model.step, .max)
            try straight.fit(plain) { _ in }
            #expect(model.step > 0 && Self.state(model) == Self.state(straight))
        }
    }

    @Test func trainingLargerThanTheMachineIsRefused() throws {
        var configuration = Self.configuration(.flow)
        configuration.hidden = [Int](repeating: 1024, count: 8)
        let model = try MLRGModel(configuration)
        let before = Self.state(model)
        let failure = #expect(throws: Failure.self) {
            try model.fit(Self.training(steps: 1, batch: 1_000_000)) { _ in }
        }
        guard case .outOfMemory = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(Self.state(model) == before)
    }

    @Test func wrongStateIsRefused() throws {
        let model = try MLRGModel(Self.configuration(.flow))
        let arrays = model.stateArrays
        #expect(throws: Failure.self) { try model.write(array: 0, from: [1], count: 1) }
        #expect(throws: Failure.self) {
            try model.write(array: 0, from: [Double](repeating: .nan, count: arrays[0].count), count: arrays[0].count)
        }
        #expect(throws: Failure.self) { try model.write(array: arrays.count - 1, from: [0.5], count: 1) }
        #expect(throws: Failure.self) { try model.write(array: arrays.count - 1, from: [-1], count: 1) }
        #expect(throws: Failure.self) {
            let minus = [Double](repeating: -1, count: arrays[arrays.count - 3].count)
            try model.write(array: arrays.count - 3, from: minus, count: minus.count)
        }
    }
}
