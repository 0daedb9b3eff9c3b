import Numerics
import TensorRG
import Testing

@Suite struct LimitedMemoryBFGSTests {
    /// Rosenbrock's valley in ten dimensions, whose minimum is 0 at (1, ..., 1), and offset by one.
    static func valley(_ x: UnsafePointer<Double>, _ slope: UnsafeMutablePointer<Double>) -> Double {
        var value = 1.0
        for i in 0..<10 { slope[i] = 0 }
        for i in 0..<9 {
            let (bend, rest) = (x[i + 1] - x[i] * x[i], 1 - x[i])
            value += 100 * bend * bend + rest * rest
            slope[i] -= 400 * bend * x[i] + 2 * rest
            slope[i + 1] += 200 * bend
        }
        return value
    }

    @Test func theGradientGoesDownToRounding() throws {
        var x = [Double](repeating: -0.5, count: 10)
        let search = LimitedMemoryBFGS(iterations: 2000, tolerance: 1e-11)
        let result = try search.minimise(&x, progress: .none, Self.valley)
        #expect(result.slope <= 1e-11 && abs(result.value - 1) < 1e-14)
        #expect(x.allSatisfy { abs($0 - 1) < 1e-11 })
    }

    @Test func valuesNeverRise() throws {
        var (x, lowest) = ([Double](repeating: 0.3, count: 10), Double.infinity)
        for iterations in [1, 2, 5, 10, 40] {
            var y = x
            let search = LimitedMemoryBFGS(iterations: iterations, tolerance: 0, memory: 3)
            let result = try search.minimise(&y, progress: .none, Self.valley)
            #expect(result.value < lowest && result.iterations <= iterations)
            lowest = result.value
        }
        x[0] = .nan
        #expect(throws: Failure.self) {
            try LimitedMemoryBFGS().minimise(&x, progress: .none, Self.valley)
        }
    }

    /// Beyond |x| = 2 the function is infinite: steps that go there are cut short.
    @Test func infiniteValuesAreAvoided() throws {
        var x = [1.9]
        let result = try LimitedMemoryBFGS(tolerance: 1e-12).minimise(&x, progress: .none) { x, slope in
            slope[0] = 2 * x[0] * 50
            return x[0].magnitude < 2 ? 50 * x[0] * x[0] : .infinity
        }
        #expect(abs(x[0]) < 1e-12 && result.slope < 1e-10)
    }

    @Test func itStopsWhenAsked() {
        let progress = Progress(total: 0) { _, _ in false }
        progress.poll()
        var x = [Double](repeating: 0, count: 10)
        #expect(throws: Failure.self) {
            try LimitedMemoryBFGS().minimise(&x, progress: progress, Self.valley)
        }
    }
}
