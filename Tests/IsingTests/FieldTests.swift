import Ising
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Wolff's algorithm in a field against all 65,536 states of a 4 x 4 torus.
struct FieldTests {
    /// Mean energy and mean spin.
    static func exact(_ coupling: Double, _ field: Double) throws -> [Double] {
        var spins = [Int8](repeating: 0, count: 16)
        var energy = [0.0]
        var (total, sums) = (0.0, [0.0, 0.0])
        for state in 0..<1 << 16 {
            for site in 0..<16 { spins[site] = state >> site & 1 == 1 ? 1 : -1 }
            try energies(spins: spins, count: 1, size: 4, into: &energy, progress: .none)
            let magnetization = Double(spins.reduce(0) { $0 + Int($1) }) / 16
            let weight = exp(-coupling * energy[0] + 16 * field * magnetization - 32 * abs(coupling) - 16 * abs(field))
            total += weight
            sums[0] += weight * energy[0]
            sums[1] += weight * magnetization
        }
        return sums.map { $0 / total }
    }

    /// Within 4.5 standard deviations of 1000 chains, 7e-6 each.
    @Test(arguments: [(0.3, 0.1), (0.7, 0.02), (0.7, -0.5), (-0.5, 0.3), (-0.9, -1.0), (0.0, 0.2), (0.44, 0.01)])
    func meansAreExact(coupling: Double, field: Double) throws {
        var plan = SamplingPlan(
            size: 4, couplings: [coupling], chains: 1000, samples: 4, thermalize: 40, between: 3, algorithm: .wolff,
            seed: 5)
        plan.field = field
        var spins = [Int8](repeating: 0, count: 4000 * 16)
        try sample(plan, into: &spins, progress: .none)
        var energy = [Double](repeating: 0, count: 4000)
        try energies(spins: spins, count: 4000, size: 4, into: &energy, progress: .none)
        let exact = try Self.exact(coupling, field)
        let chains = (0..<1000).map { chain in
            let samples = 4 * chain..<4 * chain + 4
            let up = spins[64 * chain..<64 * chain + 64].reduce(0) { $0 + Int($1) }
            return [samples.reduce(0) { $0 + energy[$1] } / 4, Double(up) / 64]
        }
        for k in 0...1 {
            let mean = chains.reduce(0) { $0 + $1[k] } / 1000
            let variance = chains.reduce(0) { $0 + ($1[k] - mean) * ($1[k] - mean) } / 999
            #expect(abs(mean - exact[k]) < 4.5 * (variance / 1000).squareRoot() + 1e-12)
        }
    }

    @Test func onlyWolffTakesAField() {
        for algorithm in [Algorithm.metropolis, .heatBath, .swendsenWang, nil] {
            var plan = SamplingPlan(size: 4, couplings: [0.3], samples: 1, algorithm: algorithm)
            plan.field = 0.1
            #expect(throws: Failure.self) { try plan.validateRanges() }
        }
    }
}
