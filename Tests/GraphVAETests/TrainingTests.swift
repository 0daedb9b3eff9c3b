import GraphVAE
import Numerics
import Testing

@Suite(.serialized) struct VAETrainingTests {
    static let count = 45

    static func model() throws -> VAEModel {
        var configuration = VAEModel.Configuration()
        (configuration.size, configuration.levels, configuration.hidden) = (8, 2, 12)
        (configuration.token, configuration.anneal, configuration.seed) = (5, 3, 2)
        return try VAEModel(configuration)
    }

    static func training(_ epochs: Int) -> VAETraining {
        var training = VAETraining()
        (training.epochs, training.batch, training.seed, training.weightDecay) = (epochs, 20, 4, 1e-3)
        return training
    }

    static func state(_ model: VAEModel) -> [[Double]] {
        model.stateArrays.enumerated().map { index, array in
            var values = [Double](repeating: .nan, count: array.count)
            model.read(array: index, into: &values)
            return values
        }
    }

    static func fit(_ model: VAEModel, _ epochs: Int, progress: Progress = .none) throws -> [LossParts] {
        var history: [LossParts] = []
        try model.fit(ObjectiveTests.spins(count * 64), count: count, training(epochs), progress: progress) {
            history.append($0)
        }
        return history
    }

    @Test func aModelWithTheStateOfAnotherContinuesIdentically() throws {
        let (first, second, whole) = (try Self.model(), try Self.model(), try Self.model())
        _ = try Self.fit(first, 2)
        for (index, values) in Self.state(first).enumerated() {
            try second.write(array: index, from: values, count: values.count)
        }
        #expect(second.epoch == 2 && second.step == 6)  // 20 + 20 + 5 configurations
        let histories = [try Self.fit(first, 3), try Self.fit(second, 3), Array(try Self.fit(whole, 5).suffix(3))]
        #expect(histories[0] == histories[1] && histories[0] == histories[2])
        #expect(Self.state(first) == Self.state(second) && Self.state(first) == Self.state(whole))
    }

    /// Weights rise from zero over the epochs of annealing; each epoch has its own order and noise.
    @Test func historyAndAnnealing() throws {
        let model = try Self.model()
        let history = try Self.fit(model, 40)
        for (epoch, parts) in history.enumerated() {
            let factor = min(1, Double(epoch) / 3)
            let loss = parts.reconstruction + factor * (0.1 * parts.kl + 0.5 * parts.rg)
            #expect(abs(parts.loss - loss) < 1e-9)
        }
        #expect(history[39].reconstruction < history[0].reconstruction - 0.02)
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let threads = threadCount
        defer { threadCount = threads }
        var ends: [[[Double]]] = []
        for threads in [1, 2, 3] {
            threadCount = threads
            let model = try Self.model()
            _ = try Self.fit(model, 2)
            ends.append(Self.state(model))
        }
        #expect(ends[0] == ends[1] && ends[0] == ends[2])
    }

    /// A stop within an epoch leaves the model at the end of the one before.
    @Test func interruption() throws {
        let (stopped, other) = (try Self.model(), try Self.model())
        _ = try Self.fit(stopped, 1)
        _ = try Self.fit(other, 1)
        var kept = 1
        let progress = Progress(total: 0) { done, _ in done < 2000 }
        var message = ""
        do {
            try stopped.fit(
                ObjectiveTests.spins(Self.count * 64), count: Self.count, Self.training(1_000_000), progress: progress
            ) { _ in kept += 1 }
        } catch {
            message = error.message
        }
        #expect(message == "training was interrupted; the model is at epoch \(kept)")
        #expect(stopped.epoch == kept && kept > 1)
        _ = try Self.fit(other, kept - 1)
        #expect(Self.state(stopped) == Self.state(other))
    }

    @Test func aLossThatIsNotFiniteChangesNothing() throws {
        let model = try Self.model()
        for index in 0..<2 {
            let huge = [Double](repeating: 1e30, count: model.stateArrays[index].count)
            try model.write(array: index, from: huge, count: huge.count)
        }
        let before = Self.state(model)
        #expect(throws: Failure.self) { try Self.fit(model, 2) }
        #expect(Self.state(model) == before)
    }

    @Test func impossibleValuesAreRefusedAndChangeNothing() throws {
        let model = try Self.model()
        _ = try Self.fit(model, 1)
        let before = Self.state(model)
        for (index, array) in model.stateArrays.enumerated() {
            let good = before[index]
            #expect(throws: Failure.self) { try model.write(array: index, from: good, count: array.count - 1) }
            for value in [Double.nan, .infinity] {
                let bad = good.dropLast() + [value]
                #expect(throws: Failure.self) { try model.write(array: index, from: Array(bad), count: array.count) }
            }
            guard array.name == "epoch" || array.name == "step" else { continue }
            for value in [-1, 0.5, 0x1p51] {
                #expect(throws: Failure.self) { try model.write(array: index, from: [value], count: 1) }
            }
        }
        #expect(Self.state(model) == before)
    }

    @Test func impossibleTrainingsAreRefused() throws {
        let model = try Self.model()
        let changes: [(inout VAETraining) -> Void] = [
            { $0.epochs = 0 }, { $0.batch = 0 }, { $0.batch = 65537 }, { $0.learningRate = 0 },
            { $0.learningRate = .nan },
            { $0.weightDecay = -1 },
        ]
        for change in changes {
            var training = Self.training(1)
            change(&training)
            #expect(throws: Failure.self) { try model.fit(ObjectiveTests.spins(64), count: 1, training) { _ in } }
        }
        #expect(throws: Failure.self) { try model.fit(ObjectiveTests.spins(64), count: 0, Self.training(1)) { _ in } }
        #expect(throws: Failure.self) {
            try model.fit([Int8](repeating: 3, count: 64), count: 1, Self.training(1)) { _ in }
        }
        #expect(model.step == 0)
    }

    @Test func impossibleModelsAreRefused() throws {
        let changes: [(inout VAEModel.Configuration) -> Void] = [
            { $0.size = 12 }, { $0.size = 8 }, { $0.size = 512 }, { $0.size = 18 }, { $0.levels = 0 },
            { $0.levels = 9 },
            { $0.latent = 0 }, { $0.hidden = 257 }, { $0.token = 0 }, { $0.beta = -1 }, { $0.lambda = .nan },
            { $0.anneal = -1 },
        ]
        for change in changes {
            var configuration = VAEModel.Configuration()
            change(&configuration)
            #expect(throws: Failure.self) { _ = try VAEModel(configuration) }
        }
    }
}
