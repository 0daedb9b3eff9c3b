import MLRG
import Numerics
import Testing

/// Distances around a loop against plain sums over its 256 states, and their derivatives against
/// finite differences.
@Suite struct LoopTests {
    private static func exponential(_ x: Double) -> Double { exp(SIMD8(repeating: x))[0] }
    private static func logarithm(_ x: Double) -> Double { log(SIMD8(repeating: x))[0] }

    /// S[z, a, b] of spins +1, -1.
    static func weights(_ J: [Double]) -> [Double] {
        let spin = [1.0, -1.0]
        return (0..<8).map { state in
            let (z, a, b) = (spin[state >> 2], spin[state >> 1 & 1], spin[state & 1])
            return exponential(J[0] * z * a + J[1] * z * b + J[2] * a * b)
        }
    }

    /// T[a, b, c, d] of a teacher, or of a student.
    static func tensor(_ J: [Double], isTeacher: Bool) -> [Double] {
        let S = weights(J)
        func s(_ z: Int, _ a: Int, _ b: Int) -> Double { S[z << 2 | a << 1 | b] }
        return (0..<16).map { legs in
            let (i, j, k, l) = (legs >> 3, legs >> 2 & 1, legs >> 1 & 1, legs & 1)
            guard isTeacher else { return s(0, i, j) * s(0, l, k) + s(1, i, j) * s(1, l, k) }
            return (0..<16).reduce(0) { sum, inner in
                let (a, b, e, f) = (inner >> 3, inner >> 2 & 1, inner >> 1 & 1, inner & 1)
                return sum + s(i, a, b) * s(j, e, b) * s(k, e, f) * s(l, a, f)
            }
        }
    }

    /// Weights of the open legs b, c of four tensors, whose legs a and d close the loop.
    static func loop(_ T: [Double]) -> [Double] {
        func t(_ a: Int, _ bc: Int, _ d: Int) -> Double { T[a << 3 | bc << 1 | d] }
        return (0..<256).map { open in
            (0..<16).reduce(0) { sum, inner in
                let (a, e, d, f) = (inner >> 3, inner >> 2 & 1, inner >> 1 & 1, inner & 1)
                return sum + t(a, open >> 6, d) * t(e, open >> 4 & 3, d) * t(a, open >> 2 & 3, f)
                    * t(e, open & 3, f)
            }
        }
    }

    static func plain(_ kind: DivergenceKind, _ teacher: [Double], _ student: [Double]) -> Double {
        let p = loop(tensor(teacher, isTeacher: true)), q = loop(tensor(student, isTeacher: false))
        func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        guard kind == .exact else { return 1 - dot(p, q) * dot(p, q) / (dot(p, p) * dot(q, q)) }
        let (total, norm) = (p.reduce(0, +), q.reduce(0, +))
        return zip(p, q).reduce(0) { $0 + $1.0 / total * logarithm(($1.0 / total) / ($1.1 / norm)) }
    }

    @Test(arguments: [DivergenceKind.exact, .squares])
    func agreesWithAllStatesAndDifferences(kind: DivergenceKind) throws {
        let results = try LoopResults(try Representation("A1"), kind)
        #expect(results.count == 3)
        let rows = 11
        var stream = RandomStream(seed: 1, purpose: .test)
        let numbers = (0..<6 * rows).map { _ in 2 * stream.nextUniform()[0] - 1 }
        let (teachers, students) = (Array(numbers[..<(3 * rows)]), Array(numbers[(3 * rows)...]))
        var distances = [Double](repeating: 0, count: rows)
        var gradient = [Double](repeating: 0, count: 3 * rows)
        try results.distances(
            teacher: teachers, student: students, rows: rows, into: &distances, gradient: &gradient)
        for row in 0..<rows {
            let teacher = Array(teachers[3 * row..<3 * row + 3])
            let student = Array(students[3 * row..<3 * row + 3])
            #expect(abs(distances[row] - Self.plain(kind, teacher, student)) < 1e-12)
            for c in 0..<3 {
                func change(_ shift: Double) -> Double {
                    let ends = [shift, -shift].map { move in
                        var moved = student
                        moved[c] += move
                        return Self.plain(kind, teacher, moved)
                    }
                    return ends[0] - ends[1]
                }
                let slope = (8 * change(1e-3) - change(2e-3)) / 12e-3
                #expect(abs(gradient[3 * row + c] - slope) < 1e-8)
            }
        }
    }

    @Test func refusesWhatHasNoLoop() throws {
        for name in ["E", "A1+B1", "3A1"] {
            #expect(throws: Failure.self) { try LoopResults(try Representation(name), .exact) }
        }
        #expect(throws: Failure.self) { try LoopResults(try Representation("A1"), .contrastive) }
        #expect(try LoopResults.terms(try Representation("A1")) == [6, 5, 3])
        #expect(try LoopResults.terms(try Representation("2A1")).count == 31)
    }
}
