import MLRG
import Numerics
import Testing

@Suite struct ExactResultsTests {
    static func results(_ corners: String, _ centre: String? = nil) throws -> ExactResults {
        try ExactResults(
            corners: Representation(corners), centre: centre.map { try Representation($0) }, frame: .published)
    }

    static func minimum(_ results: ExactResults, _ teacher: [Double], starts: Int = 8, seed: UInt64 = 0) throws
        -> (student: [Double], divergence: Double, gradientNorm: Double, agreement: Int, minima: Int)
    {
        var student = [Double](repeating: 0, count: results.studentCount)
        var (value, norm, counts) = (0.0, 0.0, [0.0, 0.0])
        try student.withUnsafeMutableBufferPointer { student in
            try counts.withUnsafeMutableBufferPointer { counts in
                try withUnsafeMutablePointer(to: &value) { value in
                    try withUnsafeMutablePointer(to: &norm) { norm in
                        var minima = ExactResults.Minima()
                        (minima.students, minima.divergence) = (student.baseAddress!, value)
                        (minima.gradientNorm, minima.counts) = (norm, counts.baseAddress!)
                        try results.minimise(teacher: teacher, count: 1, starts: starts, seed: seed, into: minima)
                    }
                }
            }
        }
        return (student, value, norm, Int(counts[0]), Int(counts[1]))
    }

    @Test func divergenceAndGradientEqualEnumeration() throws {
        let results = try Self.results("A1")
        let teacher = [0.0, 0.3, -0.7, 1.5, 3.9, 0.8, 2.0, -1.1, 0.5, 4.0]
        let student = [0.2, 0.1, -0.6, -1.4, 3.0, 0.0, 2.5, 0.4, 0.5, 4.0]
        var values = [Double](repeating: 0, count: 10)
        var gradient = values
        try results.divergences(teacher: teacher, student: student, count: 10, into: &values, gradient: &gradient)
        let h = 1e-5
        for i in 0..<10 {
            let exact = Enumeration.divergence(teacher: teacher[i], student: student[i])
            #expect(abs(values[i] - exact) < 1e-12)
            let slope =
                (Enumeration.divergence(teacher: teacher[i], student: student[i] + h)
                    - Enumeration.divergence(teacher: teacher[i], student: student[i] - h)) / (2 * h)
            #expect(abs(gradient[i] - slope) < 1e-8)
        }
    }

    /// J -> J', from an independent enumeration and minimisation in long double.
    @Test(arguments: [(0.3, 0.25304512), (0.6, 0.55062795), (0.9, 0.93528639), (1.2, 1.42373173)])
    func mapOfA1(j: Double, expected: Double) throws {
        #expect(abs(try Self.minimum(Self.results("A1"), [j]).student[0] - expected) < 1e-8)
    }

    @Test func fixedPointOfA1() throws {
        let found = try Self.minimum(Self.results("A1"), [0.8139196792])
        #expect(abs(found.student[0] - 0.8139196792) < 1e-9)
        #expect(abs(found.divergence - 0.0573950) < 1e-7)
    }

    /// Over the whole permitted range a minimum is found, and a small step to either side is worse
    /// (or as good within rounding, where the divergence is flat).
    @Test func mapIsAMinimumEverywhere() throws {
        let results = try Self.results("A1")
        for i in 0...400 {
            let j = 4 * Double(i) / 400
            let found = try Self.minimum(results, [j])
            for side in [-1e-3, 1e-3] {
                #expect(Enumeration.divergence(teacher: j, student: found.student[0] + side) > found.divergence - 1e-14)
            }
        }
        for j in [1e-12, 1e-6, 1e-4, 1e-3, 1e-2] {
            let ratio = try Self.minimum(results, [j]).student[0] / j
            #expect(abs(ratio - (2.0 / 3).squareRoot()) < j + 1e-6)
        }
    }

    @Test func minimumOfFigure4StartsAtZero() throws {
        let results = try Self.results("A1", "A1+E")
        for j in [0, 1e-6, 3, 4] { #expect(try Self.minimum(results, [j]).divergence < 0.02) }
    }

    @Test func mapIsOddAndKeepsZero() throws {
        let results = try Self.results("A1")
        #expect(try Self.minimum(results, [0]).student[0] == 0)
        let (plus, minus) = (try Self.minimum(results, [0.7]), try Self.minimum(results, [-0.7]))
        #expect(abs(plus.student[0] + minus.student[0]) < 1e-9)
    }

    /// Fig. 4 of Hou & You in bits; four significant digits are known.
    @Test(arguments: [
        ("A1", [0.003036, 0.028259, 0.072218, 0.102065, 0.060276]),
        ("A1+E", [0.0000368, 0.005022, 0.041046, 0.087539, 0.059674]),
    ])
    func minimumOfFigure4(centre: String, expected: [Double]) throws {
        let results = try Self.results("A1", centre)
        for (j, bits) in zip([0.25, 0.5, 0.75, 1, 1.5], expected) {
            let nats = try Self.minimum(results, [j]).divergence
            #expect(abs(nats / 0.6931471805599453 - bits) < 6e-4 * bits + 5e-8)
        }
    }

    @Test(arguments: [("A1", 1, 1), ("A1+E", 5, 5), ("2A1+E", 10, 10), ("A1+B1+E", 10, 8), ("A1+B2", 2, 2)])
    func couplingCounts(name: String, published: Int, consistent: Int) throws {
        // A1, B1 and the x component of E are even under the mirror, B2 and the y component odd.
        // In the consistent frame an edge's B1 is B2 and the other way round.
        #expect(try Representation(name).couplings(frame: .published).count == published)
        #expect(try Representation(name).couplings(frame: .consistent).count == consistent)
    }

    @Test func aRepresentationWithoutCouplings() throws {
        let b1 = try Representation("B1")
        #expect(throws: Failure.self) { try b1.couplings(frame: .consistent) }
    }

    @Test(arguments: ["", "A3", "A1+", "6A1", "A1 + E", "0A1", "2A1+2E", "E1"])
    func representationsThatDoNotExist(name: String) {
        #expect(throws: Failure.self) { try Representation(name) }
    }

    @Test func tensorEqualsEnumeration() throws {
        var logarithms = [Double](repeating: 0, count: 16)
        boltzmannTensor(
            try Representation("A1"), .teacher, frame: .published, couplings: [0.7], into: &logarithms)
        let weights = Enumeration.teacherWeights(0.7)
        for index in 0..<16 {
            // x0 slowest, cleared bit for +1
            let bits = (0..<4).reduce(0) { $0 | (1 - index >> (3 - $1) & 1) << $1 }
            #expect(abs(exp(SIMD8(repeating: logarithms[index]))[0] / weights[bits] - 1) < 1e-12)
        }
    }
}
