import Learning
import Numerics
import Testing
import NeuralRG

@Suite struct TargetTests {
    static func numbers(_ count: Int, seed: UInt64) -> [Double] {
        var random = RandomStream(seed: seed, purpose: .test)
        return (0..<count).map { _ in random.nextNormal()[0] }
    }

    /// (a - b)^2 over all bonds and both site terms, by hand.
    static func field(_ x: [Double], size: Int, massSquared: Double, strength: Double) -> Double {
        var action = 0.0
        for i in 0..<size {
            for j in 0..<size {
                let value = x[i * size + j]
                for neighbour in [x[(i + 1) % size * size + j], x[i * size + (j + 1) % size]] {
                    action += (value - neighbour) * (value - neighbour)
                }
                action += massSquared * value * value + strength * value * value * value * value
            }
        }
        return -action
    }

    static func spectrum(_ size: Int, massSquared: Double) -> [Double] {
        (0..<size * size).map { mode in
            let waves = [mode / size, mode % size].map { sinCos2Pi(SIMD8(repeating: Double($0) / Double(size))).cos[0] }
            return 2 * (massSquared + 4 - 2 * (waves[0] + waves[1]))
        }
    }

    /// A as a matrix, from its spectrum applied to unit vectors.
    static func matrix(_ size: Int, massSquared: Double) -> [Double] {
        let n = size * size
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            let (r, c) = (i / size, i % size)
            matrix[i * n + i] += 2 * (massSquared + 4)
            for j in [
                r * size + (c + 1) % size, r * size + (c + size - 1) % size,
                (r + 1) % size * size + c, (r + size - 1) % size * size + c,
            ] {
                matrix[i * n + j] -= 2
            }
        }
        return matrix
    }

    @Test(arguments: [2, 4, 8], [-4.0, 0.5])
    func fieldsBySpectrumAndByMatrix(size: Int, massSquared: Double) throws {
        let n = size * size
        let x = Self.numbers(3 * n, seed: 1)
        let expected = (0..<3).map {
            Self.field(Array(x[$0 * n..<($0 + 1) * n]), size: size, massSquared: massSquared, strength: 1.5)
        }
        for form in [
            QuadraticTarget.Form.spectrum(Self.spectrum(size, massSquared: massSquared)),
            .matrix(Self.matrix(size, massSquared: massSquared)),
        ] {
            let target = try QuadraticTarget(grid: try Grid(size: size), form: form, siteTerm: .quartic(1.5))
            var values = [Double](repeating: 0, count: 3)
            try target.logDensity(x, count: 3, into: &values)
            for row in 0..<3 { #expect(abs(values[row] - expected[row]) < 1e-10 * (1 + abs(expected[row]))) }
        }
    }

    /// Against finite differences, with a weight and something in the gradient before.
    @Test(arguments: [
        QuadraticTarget.SiteTerm.none, .logCosh, .quartic(0.7),
    ])
    func gradients(siteTerm: QuadraticTarget.SiteTerm) throws {
        let (size, n) = (4, 16)
        let target = try QuadraticTarget(
            grid: try Grid(size: size), form: .spectrum(Self.spectrum(size, massSquared: 0.5)), siteTerm: siteTerm)
        let density = try target.density(Double.self, progress: .none)
        typealias Block = SampleBlock<Double>
        var x = Self.numbers(n, seed: 2).map { Block(repeating: $0) }
        var gradient = [Block](repeating: Block(repeating: 3), count: n)
        _ = density.logDensity(x, rows: 32, weight: Block(repeating: -2), addingGradientTo: &gradient)
        for i in 0..<n {
            let middle = x[i]
            x[i] = middle + Block(repeating: 1e-5)
            let up = density.logDensity(x, rows: 32, weight: Block(repeating: 1), addingGradientTo: nil)[7]
            x[i] = middle - Block(repeating: 1e-5)
            let down = density.logDensity(x, rows: 32, weight: Block(repeating: 1), addingGradientTo: nil)[7]
            x[i] = middle
            #expect(abs((up - down) / 2e-5 - (3 - gradient[i][7]) / 2) < 1e-6)
        }
    }

    /// A function that computes what a quadratic target does gives the same training, up to rounding; one
    /// that refuses stops it, and the model stays where it was.
    @Test func functions() throws {
        let (size, n) = (4, 16)
        let form = QuadraticTarget.Form.spectrum(Self.spectrum(size, massSquared: 0.5))
        let quadratic = try QuadraticTarget(grid: try Grid(size: size), form: form, siteTerm: .none)
        var configuration = FlowModel.Configuration()
        (configuration.rows, configuration.columns) = (size, size)
        (configuration.layers, configuration.hidden) = (2, [4])
        let matrix = Self.matrix(size, massSquared: 0.5)
        let function = FunctionTarget(sites: size * size) { x, count, values, gradient in
            for row in 0..<count {
                values[row] = 0
                for i in 0..<n {
                    let force = (0..<n).reduce(0.0) { $0 + matrix[i * n + $1] * x[row * n + $1] }
                    values[row] -= x[row * n + i] * force / 2
                    gradient?[row * n + i] = -force
                }
            }
            return true
        }
        var training = FlowTraining()
        (training.steps, training.batch) = (5, 40)
        let losses = try [quadratic as any Target, function].map { target in
            var losses: [Double] = []
            try FlowModel(configuration, target: target).fit(training) { losses.append($0.loss) }
            return losses
        }
        for (a, b) in zip(losses[0], losses[1]) { #expect(abs(a - b) < 1e-4) }

        let refusing = try FlowModel(configuration, target: FunctionTarget(sites: size * size) { _, _, _, _ in false })
        #expect(throws: Failure.interrupted("training was interrupted; the model is at step 0")) {
            try refusing.fit(training) { _ in }
        }
        #expect(refusing.step == 0)
    }

    @Test func badTargets() {
        for (form, term) in [
            (QuadraticTarget.Form.spectrum([1, 1, 1]), QuadraticTarget.SiteTerm.none),
            (.spectrum([1, 2, 3, .infinity]), .none),
            (.matrix([Double](repeating: 1, count: 15)), .none),
            (.matrix((0..<16).map(Double.init)), .none),
            (.spectrum([1, 1, 1, 1]), .quartic(0)),
        ] {
            #expect(throws: Failure.self) { try QuadraticTarget(grid: Grid(size: 2), form: form, siteTerm: term) }
        }
        let uneven = QuadraticTarget.Form.spectrum((0..<16).map(Double.init))
        #expect(throws: Failure.self) { try QuadraticTarget(grid: Grid(size: 4), form: uneven, siteTerm: .none) }
        #expect(throws: Failure.self) {
            var configuration = FlowModel.Configuration()
            (configuration.rows, configuration.columns) = (8, 8)
            _ = try FlowModel(configuration, target: DualIsing(size: 4, coupling: 0.3))
        }
    }
}
