import Learning
import Numerics
import Testing
import NeuralRG

@Suite(.serialized) struct FlowTrainingTests {
    static func model(symmetric: Bool, size: Int = 4) throws -> FlowModel {
        var configuration = FlowModel.Configuration()
        (configuration.size, configuration.coupling) = (size, 0.4)
        (configuration.couplings, configuration.hidden) = (4, [6, 5])
        (configuration.symmetric, configuration.seed) = (symmetric, 3)
        let model = try FlowModel(configuration)
        var random = RandomStream(seed: 4, purpose: .test)
        for start in stride(from: model.shape.couplingParameterCount - 4, to: model.shape.parameterCount, by: model.shape.couplingParameterCount) {
            for i in 0..<4 { model.parameters[start + i] = 0.3 * random.nextNormal()[0] }
        }
        return model
    }

    /// Mean of ln q(g(z)) - ln pi(g(z)) in double precision, by the evaluation functions.
    static func loss(_ model: FlowModel, _ latents: [Double], count: Int) throws -> Double {
        let n = model.shape.sites
        var (samples, determinants) = ([Double](repeating: 0, count: count * n), [Double](repeating: 0, count: count))
        try model.decode(latents, count: count, into: &samples, logDeterminants: &determinants)
        var (logQ, logPi) = (determinants, determinants)
        try model.logProbability(samples, count: count, into: &logQ)
        try model.target.logDensity(samples, count: count, into: &logPi)
        return zip(logQ, logPi).reduce(0) { $0 + $1.0 - $1.1 } / Double(count)
    }

    /// The single-precision gradient of the loss against finite differences of the double one.
    @Test(arguments: [false, true])
    func gradientOfTheDistillationLoss(symmetric: Bool) throws {
        let model = try Self.model(symmetric: symmetric)
        let workspace = try DistillationWorkspace(model)
        let (count, n) = (21, model.shape.sites)
        workspace.tile.fillNormal(seed: 8, tile: 0, step: 0)
        let latents = (0..<count * n).map { Double(workspace.tile.sites[$0 % n][$0 / n]) }
        let packed = try model.packed(Float.self)
        workspace.clear()
        workspace.distil(packed.base, samples: count, batch: count)
        #expect(abs(workspace.lossSum / Double(count) - (try Self.loss(model, latents, count: count))) < 1e-4)
        let gradient = try Buffer<Double>(count: model.shape.parameterCount)
        model.shape.unpack(workspace.gradient.base, onto: gradient.base)
        let h = 1e-5
        for i in stride(from: 0, to: model.shape.parameterCount, by: 11) {
            let value = model.parameters[i]
            model.parameters[i] = value + h
            let up = try Self.loss(model, latents, count: count)
            model.parameters[i] = value - h
            let slope = (up - (try Self.loss(model, latents, count: count))) / (2 * h)
            model.parameters[i] = value
            #expect(abs(slope - gradient[i]) < 2e-4 * (1 + abs(slope)))
        }
    }

    /// The bound falls towards -ln Z and never below it, and importance weights give ln Z.
    @Test func trainingApproachesTheExactFreeEnergy() throws {
        var configuration = FlowModel.Configuration()
        (configuration.size, configuration.coupling, configuration.hidden) = (4, 0.3, [8, 8])
        configuration.couplings = 6
        let model = try FlowModel(configuration)
        var training = FlowTraining()
        (training.steps, training.batch, training.learningRate, training.seed) = (400, 128, 4e-3, 1)
        var losses: [Double] = []
        try model.fit(training) { losses.append($0.loss) }
        let exact = -model.target.logPartition
        let late = losses.suffix(50).reduce(0, +) / 50
        #expect(losses[0] > exact + 1)
        #expect(late > exact && late < exact + 0.4)

        let (count, n) = (4096, model.shape.sites)
        var samples = [Double](repeating: 0, count: count * n)
        try model.sample(count, seed: 5, into: &samples)
        var (logQ, logPi) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        try model.logProbability(samples, count: count, into: &logQ)
        try model.target.logDensity(samples, count: count, into: &logPi)
        let weights = zip(logQ, logPi).map { exp(SIMD8<Double>(repeating: $1 - $0 + exact))[0] }
        let mean = weights.reduce(0, +) / Double(count)
        let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // Z_estimate / Z has mean 1; four standard errors.
        #expect(abs(mean - 1) < 4 * (variance / Double(count)).squareRoot())
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let threads = threadCount
        defer { threadCount = threads }
        var ends: [[Double]] = []
        for count in [1, 2, 3] {
            threadCount = count
            let model = try Self.model(symmetric: true)
            var training = FlowTraining()
            (training.steps, training.batch) = (4, 150)
            try model.fit(training) { _ in }
            ends.append((0..<model.shape.parameterCount).map { model.parameters[$0] })
        }
        #expect(ends[0] == ends[1] && ends[0] == ends[2])
    }
}
