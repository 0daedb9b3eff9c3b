import Learning
import MLRG
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct ModeratorTests {
    @Test(arguments: ModeratorKind.allCases, [false, true])
    func jacobianEqualsFiniteDifferences(moderator: ModeratorKind, symmetric: Bool) throws {
        var configuration = TrainingTests.configuration(moderator)
        configuration.symmetric = symmetric
        let model = try MLRGModel(configuration)
        let points = (0..<40).map { -2 + 0.1 * Double($0) }
        func velocity(_ shift: Double) throws -> [Double] {
            var v = [Double](repeating: 0, count: 40)
            try model.velocity(points.map { $0 + shift }, count: 40, into: &v, jacobian: nil)
            return v
        }
        func monotone(_ shift: Double) throws -> [Double] {
            var c = [Double](repeating: 0, count: 40)
            try model.monotone(points.map { $0 + shift }, count: 40, into: &c)
            return c
        }
        /// Central differences of order 4.
        func slope(_ function: (Double) throws -> [Double]) throws -> [Double] {
            let h = 1e-4
            let values = try [2 * h, h, -h, -2 * h].map(function)
            return (0..<40).map {
                (8 * (values[1][$0] - values[2][$0]) - (values[0][$0] - values[3][$0])) / (12 * h)
            }
        }
        var v = [Double](repeating: 0, count: 40)
        var jacobian = v
        try model.velocity(points, count: 40, into: &v, jacobian: &jacobian)
        for (exact, difference) in zip(jacobian, try slope(velocity)) { #expect(abs(exact - difference) < 1e-8) }
        guard moderator == .monotone else { return }
        for (exact, difference) in zip(v, try slope(monotone)) { #expect(abs(exact + difference) < 1e-8) }
    }

    /// Equal bits at J and -J, for the flow over one RG step as well, and the oracle of v: half the
    /// difference of what the same network gives without the symmetry.
    @Test(arguments: ModeratorKind.allCases, TransportKind.allCases)
    func symmetricModerators(moderator: ModeratorKind, transport: TransportKind) throws {
        var configuration = TrainingTests.configuration(moderator, .exact, transport)
        configuration.representation = "A1+E"
        let plain = try MLRGModel(configuration)
        configuration.symmetric = true
        let model = try MLRGModel(configuration)
        let (count, n) = (40, model.dimension)
        let points = (0..<count * n).map { 2 * sin(Double(7 * $0)) }
        func values(
            _ model: MLRGModel, _ points: [Double]
        ) throws -> (v: [Double], end: [Double], c: [Double]) {
            var v = [Double](repeating: 0, count: count * n)
            var trajectory = [Double](repeating: 0, count: 2 * count * n)
            var c = [Double](repeating: 0, count: count)
            try model.velocity(points, count: count, into: &v, jacobian: nil)
            try model.flow(points, count: count, steps: 1, into: &trajectory)
            if moderator == .monotone { try model.monotone(points, count: count, into: &c) }
            return (v, Array(trajectory[(count * n)...]), c)
        }
        let here = try values(model, points)
        let there = try values(model, points.map { -$0 })
        #expect(here.v == there.v.map { -$0 } && here.end == there.end.map { -$0 } && here.c == there.c)
        let plainHere = try values(plain, points)
        let plainThere = try values(plain, points.map { -$0 })
        for i in 0..<count * n {
            #expect(abs(here.v[i] - (plainHere.v[i] - plainThere.v[i]) / 2) < 1e-14)
        }
        for i in 0..<count { #expect(abs(here.c[i] - (plainHere.c[i] + plainThere.c[i]) / 2) < 1e-14) }
    }
}
