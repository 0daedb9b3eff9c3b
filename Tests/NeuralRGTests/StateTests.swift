import Numerics
import Testing

import NeuralRG

@Suite struct FlowStateTests {
    static func configuration() -> FlowModel.Configuration {
        var configuration = FlowModel.Configuration()
        (configuration.rows, configuration.columns) = (4, 4)
        (configuration.layers, configuration.hidden) = (3, [5])
        configuration.seed = 6
        return configuration
    }

    static func state(_ model: FlowModel) -> [[Double]] {
        model.stateArrays.enumerated().map { index, array in
            var values = [Double](repeating: .nan, count: array.count)
            model.read(array: index, into: &values)
            return values
        }
    }

    @Test func aModelWithTheStateOfAnotherContinuesIdentically() throws {
        let (first, second) = (try FlowModel(Self.configuration()), try FlowModel(Self.configuration()))
        var training = FlowTraining()
        (training.steps, training.batch, training.weightDecay) = (5, 40, 1e-3)
        try first.fit(training) { _ in }
        for (index, values) in Self.state(first).enumerated() {
            try second.write(array: index, from: values, count: values.count)
        }
        #expect(second.step == 5)
        try first.fit(training) { _ in }
        #expect(Self.state(first) != Self.state(second))
        try second.fit(training) { _ in }
        #expect(Self.state(first) == Self.state(second))
    }

    @Test func impossibleValuesAreRefusedAndChangeNothing() throws {
        let model = try FlowModel(Self.configuration())
        let before = Self.state(model)
        for (index, array) in model.stateArrays.enumerated() {
            let good = before[index]
            #expect(throws: Failure.self) { try model.write(array: index, from: good, count: array.count - 1) }
            for value in [Double.nan, .infinity] {
                let bad = good.dropLast() + [value]
                #expect(throws: Failure.self) { try model.write(array: index, from: Array(bad), count: array.count) }
            }
        }
        let masks = model.stateArrays.firstIndex { $0.name == "masks" }!
        var others = before[masks]
        others[0] = 15 - others[0]
        #expect(throws: Failure.self) { try model.write(array: masks, from: others, count: others.count) }
        let step = model.stateArrays.firstIndex { $0.name == "step" }!
        for value in [-1, 0.5, 0x1p51] {
            #expect(throws: Failure.self) { try model.write(array: step, from: [value], count: 1) }
        }
        #expect(Self.state(model) == before)
    }

    /// What is refused is counted as `FlowShape` counts it.
    @Test func networksBeyondTheMemoryAreRefused() throws {
        var configuration = Self.configuration()
        try configuration.checkMemory()
        (configuration.structure, configuration.depth, configuration.repeats) = (.tebd, 64, 16)
        (configuration.layers, configuration.hidden) = (64, Array(repeating: 256, count: 8))
        let network = 5 * 256 + 7 * 257 * 256 + 257 * 4
        let parameters = 64 * 16 * 2 * 64 * (2 * network + 4)
        do {
            try configuration.checkMemory()
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.message.contains("a network of \(parameters) parameters"))
        }
    }
}
