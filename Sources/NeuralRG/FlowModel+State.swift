import Learning
import Numerics

extension FlowModel: TrainedModel {
    public static let method = "neuralrg"
    public var parameterCount: Int { shape.parameterCount }

    public var stateArrays: [StateArray] {
        let (hierarchyLayers, layers) = (shape.masks.count, configuration.layers)
        let (rows, columns) = (hierarchyLayers * layers, shape.couplingParameterCount)
        return [.numbers("parameters", rows: rows, columns: columns, in: parameters)]
            + StateArray.moments(optimiser, rows: rows, columns: columns) + [
                .whole("step", step) { [self] in (step, optimiser.step) = ($0, $0) },
                .fixed("masks", shape.masks.joined().map(Double.init), rows: hierarchyLayers, columns: layers),
            ]
    }
}
