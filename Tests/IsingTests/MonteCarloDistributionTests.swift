import Ising
import Testing

/// Chi-square against the enumeration of all 65,536 states at L = 4. Samples are far enough apart
/// to be independent; seeds are fixed. A correct sampler fails one test with probability 1e-4.
@Suite struct MonteCarloDistributionTests {
    static let couplings = [0.0, 0.05, 0.3, 0.44068679350977151, 0.6, -0.5]
    static let limit = 3.719  // normal deviate of 1e-4, one-sided

    private func check(_ plan: SamplingPlan) throws {
        let output = try spins(plan)
        let enumeration = StateClasses.shared
        let each = output.count / plan.couplings.count
        for (index, coupling) in plan.couplings.enumerated() {
            let part = Array(output[index * each..<(index + 1) * each])
            let byEnergy = enumeration.deviation(of: part, coupling: coupling, classes: enumeration.energyClass)
            let byOrbit = enumeration.deviation(of: part, coupling: coupling, classes: enumeration.orbit)
            #expect(byEnergy < Self.limit, "energy and magnetization at K = \(coupling)")
            #expect(byOrbit < Self.limit, "symmetry classes at K = \(coupling)")
        }
    }

    /// One chain whose word holds many sites.
    @Test(arguments: [Algorithm.metropolis, .heatBath]) func oneChain(_ algorithm: Algorithm) throws {
        try check(
            SamplingPlan(
                size: 4, couplings: Self.couplings, samples: 20000, thermalize: 400, between: 100,
                algorithm: algorithm, seed: 1))
    }

    /// 600 chains in the bits of ten words.
    @Test(arguments: [Algorithm.metropolis, .heatBath]) func manyChains(_ algorithm: Algorithm) throws {
        try check(
            SamplingPlan(
                size: 4, couplings: Self.couplings, chains: 600, samples: 100, thermalize: 400, between: 100,
                algorithm: algorithm, seed: 2))
    }

    @Test(arguments: [Algorithm.wolff, .swendsenWang]) func clusters(_ algorithm: Algorithm) throws {
        try check(
            SamplingPlan(
                size: 4, couplings: Self.couplings, chains: 4, samples: 10000, thermalize: 400, between: 16,
                algorithm: algorithm, seed: 3))
    }

    /// The first sample of each of many chains: thermalization alone must be enough.
    @Test(arguments: Algorithm.allCases) func firstSamples(_ algorithm: Algorithm) throws {
        try check(
            SamplingPlan(
                size: 4, couplings: Self.couplings, chains: 3000, samples: 1, algorithm: algorithm, seed: 4))
    }

    /// The test sees a coupling that is wrong by 0.01.
    @Test func theTestHasPower() throws {
        let output = try spins(
            SamplingPlan(
                size: 4, couplings: [0.31], chains: 600, samples: 100, between: 100, algorithm: .heatBath, seed: 5))
        let enumeration = StateClasses.shared
        #expect(enumeration.deviation(of: output, coupling: 0.30, classes: enumeration.energyClass) > 2 * Self.limit)
        #expect(enumeration.deviation(of: output, coupling: 0.30, classes: enumeration.orbit) > Self.limit)
    }
}
