import GraphVAE
import Numerics
import Testing

/// The terms of the loss where they are known, of models whose heads and decoder ignore their input.
@Suite struct ClosedFormTests {
    /// All parameters zero but some biases.
    static func model(_ c: ObjectiveTests.Case, _ biases: [String: [Double]]) throws -> VAEModel {
        let model = try ObjectiveTests.model(c)
        for (index, array) in model.stateArrays.enumerated()
        where array.name.contains(".") && !array.name.hasPrefix("adam") {
            var values = [Double](repeating: 0, count: array.count)
            if let given = biases[array.name] { values = given }
            try model.write(array: index, from: values, count: array.count)
        }
        return model
    }

    /// The divergence of two Gaussians by quadrature of q ln(q / p).
    static func divergence(mean: Double, logVariance: Double) -> Double {
        func exp(_ x: Double) -> Double { Numerics.exp(SIMD8<Double>(repeating: x))[0] }
        let deviation = exp(logVariance / 2)
        let h = 1e-3
        return stride(from: -12.0, to: 12, by: h).reduce(0) { sum, t in
            let x = mean + deviation * t
            return sum + h * exp(-t * t / 2) / 2.5066282746310002 * (-t * t / 2 - logVariance / 2 + x * x / 2)
        }
    }

    @Test func divergenceAndInconsistency() throws {
        let (means, logVariances) = ([[0.3, -1.2], [0.9, 0.4]], [[0.0, 0.0], [0.7, -1.5]])
        let model = try Self.model(
            .init(),
            [
                "level.0.mean.bias": means[0], "level.1.mean.bias": means[1],
                "level.0.log_variance.bias": logVariances[0], "level.1.log_variance.bias": logVariances[1],
            ])
        let parts = try model.loss(ObjectiveTests.spins(5 * 64), count: 5, seed: 0)
        let kl = zip(means[1], logVariances[1]).reduce(0) { $0 + Self.divergence(mean: $1.0, logVariance: $1.1) }
        #expect(abs(parts.kl - kl) < 1e-9)
        #expect(abs(parts.rg - (0.6 * 0.6 + 1.6 * 1.6)) < 1e-13)
        #expect(abs(parts.reconstruction - 1) < 1e-14)  // of zeros
        #expect(abs(parts.loss - (1 + 0.1 * kl + 0.5 * parts.rg)) < 1e-9)
    }

    @Test func crossEntropy() throws {
        let c = ObjectiveTests.Case(likelihood: .bernoulli, decoder: .graph)
        let model = try Self.model(c, ["decoder.1.bias": [0.8]])
        let spins = ObjectiveTests.spins(3 * 64)
        let up = Double(spins.count { $0 > 0 }) / Double(spins.count)
        let p = 1 / (1 + exp(SIMD8<Double>(repeating: -0.8))[0])
        func log(_ x: Double) -> Double { Numerics.log(SIMD8<Double>(repeating: x))[0] }
        let parts = try model.loss(spins, count: 3, seed: 0)
        #expect(abs(parts.reconstruction + up * log(p) + (1 - up) * log(1 - p)) < 1e-14)
    }

    /// With one level the graph decoder is linear in z, and the error known on average over Eq. 3.
    @Test func noiseOfTheLatentVariables() throws {
        var c = ObjectiveTests.Case(size: 4, levels: 1, decoder: .graph)
        c.hidden = 1
        let (mean, logVariance) = (0.4, -0.8)
        let slope = (0..<32).map { $0 % 2 == 0 ? 0.5 : 0 }  // of z_0 only
        let model = try Self.model(
            c,
            [
                "level.0.mean.bias": [mean, 7], "level.0.log_variance.bias": [logVariance, 3],
                "decoder.0.weight": slope, "decoder.1.weight": [2],
            ])
        let count = 20_000
        let spins = [Int8](repeating: 1, count: count * 16)
        let parts = try model.loss(spins, count: count, seed: 9)
        // outputs = z_0: mean square distance to 1, whose variance is 4 v d^2 + 2 v^2
        let (v, d) = (exp(SIMD8<Double>(repeating: logVariance))[0], mean - 1)
        let error = ((4 * v * d * d + 2 * v * v) / Double(count)).squareRoot()
        #expect(abs(parts.reconstruction - (d * d + v)) < 4 * error)
        #expect(parts.rg == 0)
        #expect(try model.loss(spins, count: count, seed: 10).reconstruction != parts.reconstruction)
    }
}
