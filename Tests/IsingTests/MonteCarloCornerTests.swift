#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

/// What no total shows: single rows and columns where words, bands of rows and the torus end, the
/// streams of bands and chains, and chains in which only the coins move. Seeds are fixed; each
/// comparison of a correct sampler fails with the chance of 4.5 standard errors, 7e-6.
@Suite struct MonteCarloCornerTests {
    private static let size = 512  // several bands of rows in every algorithm but Wolff's

    private static func plan(_ algorithm: Algorithm, coupling: Double) -> SamplingPlan {
        SamplingPlan(
            size: size, couplings: [coupling], chains: 6, samples: 8, thermalize: 60, between: 4,
            algorithm: algorithm, seed: 21)
    }

    /// The mean of s(y, x) s(y', x) or of s(x, y) s(x, y') over x and the samples of each chain.
    private func products(
        _ spins: [Int8], _ plan: SamplingPlan, _ y: Int, _ other: Int, columns: Bool
    ) -> [Double] {
        let size = plan.size
        let perChain = plan.samples * size * size
        return (0..<plan.chains).map { chain in
            var sum = 0
            for sample in 0..<plan.samples {
                let start = chain * perChain + sample * size * size
                for x in 0..<size {
                    let (a, b) = columns ? (x * size + y, x * size + other) : (y * size + x, other * size + x)
                    sum += Int(spins[start + a]) * Int(spins[start + b])
                }
            }
            return Double(sum) / Double(plan.samples * size)
        }
    }

    /// Bonds across the ends of bands (multiples of 32 and 96 rows), of words (of 64 columns or of
    /// 64 of one colour) and of the torus are as strong as all others.
    @Test(arguments: Algorithm.allCases) func bondsAcrossEdges(_ algorithm: Algorithm) throws {
        let plan = Self.plan(algorithm, coupling: 0.35)
        let spins = try spins(plan)
        let size = Self.size
        let exact = -(try torusThermodynamics(size: size, coupling: 0.35).energy) / Double(2 * size * size)
        for (edges, columns) in [
            ([size], false), (Array(stride(from: 32, to: size, by: 32)), false), ([size], true),
            (Array(stride(from: 64, to: size, by: 64)), true),
        ] {
            let each = edges.map { products(spins, plan, $0 - 1, $0 % size, columns: columns) }
            let means = (0..<plan.chains).map { chain in
                each.reduce(0) { $0 + $1[chain] } / Double(edges.count)
            }
            let (mean, error) = estimate(means)
            // Five degrees of freedom: Student's 4.5 standard errors would be too common.
            #expect(abs(mean - exact) < 0.01 + 4.5 * error, "\(edges) \(columns): \(mean), not \(exact)")
        }
    }

    /// Near K_c clusters of one band are joined by others, of the next. Bonds where the bands of
    /// Swendsen and Wang meet are as strong as all others of the same configurations, with a standard
    /// error of 0.004.
    @Test func clustersJoinedByTheNextBand() throws {
        let plan = Self.plan(.swendsenWang, coupling: 0.44)
        let spins = try spins(plan)
        let size = Self.size
        let rows = (1...size).map { products(spins, plan, $0 - 1, $0 % size, columns: false) }
        let differences = (0..<plan.chains).map { chain in
            let all = rows.reduce(0) { $0 + $1[chain] } / Double(size)
            return [128, 256, 384, 512].reduce(0) { $0 + rows[$1 - 1][chain] } / 4 - all
        }
        let (mean, error) = estimate(differences)
        #expect(abs(mean) < 0.02, "\(mean) +- \(error)")
    }

    /// Rows apart by a band, and chains and couplings beside each other, have nothing in common. At
    /// K = 0.2 an overlap of 512^2 sites has a standard deviation of 0.003, of 64 rows 0.009.
    @Test(arguments: Algorithm.allCases) func bandsAndChainsHaveStreamsOfTheirOwn(_ algorithm: Algorithm) throws {
        let size = Self.size
        let sites = size * size
        let plan = SamplingPlan(
            size: size, couplings: [0.2, 0.2], chains: 2, samples: 1, thermalize: 40, algorithm: algorithm, seed: 22)
        let spins = try spins(plan)
        func overlap(_ a: Int, _ b: Int, count: Int) -> Double {
            Double((0..<count).reduce(0) { $0 + Int(spins[a + $1]) * Int(spins[b + $1]) }) / Double(count)
        }
        let lattices = spins.count / sites
        for lattice in 0..<lattices {
            for rows in [32, 64, 96, 128, 256] {
                let shift = (size - rows) * size
                #expect(abs(overlap(lattice * sites, lattice * sites + rows * size, count: shift)) < 0.03)
            }
            for other in 0..<lattice {
                #expect(abs(overlap(lattice * sites, other * sites, count: sites)) < 0.02)
                // The stream of a band beside that of another chain's next band.
                for rows in [32, 96, 128] {
                    let shift = rows * size
                    for (a, b) in [(lattice, other), (other, lattice)] {
                        #expect(abs(overlap(a * sites, b * sites + shift, count: sites - shift)) < 0.02)
                    }
                }
            }
        }
    }

