import Learning
import Numerics
import Testing
import NeuralRG

@Suite struct DualIsingTests {
    @Test func publishedValuesAtTheCriticalPoint() throws {
        let dual = try DualIsing(size: 16, coupling: 0.44068679350977147)
        #expect(abs(dual.alpha - 1.862747174) < 1e-9)
        #expect(abs(dual.logDeterminant - 115.998517337) < 1e-8)
        #expect(abs(dual.logPartition - 592.8757398575831) < 1e-9)
    }

    /// Against the dense matrix, inverted, and against finite differences.
    @Test(arguments: [(2, 0.3), (4, 0.44), (8, -0.3), (16, 0.44)])
    func densityEqualsThatOfTheDenseMatrix(size: Int, coupling: Double) throws {
        let dual = try DualIsing(size: size, coupling: coupling)
        let n = dual.sites
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<size {
            for j in 0..<size {
                let site = i * size + j
                matrix[site * n + site] += dual.alpha
                for (di, dj) in [(0, 1), (1, 0), (0, size - 1), (size - 1, 0)] {
                    matrix[site * n + (i + di) % size * size + (j + dj) % size] += coupling
                }
            }
        }
        var random = RandomStream(seed: 2, purpose: .test)
        let x = (0..<n).map { _ in 2 * random.nextNormal()[0] }
        let solution = try solve(matrix, x)
        var expected = 0.0
        for i in 0..<n {
            expected += logCosh(SIMD8<Double>(repeating: x[i]))[0] - x[i] * solution[i] / 2
        }
        let kernel = try dual.density(Double.self, progress: .none)
        let blocks = x.map { SampleBlock<Double>(repeating: $0) }
        var gradient = [SampleBlock<Double>](repeating: SampleBlock(repeating: 0), count: n)
        let value = kernel.logDensity(
            blocks, rows: 32, weight: SampleBlock(repeating: 1), addingGradientTo: &gradient)
        #expect(abs(value[5] - expected) < 1e-9 * (1 + abs(expected)))
        for i in 0..<n {
            let slope = tanh(SIMD8<Double>(repeating: x[i]))[0] - solution[i]
            #expect(abs(gradient[i][31] - slope) < 1e-9 * (1 + abs(slope)))
        }
        let single = try dual.density(Float.self, progress: .none)
        let floats = x.map { SampleBlock<Float>(repeating: Float($0)) }
        let found = single.logDensity(floats, rows: 32, weight: SampleBlock(repeating: 1), addingGradientTo: nil)[0]
        #expect(abs(Double(found) - expected) < 1e-4 * (1 + abs(expected)))
    }

    /// ln of the integral of pi over x in one dimension per spin, for a 2 x 2 torus by quadrature.
    @Test func partitionFunctionOfFourSpins() throws {
        let dual = try DualIsing(size: 2, coupling: 0.2)
        let kernel = try dual.density(Double.self, progress: .none)
        // The trapezoidal rule converges geometrically for such an integrand.
        let (points, step) = (27, 0.75)
        var total = 0.0
        var block = [SampleBlock<Double>](repeating: SampleBlock(repeating: 0), count: 4)
        var lane = 0
        func flush() {
            let values = kernel.logDensity(
                block, rows: 32, weight: SampleBlock(repeating: 1), addingGradientTo: nil)
            for i in 0..<lane { total += exp(SIMD8<Double>(repeating: values[i]))[0] }
            lane = 0
        }
        for index in 0..<points * points * points * points {
            var rest = index
            for site in 0..<4 {
                block[site][lane] = step * Double(rest % points - points / 2)
                rest /= points
            }
            lane += 1
            if lane == 32 { flush() }
        }
        flush()
        let logZ = log(SIMD8<Double>(repeating: total * step * step * step * step))[0]
        #expect(abs(logZ - dual.logPartition) < 1e-6)
    }
}
