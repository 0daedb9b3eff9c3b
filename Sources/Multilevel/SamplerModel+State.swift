import Learning
import Numerics

extension SamplerModel: TrainedModel {
    public static let method = "multilevel"
    public var parameterCount: Int { couplings.count }

    /// The couplings of every learned class, such as "4.B.0.couplings", then counts.
    public var stateArrays: [StateArray] {
        let classes = learned.filter { $0.basis.count > 0 }.map { part in
            StateArray.numbers(
                hierarchy.classes[part.index].name + ".couplings", rows: part.basis.count, in: couplings,
                offset: part.offset)
        }
        return classes + [
            .whole("started", isStarted ? 1 : 0) { [self] in isStarted = $0 > 0 },
            .whole("step", step) { [self] in step = $0 },
        ]
    }
}
