import Ising
import Testing

/// Energies of sizes that end inside a word, a vector or a band, against Kaufman's exact ones.
@Suite struct MonteCarloLatticeTests {
    /// Chains start afresh, so their means are independent and give the error. At 4.5 sigma the
    /// false alarm of all comparisons here together is below 1e-3.
    private func compare(
        size: Int, coupling: Double, chains: [(Algorithm, Int)], samples: Int, thermalize: Int
    ) throws {
        let exact = -(try torusThermodynamics(size: size, coupling: coupling).energy) / Double(size * size)
        for (algorithm, count) in chains {
            let isLocal = algorithm == .metropolis || algorithm == .heatBath
            let plan = SamplingPlan(
                size: size, couplings: [coupling], chains: count, samples: samples,
                thermalize: isLocal ? thermalize : 40, between: isLocal ? 20 : 3,
                algorithm: algorithm, seed: UInt64(size))
            let (mean, error) = estimate(chainEnergies(try spins(plan), plan))
            #expect(
                abs(mean - exact) < 4.5 * error, "\(algorithm) x \(count) at L = \(size): \((mean - exact) / error)")
        }
    }

    @Test(arguments: [6, 10, 12, 16, 30, 66]) func smallSizes(_ size: Int) throws {
        // 48 local chains stay apart, 640 are packed.
        try compare(
            size: size, coupling: 0.42,
            chains: [
                (.wolff, 200), (.swendsenWang, 200), (.metropolis, 48), (.metropolis, 320), (.heatBath, 48),
                (.heatBath, 320),
            ],
            samples: 20, thermalize: 2000)
    }

    /// Two words of a row of one colour, the second with a single site; three of a row.
    @Test func paddedRows() throws {
        try compare(
            size: 130, coupling: 0.40,
            chains: [(.wolff, 24), (.swendsenWang, 24), (.metropolis, 24), (.heatBath, 24), (.heatBath, 64)],
            samples: 10, thermalize: 2000)
    }

    /// Several bands, the last one shorter and ending inside a vector.
    @Test func bands() throws {
        try compare(
            size: 650, coupling: 0.35,
            chains: [(.wolff, 8), (.swendsenWang, 8), (.metropolis, 8), (.heatBath, 8)],
            samples: 4, thermalize: 200)
    }

    /// exp(-8K) = 2^-13.8: excitations come only from random numbers whose leading bits all tie.
    @Test(arguments: [Algorithm.metropolis, .heatBath], [4, 64]) func rareExcitations(
        _ algorithm: Algorithm, _ chains: Int
    ) throws {
        let plan = SamplingPlan(
            size: 128, couplings: [1.2], chains: chains, samples: 6400 / chains, thermalize: 40, between: 8,
            algorithm: algorithm, seed: 12)
        let exact = 2 + (try torusThermodynamics(size: 128, coupling: 1.2).energy) / 16384
        let excited = 2 - estimate(chainEnergies(try spins(plan), plan)).mean
        // 7000 single spins, eight units each, nearly independent: 1.2 %, times 4.5.
        #expect(abs(excited / exact - 1) < 0.055, "\(excited / exact)")
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
    @Test(arguments: Algorithm.allCases, [20.0, -20.0]) func groundState(_ algorithm: Algorithm, _ coupling: Double)
        throws
    {
        let plan = SamplingPlan(
            size: 8, couplings: [coupling], chains: 100, samples: 40, thermalize: 4, between: 2,
            algorithm: algorithm, seed: 5)
        let output = try spins(plan)
        for energy in chainEnergies(output, plan) { #expect(energy == (coupling > 0 ? 2 : -2)) }
        let up = stride(from: 0, to: output.count, by: 64).count { output[$0] > 0 }
        #expect(abs(up - 2000) < 140)  // 4.4 sigma
    }
}
