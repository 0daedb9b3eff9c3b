import Learning
import Numerics

extension FlowModel: TrainedModel {
    public static let method = "neuralrg"
    public var parameterCount: Int { shape.parameterCount }

    public var stateArrays: [StateArray] {
        let (rows, columns) = shape.rows
        let masks = shape.masks.joined().map(Double.init)
        return [.numbers("parameters", rows: rows, columns: columns, in: parameters)]
            + StateArray.moments(optimiser, rows: rows, columns: columns)
            + [.whole("step", step) { [self] in (step, optimiser.step) = ($0, $0) }]
            + (masks.isEmpty
                ? [] : [.fixed("masks", masks, rows: shape.masks.count, columns: configuration.layers)])
    }
}
