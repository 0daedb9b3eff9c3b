import Learning
import MLRG
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The flow equation dJ/dl = v(J) (Eq. 13 of Hou & You) against closed forms and the single step.
@Suite struct TransportTests {
    static func model(
        _ moderator: ModeratorKind, _ transport: TransportKind, representation: String
    ) throws -> MLRGModel {
        var configuration = TrainingTests.configuration(moderator, .exact, transport)
        (configuration.representation, configuration.layerNorm) = (representation, false)
        return try MLRGModel(configuration)
    }

    /// Multiplies v by a factor through the network's last layer.
    static func scale(_ model: MLRGModel, by factor: Double) throws {
        let arrays = model.stateArrays.filter { $0.name.hasPrefix("network") }
        let state = TrainingTests.state(model)
        for index in arrays.count - 2..<arrays.count {
            let values = state[index].map { $0 * factor }
            try model.write(array: index, from: values, count: values.count)
        }
    }

    /// For h v in place of v, time 1 and one step differ by h^2 / 2 (dv/dJ) v and higher orders.
    @Test(arguments: ModeratorKind.allCases, ["A1", "A1+E"])
    func stepIsTheFirstOrder(moderator: ModeratorKind, representation: String) throws {
        let plain = try Self.model(moderator, .ode, representation: representation)
        let n = plain.dimension
        let start = (0..<n).map { 0.7 - 0.3 * Double($0) }
        var (v, jacobian) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n * n))
        try plain.velocity(start, count: 1, into: &v, jacobian: &jacobian)
        let leading = (0..<n).map { i in
            (0..<n).reduce(0) { $0 + jacobian[i * n + $1] * v[$1] } / 2
        }
        let size = leading.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var remainders: [Double] = []
        for h in [0.2, 0.1, 0.05] {
            var ends: [[Double]] = []
            for transport in [TransportKind.ode, .step] {
                let model = try Self.model(moderator, transport, representation: representation)
                try Self.scale(model, by: h)
                var trajectory = [Double](repeating: 0, count: 2 * n)
                try model.flow(start, count: 1, steps: 1, into: &trajectory)
                ends.append(Array(trajectory[n...]))
            }
            let remainder = (0..<n).map { (ends[0][$0] - ends[1][$0]) / (h * h) - leading[$0] }
            remainders.append(remainder.reduce(0) { $0 + $1 * $1 }.squareRoot() / size)
        }
        #expect(size > 1e-4 && remainders[2] < 0.1, "\(size) \(remainders)")
        #expect(remainders[2] < 0.6 * remainders[1] && remainders[1] < 0.6 * remainders[0], "\(remainders)")
    }

    /// v(J) = a (J - 0.3), so J(1) = 0.3 + (J - 0.3) e^a. The 64 steps suffice for a from -100 (an
    /// explicit pair is stable up to about 3 / |a|) to 8, and no wrong answer comes beyond.
    @Test func linearFlowsAreSolved() throws {
        for rate in [-100.0, -40, -3, 0, 1, 3, 8] {
            let model = try linear(rate)
            var trajectory = [Double](repeating: 0, count: 6)
            try model.flow([-1, 0.3, 2], count: 3, steps: 1, into: &trajectory)
            for (start, end) in zip([-1, 0.3, 2], trajectory[3...]) {
                let exact = 0.3 + (start - 0.3) * exp(rate)
                #expect(abs(end - exact) < 1e-6 * max(1, exp(rate)), "\(rate): \(end - exact)")
            }
        }
        for rate in [-1000.0, 1000, 1e300] {
            let model = try linear(rate)
            var trajectory = [Double](repeating: 0, count: 2)
            let failure = #expect(throws: Failure.self) {
                try model.flow([1], count: 1, steps: 1, into: &trajectory)
            }
            guard case .notConverged = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            let before = TrainingTests.state(model)
            #expect(throws: Failure.self) { try model.fit(TrainingTests.training(steps: 1)) { _ in } }
            #expect(TrainingTests.state(model) == before)
        }
    }

    private func linear(_ rate: Double) throws -> MLRGModel {
        var configuration = MLRGModel.Configuration()
        (configuration.moderator, configuration.transport) = (.flow, .ode)
        (configuration.hidden, configuration.activation) = ([2], .relu)
        let model = try MLRGModel(configuration)
        for (index, values) in [[1.0, -1], [0, 0], [rate, -rate], [-0.3 * rate]].enumerated() {
            try model.write(array: index, from: values, count: values.count)
        }
        return model
    }
}
