import Ising
import Testing

/// The four algorithms share no update code across kinds, so their agreement checks sizes that
/// end inside a word, a vector or a band.
@Suite struct MonteCarloLatticeTests {
    /// Chains start afresh, so their means are independent and give the error. Ten comparisons of
    /// each size at 4.5 sigma: false alarm below 1e-4.
    private func agree(
        size: Int, coupling: Double, chains: [(Algorithm, Int)], samples: Int, thermalize: Int?, between: Int?
    ) throws {
        var results: [(Algorithm, Double, Double)] = []
        for (algorithm, count) in chains {
            let isLocal = algorithm == .metropolis || algorithm == .heatBath
            let plan = SamplingPlan(
                size: size, couplings: [coupling], chains: count, samples: samples,
                thermalize: isLocal ? thermalize : nil, between: isLocal ? between : nil,
                algorithm: algorithm, seed: UInt64(size))
            let (mean, error) = estimate(chainEnergies(try spins(plan), plan))
            results.append((algorithm, mean, error))
        }
        let reference = results[0]
        for (algorithm, mean, error) in results.dropFirst() {
            let sigma = (error * error + reference.2 * reference.2).squareRoot()
            #expect(abs(mean - reference.1) < 4.5 * sigma, "\(algorithm) at L = \(size): \(mean - reference.1), \(sigma)")
        }
    }

    @Test(arguments: [6, 10, 12, 16, 30, 66]) func smallSizes(_ size: Int) throws {
        // 48 local chains stay apart, 640 are packed.
        try agree(
            size: size, coupling: 0.42,
            chains: [(.wolff, 400), (.swendsenWang, 400), (.metropolis, 48), (.metropolis, 640), (.heatBath, 48),
                     (.heatBath, 640)],
            samples: 20, thermalize: 2000, between: 20)
    }

    /// Two words of a row of one colour, the second with a single site; three of a row.
    @Test func paddedRows() throws {
        try agree(
            size: 130, coupling: 0.40,
            chains: [(.wolff, 24), (.swendsenWang, 24), (.metropolis, 24), (.heatBath, 24), (.heatBath, 64)],
            samples: 10, thermalize: 2000, between: 20)
    }

    /// Several bands, the last one shorter and ending inside a vector.
    @Test func bands() throws {
        try agree(
            size: 650, coupling: 0.35,
            chains: [(.wolff, 8), (.swendsenWang, 8), (.metropolis, 8), (.heatBath, 8)],
            samples: 4, thermalize: 200, between: 20)
    }

    /// High-temperature series: the bond correlation is tanh K + 2 tanh^3 K + O(tanh^5 K).
    @Test(arguments: Algorithm.allCases) func weakCoupling(_ algorithm: Algorithm) throws {
        let plan = SamplingPlan(
            size: 640, couplings: [0.05], chains: 8, samples: 4, thermalize: 20, between: 10,
            algorithm: algorithm, seed: 11)
        let (mean, error) = estimate(chainEnergies(try spins(plan), plan))
        let t = 0.0499583749596
        #expect(abs(mean - 2 * (t + 2 * t * t * t)) < 4.5 * error + 1e-5)
    }

    /// In the ground state nothing moves but the global sign, fair in every chain.
    @Test(arguments: Algorithm.allCases, [20.0, -20.0]) func groundState(_ algorithm: Algorithm, _ coupling: Double) throws {
        let plan = SamplingPlan(
            size: 8, couplings: [coupling], chains: 100, samples: 40, thermalize: 4, between: 2,
            algorithm: algorithm, seed: 5)
        let output = try spins(plan)
        for energy in chainEnergies(output, plan) { #expect(energy == (coupling > 0 ? 2 : -2)) }
        let up = stride(from: 0, to: output.count, by: 64).count { output[$0] > 0 }
        #expect(abs(up - 2000) < 140)  // 4.4 sigma
    }
}
