import MLRG
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The kernel against plain sums over all states, and its derivatives against finite differences.
@Suite struct ExactDivergenceTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let frame: Frame
        var testDescription: String { "\(name) \(frame)" }
    }

    static let cases = ["A1+E", "2A1+E", "A1+A2+B1+B2", "B1+E", "2E"].flatMap { name in
        Frame.allCases.map { Case(name: name, frame: $0) }
    }

    /// Uniform in (-scale, scale), the same for the same seed.
    static func random(_ count: Int, seed: UInt64, scale: Double) -> [Double] {
        var stream = RandomStream(seed: seed, purpose: .test)
        return (0..<count).map { _ in scale * (2 * stream.nextUniform()[0] - 1) }
    }

    /// sum p log(p/q) over the elements of the two Boltzmann weight tensors.
    static func enumerated(_ test: Case, teacher: [Double], student: [Double]) throws -> Double {
        let representation = try Representation(test.name)
        var logP = [Double](repeating: 0, count: 1 << (4 * representation.components))
        var logQ = logP
        boltzmannTensor(representation, .teacher, frame: test.frame, couplings: teacher, into: &logP)
        boltzmannTensor(representation, .student, frame: test.frame, couplings: student, into: &logQ)
        func normalise(_ logs: inout [Double]) {
            let peak = logs.max()!
            let total = logs.reduce(0) { $0 + exponential($1 - peak) }
            let norm = peak + logarithm(total)
            for i in logs.indices { logs[i] -= norm }
        }
        normalise(&logP)
        normalise(&logQ)
        return zip(logP, logQ).reduce(0) { $0 + exponential($1.0) * ($1.0 - $1.1) }
    }

    private static func exponential(_ x: Double) -> Double { exp(SIMD8(repeating: x))[0] }
    private static func logarithm(_ x: Double) -> Double { log(SIMD8(repeating: x))[0] }

    struct Expansion {
        var value = 0.0
        var gradient, product: [Double]
    }

    static func expand(
        _ results: ExactResults, _ teacher: [Double], _ student: [Double], _ direction: [Double]? = nil
    ) throws -> Expansion {
        let zeros = [Double](repeating: 0, count: student.count)
        var result = Expansion(gradient: zeros, product: zeros)
        try result.gradient.withUnsafeMutableBufferPointer { gradient in
            try result.product.withUnsafeMutableBufferPointer { product in
                try results.divergences(
                    teacher: teacher, student: student, directions: direction, count: 1, into: &result.value,
                    gradient: gradient.baseAddress!, products: direction == nil ? nil : product.baseAddress!)
            }
        }
        return result
    }

    /// Couplings of 6 leave the range in which weights are multiplied.
    @Test(arguments: cases, [0.6, 6, 30])
    func equalsTheSumOverAllStates(test: Case, scale: Double) throws {
        let representation = try Representation(test.name)
        let results = try ExactResults(corners: representation, frame: test.frame)
        let teacher = Self.random(results.teacherCount, seed: 1, scale: scale)
        let student = Self.random(results.studentCount, seed: 2, scale: scale)
        let expected = try Self.enumerated(test, teacher: teacher, student: student)
        let value = try Self.expand(results, teacher, student).value
        #expect(abs(value - expected) < 1e-12 * max(1, expected, 10 * scale))
    }

    /// Five components are summed in parts, each relative to its own largest weight, which differ by
    /// far at a scale of 30.
    @Test(arguments: Frame.allCases)
    func partsOfFiveComponents(frame: Frame) throws {
        let test = Case(name: "3A1+E", frame: frame)
        try equalsTheSumOverAllStates(test: test, scale: 30)
        try derivativesEqualFiniteDifferences(test: test, scale: 30)
    }

    /// A1 in closed form, from weak couplings to those whose weights leave the range of a Double:
    /// teachers beyond J = 70 and students beyond 150. With fields f = 0, 2 and 4 in units of J', and
    /// t = tanh(J' f), the gradient is <f t>_q - <f t>_p, and the Hessian
    /// <f^2 (1 - t^2)>_q + <(f t)^2>_q - <f t>_q^2 - <f^2 (1 - t^2)>_p.
    @Test(arguments: [0.5, 3, 40, 60, 80, 100, 1000], [0.5, 2, 100, 200])
    func strongCouplingsOfA1(teacher: Double, student: Double) throws {
        // The field of each kind of state, how many there are, and which edges see corners that agree.
        let edges: [(field: Double, states: Double, aligned: [Double])] = [
            (0, 4, [0, 1, 0, 1]), (0, 2, [0, 0, 0, 0]), (2, 8, [1, 1, 0, 0]), (4, 2, [1, 1, 1, 1]),
        ]
        func normalised(_ logs: [Double]) -> [Double] {
            let (peak, states) = (logs.max()!, edges.map(\.states))
            let weights = zip(states, logs).map { $0 * exp($1 - peak) }
            let total = weights.reduce(0, +)
            return weights.map { $0 / total }
        }
        func logTwoCosh(_ x: Double) -> Double { abs(x) + log1p(exp(-2 * abs(x))) }
        let p = normalised(edges.map { $0.aligned.reduce(0) { $0 + logTwoCosh(2 * teacher * $1) } })
        let q = normalised(edges.map { logTwoCosh(student * $0.field) })
        func mean(_ law: [Double], _ value: (_ f: Double, _ t: Double) -> Double) -> Double {
            zip(law, edges.map(\.field)).reduce(0) { $0 + $1.0 * value($1.1, tanh(student * $1.1)) }
        }
        let slope = mean(q) { $0 * $1 }
        let gradient = slope - mean(p) { $0 * $1 }
        func curvature(_ f: Double, _ t: Double) -> Double { f * f / (cosh(student * f) * cosh(student * f)) }
        let variance = mean(q) { $0 * $0 * $1 * $1 } - slope * slope
        let hessian = mean(q, curvature) + variance - mean(p, curvature)
        let found = try Self.expand(ExactResultsTests.results("A1"), [teacher], [student], [1])
        #expect(abs(found.gradient[0] - gradient) < 1e-12 * 4)
        #expect(abs(found.product[0] - hessian) < 1e-12 * 16)
        if (teacher, student) == (100, 0.5) { #expect(abs(gradient + 2.00764) < 1e-5) }
    }

    /// Fourth-order differences of width 1e-3: their own error is about 1e-11. Couplings of 60 leave
    /// the range in which weights are multiplied.
    @Test(arguments: cases, [0.5, 8, 60])
    func derivativesEqualFiniteDifferences(test: Case, scale: Double) throws {
        let results = try ExactResults(corners: try Representation(test.name), frame: test.frame)
        let teacher = Self.random(results.teacherCount, seed: 3, scale: scale)
        let student = Self.random(results.studentCount, seed: 4, scale: 0.5)
        let direction = Self.random(results.studentCount, seed: 5, scale: 1)
        let here = try Self.expand(results, teacher, student, direction)
        let width = 1e-3
        let ahead = try [-2.0, -1, 1, 2].map { steps in
            try Self.expand(results, teacher, zip(student, direction).map { $0 + steps * width * $1 })
        }
        func difference(_ f: (Expansion) -> Double) -> Double {
            (f(ahead[0]) - 8 * f(ahead[1]) + 8 * f(ahead[2]) - f(ahead[3])) / (12 * width)
        }
        let slope = zip(here.gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(slope - difference { $0.value }) < 1e-8 * abs(slope))
        let largest = here.product.reduce(0) { max($0, abs($1)) }
        for c in direction.indices {
            #expect(abs(here.product[c] - difference { $0.gradient[c] }) < 1e-8 * largest)
        }
    }

    /// Five components are summed in parts, on several threads where there are some.
    @Test func fiveComponentsDoNotDependOnThreads() throws {
        let results = try ExactResults(corners: try Representation("3A1+E"), frame: .consistent)
        let teacher = Self.random(results.teacherCount, seed: 6, scale: 0.4)
        let student = Self.random(results.studentCount, seed: 7, scale: 0.4)
        let threads = threadCount
        defer { threadCount = threads }
        let values = try [1, 2, 3].map { count in
            threadCount = count
            return try Self.expand(results, teacher, student).gradient
        }
        #expect(values[0] == values[1] && values[0] == values[2])
        let expected = try Self.enumerated(
            Case(name: "3A1+E", frame: .consistent), teacher: teacher, student: student)
        #expect(abs(try Self.expand(results, teacher, student).value - expected) < 1e-12)
    }
}
