#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Learning
import Numerics
import Testing

/// What small wrong changes of the code did unseen; see soak/mutation.
@Suite struct LearningSmallChangeTests {
    /// 19 parameters, so that two vectors and a rest are updated, against the formulas of the paper
    /// with all settings away from their defaults.
    @Test func adamOfManyParameters() throws {
        let adam = try Adam(
            count: 19, learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.3, weightDecay: 0.2)
        var parameters = (0..<19).map { sin(Double($0)) }
        var (expected, m, v) = (parameters, [Double](repeating: 0, count: 19), [Double](repeating: 0, count: 19))
        for step in 1...3 {
            let gradient = (0..<19).map { cos(Double(step * $0)) }
            adam.update(&parameters, gradient: gradient, scale: 0.5)
            for i in 0..<19 {
                let g = gradient[i] + 0.2 * expected[i]
                m[i] = 0.8 * m[i] + 0.2 * g
                v[i] = 0.95 * v[i] + 0.05 * g * g
                let (mean, square) = (m[i] / (1 - pow(0.8, Double(step))), v[i] / (1 - pow(0.95, Double(step))))
                expected[i] -= 0.1 * 0.5 * mean / (square.squareRoot() + 0.3)
            }
        }
        for i in 0..<19 { #expect(abs(parameters[i] - expected[i]) < 1e-14) }
    }

    /// Beyond the wall at 0.5 and with a temperature of 5, short steps conserve U / 5 + W + p^2 / 2 up
    /// to their square: 1e-4 of energies of order 1. W is the whole wall, whatever the temperature.
    @Test func trajectoriesConserveTheWallsEnergy() throws {
        let potential = Oscillators(frequencies: [1, 2])
        let sampler = try HMC(
            potential: potential, chains: 8, stepSize: 0.002, leapfrogSteps: 200, seed: 6,
            wall: HarmonicWall(bound: 0.5, stiffness: 20))
        for i in 0..<8 { sampler.inverseTemperatures[i] = 0.2 }
        let start = (0..<16).map { $0.isMultiple(of: 2) ? 0.9 : -0.8 }
        let state = try HMC.State(start, potential: potential)
        for _ in 0..<5 {
            for error in sampler.step(state).energyError { #expect(abs(error) < 1e-3) }
        }
    }

    /// No two of 300 chains that start at one point move alike.
    @Test func everyChainHasItsOwnMomenta() throws {
        let potential = Oscillators(frequencies: [1])
        let sampler = try HMC(potential: potential, chains: 300, stepSize: 0.1, leapfrogSteps: 3, seed: 8)
        let state = try HMC.State([Double](repeating: 1, count: 300), potential: potential)
        #expect(Set(sampler.step(state).energyError).count == 300)
    }

    /// Three updates by the formulas of Hoffman and Gelman with gamma = 0.05, t0 = 10, kappa = 0.75.
    @Test func dualAveragingIsThatOfThePaper() throws {
        var adaptation = try StepSizeAdaptation(initial: 0.3, target: 0.7)
        var (error, average) = (0.0, log(0.3))
        for (t, acceptance) in [(1.0, 0.2), (2, 0.9), (3, 0.5)] {
            adaptation.update(acceptance: acceptance)
            error = (1 - 1 / (t + 10)) * error + (0.7 - acceptance) / (t + 10)
            let logStep = log(10 * 0.3) - t.squareRoot() / 0.05 * error
            average = pow(t, -0.75) * logStep + (1 - pow(t, -0.75)) * average
            #expect(abs(log(adaptation.stepSize) - logStep) < 1e-13)
            #expect(abs(log(adaptation.averagedStepSize) - average) < 1e-13)
        }
    }

    /// Uniform from +-1 / sqrt(inputs): of 400 weights the largest is within 5 % of the bound but for a
    /// chance of 0.95^400 = 1e-9, and layers of one shape differ.
    @Test func initialWeights() throws {
        let shape = Perceptron(inputs: 4, hidden: [100, 4, 100], outputs: 1, activation: .tanh, layerNorm: false)
        let parameters = try Buffer<Double>(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: 5)
        func weights(_ layer: Int) -> [Double] {
            let layer = shape.layers[layer]
            return (0..<layer.inputs * layer.outputs).map { parameters[layer.weight + $0] }
        }
        for (layer, bound) in [(0, 0.5), (1, 0.1), (2, 0.5)] {
            let largest = weights(layer).map(\.magnitude).max()!
            #expect(largest < bound && largest > 0.95 * bound)
        }
        #expect(weights(0) != weights(2))
    }

    /// 40 samples of three numbers go through two blocks and come back, in both precisions.
    @Test func blocksKeepAllSamples() throws {
        func pass<Scalar: SampleScalar>(_: Scalar.Type) throws {
            let samples = (0..<120).map { Double($0) }
            var returned = [Double](repeating: -1, count: 120)
            let blocks = try Buffer<SampleBlock<Scalar>>(count: 3)
            for first in [0, 32] {
                load(samples, width: 3, into: blocks.base, first: first, count: 40)
                store(blocks.base, width: 3, into: &returned, first: first, count: 40)
            }
            #expect(returned == samples)
        }
        try pass(Double.self)
        try pass(Float.self)
    }
}
