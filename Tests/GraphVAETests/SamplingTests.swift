import GraphVAE
import Numerics
import Testing

/// Configurations from the prior, and moments of them that are known.
@Suite struct SamplingTests {
    static func sample(_ model: VAEModel, _ count: Int, seed: UInt64 = 5) throws -> (z: [Double], spins: [Int8]) {
        let shape = model.shape
        var z = [Double](repeating: .nan, count: count * shape.nodes(shape.levels - 1) * shape.latent)
        var spins = [Int8](repeating: 0, count: count * shape.size * shape.size)
        try model.sample(count: count, seed: seed, latents: &z, spins: &spins)
        return (z, spins)
    }

    /// With one level the graph decoder is linear in z: the mean spin of site i is a z_0 + b, cut off at
    /// +-1. Moments of that by quadrature; each test fails by chance once in 15,000 (four errors).
    @Test(arguments: [Likelihood.mse, .bernoulli])
    func moments(likelihood: Likelihood) throws {
        let (slope, offset) = (0.9, 0.2)
        var c = ObjectiveTests.Case(size: 4, levels: 1, likelihood: likelihood, decoder: .graph)
        c.hidden = 1
        let weights = (0..<32).map { $0 % 2 == 0 ? slope : 0 }
        let model = try ClosedFormTests.model(
            c, ["decoder.0.weight": weights, "decoder.1.weight": [1], "decoder.1.bias": [offset]])
        let count = 40_000
        let (z, spins) = try Self.sample(model, count)
        func mean(_ z: Double) -> Double {
            let x = slope * z + offset
            if likelihood == .mse { return max(-1, min(1, x)) }
            return 2 / (1 + exp(SIMD8<Double>(repeating: -x))[0]) - 1
        }
        let h = 1e-3
        func average(_ f: (Double) -> Double) -> Double {
            stride(from: -9.0, to: 9, by: h).reduce(0) { sum, z in
                sum + h * exp(SIMD8<Double>(repeating: -z * z / 2))[0] / 2.5066282746310002 * f(z)
            }
        }
        // Spins of one site, and products of the spins of two: one pair of each configuration.
        let first = average(mean)
        let second = average { mean($0) * mean($0) }
        var (sum, pairs) = (0.0, 0.0)
        for k in 0..<count {
            sum += Double(spins[16 * k + 3])
            pairs += Double(spins[16 * k] * spins[16 * k + 9])
        }
        let n = Double(count)
        #expect(abs(sum / n - first) < 4 * ((1 - first * first) / n).squareRoot())
        #expect(abs(pairs / n - second) < 4 * ((1 - second * second) / n).squareRoot())
        // z is what the spins were drawn from, and normal.
        let conditional = (0..<count).reduce(0) { $0 + Double(spins[16 * $1]) - mean(z[2 * $1]) }
        #expect(abs(conditional / n) < 4 / n.squareRoot())
        let square = z.reduce(0) { $0 + $1 * $1 } / Double(z.count)
        #expect(abs(square - 1) < 4 * (2 / Double(z.count)).squareRoot())
    }

    /// Neither the number of samples nor that of threads matters; another seed does.
    @Test(arguments: Readout.allCases)
    func theKeyOfASampleIsItsNumber(readout: Readout) throws {
        let threads = threadCount
        defer { threadCount = threads }
        let model = try ObjectiveTests.model(.init(readout: readout))
        threadCount = 1
        let many = try Self.sample(model, 50)
        threadCount = 3
        let few = try Self.sample(model, 13)
        #expect(few.spins == Array(many.spins.prefix(13 * 64)) && few.z == Array(many.z.prefix(few.z.count)))
        #expect(Set(many.z).count == many.z.count)
        #expect(try Self.sample(model, 13, seed: 6).spins != few.spins)
        #expect(many.spins.allSatisfy { abs($0) == 1 })
    }

    @Test func meansThatAreNoNumbersAreRefused() throws {
        let model = try ClosedFormTests.model(
            .init(decoder: .graph), ["decoder.1.bias": [1e38], "decoder.1.weight": [Double](repeating: 0, count: 5)])
        #expect(try Self.sample(model, 3).spins.allSatisfy { $0 == 1 })
        for i in 0..<model.shape.parameterCount { model.parameters[i] = .greatestFiniteMagnitude }
        #expect(throws: Failure.self) { try Self.sample(model, 3) }
    }
}
