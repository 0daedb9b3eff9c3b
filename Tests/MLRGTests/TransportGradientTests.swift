import Learning
import LearningReference
import MLRG
import Numerics
import Testing

/// The gradient of a training with the flow equation against automatic differentiation of the same
/// solution: Dormand and Prince's steps once more, on tensors, with derivatives of any order.
@Suite struct TransportGradientTests {
    /// Butcher's table, the solution's weights last.
    static let nodes: [[Double]] = [
        [], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
    static let errors: [Double] = [
        71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
    ]

    /// A moderator on tensors.
    struct Network {
        let shape: Perceptron
        let configuration: MLRGModel.Configuration
        let parameters: [Tensor]

        init(_ model: MLRGModel) {
            configuration = model.configuration
            shape = Perceptron(
                inputs: model.dimension, hidden: configuration.hidden,
                outputs: configuration.moderator == .flow ? model.dimension : 1,
                activation: configuration.activation, layerNorm: configuration.layerNorm)
            let state = TrainingTests.state(model)
            parameters = model.stateArrays.enumerated().compactMap { index, array in
                guard array.name.hasPrefix("network") else { return nil }
                return Tensor(state[index], shape: [array.rows, array.columns], requiresGradient: true)
            }
        }

        private func output(_ x: Tensor) -> Tensor {
            var (values, next) = (x, 0)
            func take() -> Tensor {
                defer { next += 1 }
                return parameters[next]
            }
            for layer in shape.layers {
                let (weight, bias) = (take(), take())
                values = matmul(values, weight, transposeB: true) + bias.reshaped([layer.outputs])
                if layer.scale != nil {
                    let centred = values - values.mean(over: [1], keeping: true)
                    let variance = (centred * centred).mean(over: [1], keeping: true)
                    let (scale, shift) = (take(), take())
                    values = centred / sqrt(variance + Perceptron.normEpsilon)
                    values = values * scale.reshaped([layer.outputs]) + shift.reshaped([layer.outputs])
                }
                if layer != shape.layers.last { values = shape.activation(values) }
            }
            return values
        }

        private func plain(_ x: Tensor) -> Tensor {
            guard configuration.moderator == .monotone else { return output(x) }
            let point = x.requiresGradient ? x : x.variable
            return -gradient(of: output(point).sum(), withRespectTo: [point])[0]
        }

        func velocity(_ x: Tensor) -> Tensor {
            configuration.symmetric ? (plain(x) - plain(-x)) * 0.5 : plain(x)
        }
    }

    /// The end of the flow from (count, couplings) tensors, with steps chosen as `Transport` does.
    static func flow(_ network: Network, _ start: Tensor) -> Tensor {
        var (state, time, size) = (start, 0.0, 0.25)
        while time < 1 {
            let isLast = size >= 1 - time
            if isLast { size = 1 - time }
            var (stages, point) = ([Tensor](), state)
            for weights in nodes {
                point = zip(weights, stages).reduce(state) { $0 + $1.1 * (size * $1.0) }
                stages.append(network.velocity(point))
            }
            let error = zip(errors, stages).reduce(state * 0) { $0 + $1.1 * (size * $1.0) }
            let worst = zip(error.values, state.values).map { abs($0) / (1e-7 * (1 + abs($1))) }.max()!
            if worst <= 1 { (state, time) = (point, isLast ? 1 : time + size) }
            size *= min(5, max(0.2, 0.9 * exp(log(Tensor(1 / max(worst, 1e-12))) * 0.2).scalar))
        }
        return state
    }

    static func configuration(
        _ moderator: ModeratorKind, _ activation: Activation, layerNorm: Bool, symmetric: Bool
    ) -> MLRGModel.Configuration {
        var configuration = TrainingTests.configuration(moderator, .exact, .ode)
        (configuration.representation, configuration.hidden) = ("A1+E", [6, 5])
        (configuration.activation, configuration.layerNorm) = (activation, layerNorm)
        configuration.symmetric = symmetric
        return configuration
    }

    static var training: Training {
        var t = TrainingTests.training(steps: 1, batch: 7)
        (t.betaMax, t.learningRate, t.finalLearningRate) = (0, 1e-12, 1e-12)
        t.proposalScale = 0.3
        return t
    }

    /// To rounding wherever both take the same steps, which they do for every smooth flow. At a kink, as
    /// ELU gives to the flow of a monotone and ReLU to any, the search for a step amplifies rounding:
    /// two solutions may differ by a few times their tolerance of 1e-7, and their derivatives, of first
    /// order in the step there, by 2e-3. ReLU's jumps in the flow of a monotone take too many steps.
    @Test(arguments: ModeratorKind.allCases, Activation.allCases)
    func equalsAutomaticDifferentiation(moderator: ModeratorKind, activation: Activation) throws {
        guard moderator == .flow || activation != .relu else { return }
        let hasKinks = activation == .relu || moderator == .monotone && activation == .elu
        let results = try ExactResults(corners: try Representation("A1+E"), frame: .published)
        for (layerNorm, symmetric) in [(false, false), (false, true), (true, false), (true, true)] {
            let configuration = Self.configuration(
                moderator, activation, layerNorm: layerNorm, symmetric: symmetric)
            let model = try MLRGModel(configuration)
            let network = Network(model)
            try model.fit(Self.training) { _ in }
            let (count, n) = (7, model.dimension)
            let start = StepTests.couplings(model)
            let end = Self.flow(network, Tensor(start, shape: [count, n]))
            var (values, slopes) = ([Double](repeating: 0, count: count), start)
            try results.divergences(
                teacher: start, student: end.values, count: count, into: &values, gradient: &slopes)
            let loss = (end * Tensor(slopes, shape: [count, n])).sum() / Double(count)
            let expected = gradient(of: loss, withRespectTo: network.parameters).flatMap(\.values)
            let found = TrainingTests.state(model)[model.stateArrays.count - 4].map { $0 / 0.1 }
            let scale = expected.reduce(0) { max($0, abs($1)) }
            let worst = zip(found, expected).map { abs($0 - $1) }.max()!
            var trajectory = [Double](repeating: 0, count: 2 * count * n)
            try MLRGModel(configuration).flow(start, count: count, steps: 1, into: &trajectory)
            let gap = zip(trajectory[(count * n)...], end.values).map { abs($0 - $1) }.max()!
            let isEqual = gap < 1e-12 && worst < 1e-9 * scale
            #expect(
                isEqual || hasKinks && gap < 1e-5 && worst < 1e-2 * scale,
                "\(gap) \(worst) of \(scale)")
        }
    }
}
