import MLRG
import Numerics
import Testing

/// The exact RG map of representations with more than one component.
@Suite struct ExactMapTests {
    static func results(_ name: String, _ frame: Frame) throws -> ExactResults {
        try ExactResults(corners: try Representation(name), frame: frame)
    }

    /// The start (J0, 0, ...) leads to a saddle with J1 = 0; the minimum, found independently by a
    /// sum over the 16 states of four corners, lies aside.
    @Test(arguments: Frame.allCases)
    func leavesTheSaddle(frame: Frame) throws {
        let found = try ExactResultsTests.minimum(
            Self.results("A1+E", frame), [0.75, 0, 0, 0, 0], starts: 24, seed: 1)
        #expect(found.agreement == 24 && found.minima == 1)
        #expect(abs(found.student[0] - 1.028660) < 1e-5)
        #expect(abs(found.student[1] - 0.675952) < 1e-5)
        #expect(found.student[2...].allSatisfy { abs($0) < 1e-9 })
        #expect(abs(found.divergence - 0.028451121339) < 1e-11)
        #expect(found.gradientNorm < 1e-12)
        // One start alone, the saddle's, is enough.
        let alone = try ExactResultsTests.minimum(Self.results("A1+E", frame), [0.75, 0, 0, 0, 0], starts: 1)
        #expect(abs(alone.divergence - found.divergence) < 1e-12)
    }

    /// Two components of the same kind may exchange their places and change their signs: eight copies
    /// of one minimum, which all starts find and which count once.
    @Test func copiesCountOnce() throws {
        let results = try Self.results("2A1", .published)
        let found = try ExactResultsTests.minimum(results, [0.5, 0.2, -0.1, 0.3], starts: 24, seed: 1)
        #expect(found.agreement == 24 && found.minima == 1)
    }

    /// The lowest of several minima counts, and of its eight copies the nearest to the teacher's
    /// couplings J_ab, in which the hidden components b change their signs and places.
    @Test func theLowestOfSeveralMinima() throws {
        let results = try Self.results("2A1", .published)
        var several = 0
        for trial in 0..<12 as Range<UInt64> {
            let teacher = ExactDivergenceTests.random(4, seed: 40 + trial, scale: 2)
            let found = try ExactResultsTests.minimum(results, teacher, starts: 64, seed: 1)
            let again = try ExactResultsTests.minimum(results, teacher, starts: 128, seed: 2)
            #expect(abs(found.divergence - again.divergence) < 1e-10)
            several += found.agreement < 64 && found.minima > 1 ? 1 : 0
            func distance(_ j: [Double]) -> Double { zip(j, teacher).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
            for (s, t) in [(1.0, 1.0), (1, -1), (-1, 1), (-1, -1)] {
                let j = found.student
                for copy in [[s * j[0], t * j[1], s * j[2], t * j[3]], [s * j[1], t * j[0], s * j[3], t * j[2]]] {
                    #expect(distance(found.student) <= distance(copy) + 1e-8)
                }
            }
        }
        #expect(several > 2)
    }

    /// The minimum is lower than points around it, and it does not depend on the seed.
    @Test(arguments: ["A1+E", "2A1", "A1+B1+B2"], Frame.allCases)
    func isAMinimum(name: String, frame: Frame) throws {
        let results = try Self.results(name, frame)
        for trial in 0..<4 as Range<UInt64> {
            let teacher = ExactDivergenceTests.random(results.teacherCount, seed: trial, scale: 0.8)
            let found = try ExactResultsTests.minimum(results, teacher)
            let again = try ExactResultsTests.minimum(results, teacher, seed: 99)
            #expect(abs(found.divergence - again.divergence) < 1e-10)
            for side in 0..<10 as Range<UInt64> {
                let shift = ExactDivergenceTests.random(results.studentCount, seed: 100 + side, scale: 0.1)
                let near = zip(found.student, shift).map { $0 + $1 }
                #expect(try ExactDivergenceTests.expand(results, teacher, near).value > found.divergence)
            }
        }
    }

    /// Renaming the hidden components of a student changes nothing, so the copy nearest to the
    /// teacher is chosen: a small change of the teacher changes the student little.
    @Test(arguments: ["A1+E", "2A1", "2A1+E"])
    func isContinuous(name: String) throws {
        let results = try Self.results(name, .published)
        let teacher = ExactDivergenceTests.random(results.teacherCount, seed: 11, scale: 0.6)
        let found = try ExactResultsTests.minimum(results, teacher, starts: 3, seed: 1)
        for trial in 0..<3 as Range<UInt64> {
            let shift = ExactDivergenceTests.random(results.teacherCount, seed: 20 + trial, scale: 1e-4)
            let next = try ExactResultsTests.minimum(
                results, zip(teacher, shift).map { $0 + $1 }, starts: 3, seed: 2 + trial)
            #expect(zip(found.student, next.student).allSatisfy { abs($0 - $1) < 1e-2 })
        }
    }

    static func iterated(_ results: ExactResults, _ bare: Double, steps: Int) throws -> [Double] {
        var couplings = [bare, 0, 0, 0, 0]
        for _ in 0..<steps { couplings = try ExactResultsTests.minimum(results, couplings, starts: 3).student }
        return couplings
    }

    /// From (J0, 0, 0, 0, 0) the iterated map of A1+E in the published frame leads to disorder
    /// below a critical bare coupling of 0.4015 and to order above it, past a fixed point.
    @Test func criticalBareCoupling() throws {
        let results = try Self.results("A1+E", .published)
        let critical = try Self.iterated(results, 0.40147, steps: 14)
        for (coupling, expected) in zip(critical, [0.562844, 0.474773, 0.279278, 0.292040, -0.129502]) {
            #expect(abs(coupling - expected) < 3e-3)
        }
        #expect(try Self.iterated(results, 0.400, steps: 20)[0] < 0.50)
        #expect(try Self.iterated(results, 0.403, steps: 20)[0] > 0.65)
    }

    /// In the consistent frame all of them lead to disorder, however far they go at first.
    @Test(arguments: [0.6, 0.7, 0.8, 0.85])
    func noTransition(bare: Double) throws {
        let couplings = try Self.iterated(Self.results("A1+E", .consistent), bare, steps: 15)
        #expect(couplings.allSatisfy { abs($0) < 0.3 })
    }
}
