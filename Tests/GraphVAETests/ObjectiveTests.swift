import GraphVAE
import Numerics
import Testing

/// The loss and its gradient, of the kernels in both precisions, against plain code on edge lists.
@Suite struct ObjectiveTests {
    struct Case: CustomTestStringConvertible {
        var size = 8
        var levels = 2
        var likelihood = Likelihood.mse
        var decoder = DecoderKind.mlp
        var representation = Representation.mean
        var readout = Readout.mean
        var hidden = 5
        var batch = 3

        var testDescription: String {
            "\(size) \(levels) \(likelihood) \(decoder) \(representation) \(readout) \(hidden) \(batch)"
        }
    }

    static let cases = [
        Case(), Case(likelihood: .bernoulli), Case(decoder: .graph), Case(likelihood: .bernoulli, decoder: .graph),
        Case(representation: .sample), Case(likelihood: .bernoulli, decoder: .graph, representation: .sample),
        Case(size: 16, levels: 3, hidden: 3),
        Case(size: 16, levels: 3, decoder: .graph, representation: .sample, hidden: 3),
        Case(size: 5, levels: 1, likelihood: .bernoulli, hidden: 18), Case(size: 6, levels: 1, decoder: .graph),
        Case(size: 12, levels: 2, batch: 19), Case(size: 4, levels: 1, hidden: 3, batch: 700),
        Case(readout: .sites), Case(likelihood: .bernoulli, decoder: .graph, readout: .sites),
        Case(representation: .sample, readout: .sites), Case(size: 12, decoder: .graph, readout: .sites, batch: 11),
        Case(size: 16, levels: 3, representation: .sample, readout: .sites, hidden: 3, batch: 2),
        Case(size: 16, levels: 3, decoder: .graph, readout: .sites, hidden: 3, batch: 2),
        Case(size: 5, levels: 1, readout: .sites, hidden: 18),
        Case(size: 4, levels: 1, decoder: .graph, readout: .sites),
    ]

    /// A model with random biases.
    static func model(_ c: Case, seed: UInt64 = 3) throws -> VAEModel {
        var configuration = VAEModel.Configuration()
        (configuration.size, configuration.levels, configuration.hidden) = (c.size, c.levels, c.hidden)
        (configuration.latent, configuration.token) = (2, 4)
        (configuration.likelihood, configuration.decoder) = (c.likelihood, c.decoder)
        (configuration.representation, configuration.readout) = (c.representation, c.readout)
        configuration.seed = seed
        let model = try VAEModel(configuration)
        var random = RandomStream(seed: seed, purpose: .test)
        for i in 0..<model.shape.parameterCount { model.parameters[i] += 0.15 * random.nextNormal()[0] }
        return model
    }

    static func spins(_ count: Int, seed: UInt64 = 7) -> [Int8] {
        var random = RandomStream(seed: seed, purpose: .test)
        return (0..<count).map { _ in random.nextUniform()[0] < 0.6 ? 1 : -1 }
    }

    static let (beta, lambda) = (0.3, 0.7)

    static func terms(_ c: Case) -> LossTerms {
        LossTerms(likelihood: c.likelihood, representation: c.representation, beta: beta, lambda: lambda)
    }

    static func evaluate<Scalar: RowScalar>(
        _: Scalar.Type, _ model: VAEModel, _ c: Case, _ spins: [Int8]
    ) throws -> (parts: LossParts, gradient: [Double]) {
        let objective = try Objective<Scalar>(model.shape, batch: c.batch, trains: true)
        var gradient = [Double](repeating: .nan, count: model.shape.parameterCount)
        // Twice, so that nothing may be left from the call before.
        var parts = LossParts()
        for _ in 0..<2 {
            parts = objective.evaluate(
                model.parameters.base, spins, rows: nil, count: c.batch, terms(c), seed: 11, step: 5,
                gradient: &gradient)
        }
        return (parts, gradient)
    }

    @Test(arguments: cases)
    func agreesWithPlainCode(c: Case) throws {
        let model = try Self.model(c)
        let sites = c.size * c.size
        let spins = Self.spins(c.batch * sites)
        let batch = (0..<c.batch).map { k in spins[k * sites..<(k + 1) * sites].map(Double.init) }
        func plain() -> LossParts {
            PlainModel(model).loss(batch, seed: 11, step: 5, beta: Self.beta, lambda: Self.lambda)
        }
        let expected = plain()
        let double = try Self.evaluate(Double.self, model, c, spins)
        let single = try Self.evaluate(Float.self, model, c, spins)
        for field in [\LossParts.loss, \.reconstruction, \.kl, \.rg] {
            let value = expected[keyPath: field]
            #expect(abs(double.parts[keyPath: field] / Double(c.batch) - value) < 1e-12 * (1 + abs(value)))
            #expect(abs(single.parts[keyPath: field] / Double(c.batch) - value) < 1e-5 * (1 + abs(value)))
        }
        #expect(c.levels == 1 || expected.rg > 1e-3)

        // Every layer's gradient, a part of its numbers.
        let h = 1e-5
        let step = c.batch > 3 ? 37 : 3
        for i in stride(from: 0, to: model.shape.parameterCount, by: step) {
            let value = model.parameters[i]
            model.parameters[i] = value + h
            let up = plain().loss
            model.parameters[i] = value - h
            let slope = (up - plain().loss) / (2 * h)
            model.parameters[i] = value
            #expect(abs(slope - double.gradient[i]) < 1e-8, "parameter \(i)")
        }
        let largest = double.gradient.map(abs).max()!
        for (a, b) in zip(double.gradient, single.gradient) { #expect(abs(a - b) < 1e-5 * (1 + largest)) }
    }

    /// Rows in another order are the configurations in that order.
    @Test func rowsOfTheData() throws {
        let c = Case(size: 8, levels: 2, decoder: .graph, batch: 20)
        let model = try Self.model(c)
        let spins = Self.spins(c.batch * 64)
        let rows = (0..<c.batch).map { UInt32(7 * $0 % c.batch) }
        let gathered = rows.flatMap { spins[Int($0) * 64..<Int($0 + 1) * 64] }
        let objective = try Objective<Float>(model.shape, batch: c.batch, trains: true)
        func gradient(_ spins: [Int8], _ rows: UnsafePointer<UInt32>?) -> [Double] {
            var gradient = [Double](repeating: 0, count: model.shape.parameterCount)
            let parts = objective.evaluate(
                model.parameters.base, spins, rows: rows, count: c.batch, Self.terms(c), seed: 1, step: 0,
                gradient: &gradient)
            return gradient + [parts.loss]
        }
        #expect(gradient(spins, rows) == gradient(gathered, nil))
        #expect(gradient(spins, rows) != gradient(spins, nil))
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let threads = threadCount
        defer { threadCount = threads }
        for readout in Readout.allCases {
            try compareThreads(Case(size: 16, levels: 3, readout: readout, hidden: 20, batch: 90))
        }
    }

    private func compareThreads(_ c: Case) throws {
        let model = try Self.model(c)
        let spins = Self.spins(c.batch * 256)
        var results: [[Double]] = []
        for count in [1, 2, 3] {
            threadCount = count
            let (parts, gradient) = try Self.evaluate(Float.self, model, c, spins)
            results.append(gradient + [parts.loss, parts.kl])
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
