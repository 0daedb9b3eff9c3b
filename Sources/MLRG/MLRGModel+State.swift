import Learning
import Numerics

extension MLRGModel: TrainedModel {
    public static let method = "mlrg"
    public var parameterCount: Int { shape.parameterCount }

    public var stateArrays: [StateArray] {
        let network = shape.parameterArrays.map {
            StateArray.numbers(
                "network." + $0.name, rows: $0.rows, columns: $0.columns, in: parameters, offset: $0.offset)
        }
        return network + StateArray.moments(optimiser, rows: parameterCount) + [
            .table("proposal.couplings", couplings, columns: dimension, mostRows: 1_000_000) { [self] in couplings = $0
            },
            .whole("step", step) { [self] in (step, optimiser.step) = ($0, $0) },
        ]
    }
}
