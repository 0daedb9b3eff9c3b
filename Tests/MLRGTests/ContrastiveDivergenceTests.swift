import MLRG
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct ContrastiveDivergenceTests {
    /// Representations, frames, and standard deviation of the couplings. The two components of E
    /// of an edge spin share bonds in the consistent frame, with real coefficients. Units of the
    /// teachers see from two to eight others.
    static let systems: [(String, Frame, Double)] = [
        ("A1", .published, 0.4), ("A1+E", .published, 0.4), ("A1+E", .consistent, 0.4),
        ("2A1+E", .published, 0.2), ("A1+B1", .consistent, 0.4), ("4A1", .published, 0.1),
    ]

    /// Value and gradient of CD-k against their expectations by enumeration. 40 streams of 500
    /// samples (the last 64 chains not full) give means and standard errors; Student's t with 39
    /// degrees of freedom exceeds 5 with probability 1.3e-5, so that any of 63 numbers fails by
    /// chance with probability below 9e-4.
    @Test(arguments: systems) func meansEqualEnumeration(system: (String, Frame, Double)) throws {
        let n = try Representation(system.0).couplings(frame: system.1).count
        var random = RandomStream(seed: 2, purpose: .test)
        var (teacher, student) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        random.fillNormal(&teacher, count: n)
        random.fillNormal(&student, count: n)
        let machines = (teacher.map { $0 * system.2 }, student.map { $0 * system.2 })
        try Self.compare(system.0, system.1, machines.0, machines.1)
    }

    /// A student whose hidden components see the same corners: sweep by sweep they agree more, and the
    /// expectation of CD-1 is 31, that of CD-2 8 standard errors from the next.
    @Test(arguments: [1, 2, 3]) func meansOfSeveralSweepsEqualEnumeration(sweeps: Int) throws {
        let (teacher, student) = ([Double](repeating: 0.1, count: 4), [Double](repeating: 0.7, count: 4))
        try Self.compare("2A1", .published, teacher, student, sweeps: sweeps)
    }

    /// With 4 samples, 60 of the 64 chains and 12 of the 16 lanes do not count.
    @Test func fewSamples() throws {
        try Self.compare("A1", .published, [0.3], [0.5], samples: 4, streams: 5000)
    }

    private static func compare(
        _ name: String, _ frame: Frame, _ teacher: [Double], _ student: [Double], sweeps: Int = 1,
        samples: Int = 500, streams: Int = 40
    ) throws {
        let (representation, n) = (try Representation(name), student.count)
        let sampled = try ContrastiveDivergence(
            representation, frame: frame, samples: samples, teacherSweeps: 40, studentSweeps: sweeps)
        let work = try ContrastiveDivergence.Workspace(sampled)
        let estimates = (0..<streams).map { stream in
            var gradient = [Double](repeating: 0, count: n)
            let value = sampled.evaluate(
                work, teacher: teacher, student: student, gradient: &gradient, seed: 9,
                stream: UInt64(stream), step: 0)
            return gradient + [value]
        }
        let exact = expectation(representation, frame, teacher, student, sweeps: sweeps)
        for (i, expected) in exact.enumerated() {
            let values = estimates.map { $0[i] }
            let mean = values.reduce(0, +) / Double(streams)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(streams - 1)
            #expect(abs(mean - expected) < 5 * (variance / Double(streams)).squareRoot())
        }
    }

    /// The couplings' derivatives, then the value, of CD-k with a teacher in equilibrium.
    private static func expectation(
        _ representation: Representation, _ frame: Frame, _ teacher: [Double], _ student: [Double], sweeps: Int
    ) -> [Double] {
        let fine = machineWeights(representation, .teacher, frame: frame, couplings: teacher)
        let coarse = machineWeights(representation, .student, frame: frame, couplings: student)
        let (hidden, visible) = (representation.components, 4 * representation.components)
        func spin(_ bits: Int, _ unit: Int) -> Double { bits >> unit & 1 == 1 ? 1 : -1 }
        func field(_ weights: [Double], _ h: Int, _ state: Int) -> Double {
            (0..<visible).reduce(0) { $0 + weights[h * visible + $1] * spin(state, $1) }
        }
        let states = 0..<1 << visible
        var data = states.map { state in
            exp((0..<visible).reduce(0) { $0 + log(2 * cosh(field(fine, $1, state))) })
        }
        let norm = data.reduce(0, +)
        data = data.map { $0 / norm }
        var model = data
        for _ in 0..<sweeps {
            // The centre after half a sweep, then the corners given it.
            var centre = [Double](repeating: 0, count: 1 << hidden)
            for state in states {
                let up = (0..<hidden).map { 1 / (1 + exp(-2 * field(coarse, $0, state))) }
                for z in centre.indices {
                    centre[z] += (0..<hidden).reduce(model[state]) { $0 * (spin(z, $1) > 0 ? up[$1] : 1 - up[$1]) }
                }
            }
            model = [Double](repeating: 0, count: states.count)
            for z in centre.indices {
                let up = (0..<visible).map { v in
                    1 / (1 + exp(-2 * (0..<hidden).reduce(0) { $0 + coarse[$1 * visible + v] * spin(z, $1) }))
                }
                for state in states {
                    model[state] += (0..<visible).reduce(centre[z]) {
                        $0 * (spin(state, $1) > 0 ? up[$1] : 1 - up[$1])
                    }
                }
            }
        }
        var slopes = [Double](repeating: 0, count: hidden * visible)
        var value = 0.0
        for state in states {
            let surplus = model[state] - data[state]
            for h in 0..<hidden {
                let field = field(coarse, h, state)
                value += surplus * log(cosh(field))
                for v in 0..<visible { slopes[h * visible + v] += surplus * tanh(field) * spin(state, v) }
            }
        }
        return student.indices.map { c in
            var unit = [Double](repeating: 0, count: student.count)
            unit[c] = 1
            let derivative = machineWeights(representation, .student, frame: frame, couplings: unit)
            return zip(derivative, slopes).reduce(0) { $0 + $1.0 * $1.1 }
        } + [value]
    }

    /// A spin against strong fields needs digits beyond the first eight of its probability, and at
    /// J = 3 beyond the first sixteen. One sweep of A1 from all corners up: an edge turns down with
    /// p = 1 / (1 + e^(4 J)), and the count of 5.12 million is Poisson, with means 1717 and 31. |z| > 4
    /// has probability below 2e-4.
    @Test(arguments: [2.0, 3]) func rareFlipsHaveTheirProbability(coupling: Double) throws {
        let a1 = try Representation("A1")
        let tables = try GibbsTables(a1, .teacher, frame: .published)
        tables.setWeights(machineWeights(a1, .teacher, frame: .published, couplings: [coupling]))
        var random = RandomStream(seed: 4, purpose: .test)
        let up = GibbsTables.Chains(repeating: ~0)
        var edges = [GibbsTables.Chains](repeating: up, count: 4)
        var flips = 0
        for _ in 0..<20_000 {
            var corners = [GibbsTables.Chains](repeating: up, count: 4)
            tables.sweep(&corners, &edges, &random)
            for edge in edges { for word in 0..<8 { flips += (~edge[word]).nonzeroBitCount / 8 } }
        }
        let mean = 5.12e6 / (1 + exp(4 * coupling))
        #expect(abs(Double(flips) - mean) < 4 * mean.squareRoot())
    }
}
