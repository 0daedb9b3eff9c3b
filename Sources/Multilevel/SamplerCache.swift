import Numerics

/// What a model keeps so that it need not be made again at every call.
final class SamplerCache: Sendable {
    private struct Tables: @unchecked Sendable {
        var couplings: [Double] = []
        var tables: FieldTables?
    }

    private let kept = Locked(Tables())
    private let exact = Locked<(seed: UInt64, configurations: ExactConfigurations)?>(nil)

    /// The tables of the model's present couplings.
    func tables(of model: SamplerModel) throws(Failure) -> FieldTables {
        let couplings = Array(UnsafeBufferPointer(start: model.couplings.base, count: model.couplings.count))
        let found = kept.withLock { $0.couplings == couplings ? $0.tables : nil }
        if let found { return found }
        let tables = try FieldTables(model)
        kept.withLock { $0 = Tables(couplings: couplings, tables: tables) }
        return tables
    }

    /// The exact configurations of this seed, made if they are not there.
    func exact(
        seed: UInt64, _ make: () throws(Failure) -> ExactConfigurations
    ) throws(Failure) -> ExactConfigurations {
        if let found = exact.withLock({ $0?.seed == seed ? $0?.configurations : nil }) { return found }
        let made = try make()
        exact.withLock { $0 = (seed, made) }
        return made
    }
}