    /// A cluster of the whole lattice keeps its bonds where bands meet.
    @Test(arguments: Algorithm.allCases, [20.0, -20]) func largeGroundState(_ algorithm: Algorithm, _ coupling: Double)
        throws
    {
        let plan = SamplingPlan(
            size: Self.size, couplings: [coupling], samples: 8, thermalize: 3, between: 1, algorithm: algorithm,
            seed: 23)
        let output = try spins(plan)
        #expect(chainEnergies(output, plan) == [coupling > 0 ? 2 : -2])
        let up = stride(from: 0, to: output.count, by: Self.size * Self.size).count { output[$0] > 0 }
        #expect((1...7).contains(up), "the sign of the lattice never changed")  // 2 in 2^8
    }

    /// Between K_c and strong order, too, both signs are as frequent: of 400 lattices of four chains
    /// 200 +- 10 are up, if each has a sign of its own.
    @Test(arguments: Algorithm.allCases) func signsOfTheOrderedPhase(_ algorithm: Algorithm) throws {
        for (size, coupling) in [(66, 0.5), (66, -0.46)] {
            let plan = SamplingPlan(
                size: size, couplings: [coupling], chains: 4, samples: 100, thermalize: 30, between: 1,
                algorithm: algorithm, seed: 27)
            let output = try spins(plan)
            let up = stride(from: 0, to: output.count, by: size * size).count { start in
                (0..<size * size).reduce(0) { sum, site in
                    let staggered = coupling < 0 && (site / size + site % size) % 2 == 1
                    return sum + Int(staggered ? -output[start + site] : output[start + site])
                } > 0
            }
            #expect(abs(up - 200) < 45, "\(up) of 400 at K = \(coupling)")
        }
    }

    /// One chain whose samples follow each other. At K = 20 a sweep leaves the sign or reverses it,
    /// at K = 0 Wolff's clusters have one site each and an even number of them would keep the parity.
    @Test(arguments: Algorithm.allCases) func successiveSamplesOfOneChain(_ algorithm: Algorithm) throws {
        var plan = SamplingPlan(
            size: 8, couplings: [20], samples: 2001, thermalize: 8, between: 1, algorithm: algorithm, seed: 24)
        let ordered = try spins(plan)
        let signs = stride(from: 0, to: ordered.count, by: 64).map { ordered[$0] > 0 }
        let kept = zip(signs, signs.dropFirst()).count { $0 == $1 }
        #expect(abs(kept - 1000) < 101)

        plan.couplings = [0]
        let free = try spins(plan)
        let parities = stride(from: 0, to: free.count, by: 64).map { start in
            free[start..<start + 64].count { $0 > 0 } % 2
        }
        let even = parities.count { $0 == 0 }
        #expect(abs(even - 1000) < 101)
        let same = zip(parities, parities.dropFirst()).count { $0 == $1 }
        #expect(abs(same - 1000) < 101)
        guard algorithm != .wolff else { return }  // its sweeps of single sites leave some alone
        let overlap = (64..<free.count).reduce(0) { $0 + Int(free[$1]) * Int(free[$1 - 64]) }
        #expect(abs(Double(overlap)) < 4.5 * Double(free.count).squareRoot())
    }

    /// exp(-8K) = 2^-21.4: probabilities are not cut off at a few bits. Each sweep excites single
    /// spins anew, which the next one turns back: 6.7e7 chances give 25 +- 5 (Poisson).
    @Test(arguments: [Algorithm.metropolis, .heatBath]) func veryRareExcitations(_ algorithm: Algorithm) throws {
        let plan = SamplingPlan(
            size: 1024, couplings: [1.85], samples: 64, thermalize: 2, between: 1, algorithm: algorithm, seed: 25)
        let output = try spins(plan)
        var energy = [Double](repeating: 0, count: plan.samples)
        try energies(spins: output, count: plan.samples, size: 1024, into: &energy)
        let excited = energy.reduce(0) { $0 + ($1 + 2 * 1024 * 1024) / 8 }
        let expected = 64 * 1024 * 1024 * exp(-8 * 1.85)
        #expect(abs(excited - expected) < 4.5 * expected.squareRoot(), "\(excited), not \(expected)")
    }

    /// Above K_c the correlation length is half the one of the dual coupling: 1 / (2K + ln tanh K) / 2.
    @Test func sweepsBetweenSamplesInTheOrderedPhase() {
        for (coupling, length) in [(0.5, 2.1924), (0.46, 6.5595), (-0.5, 2.1924)] {
            let plan = SamplingPlan(size: 64, couplings: [coupling], samples: 2, thermalize: 0, algorithm: .heatBath)
            #expect(plan.work == Int(pow(length, 2.17).rounded(.up)))
        }
    }
}
