import Learning
import Numerics

/// The complete state of a model as named arrays. A model of equal configuration into which all
/// of them are written continues identically.
extension FlowModel {
    private enum Place: Int, CaseIterable {
        case parameters, firstMoment, secondMoment, step, masks
    }

    public var stateArrays: [StateArray] {
        let layers = shape.masks.count
        let (rows, columns) = (layers * configuration.couplings, shape.couplingParameterCount)
        return Place.allCases.map { place in
            switch place {
            case .parameters: StateArray(name: "parameters", rows: rows, columns: columns)
            case .firstMoment: StateArray(name: "adam.first_moment", rows: rows, columns: columns)
            case .secondMoment: StateArray(name: "adam.second_moment", rows: rows, columns: columns)
            case .step: StateArray(name: "step", rows: 1, columns: 1)
            case .masks: StateArray(name: "masks", rows: layers, columns: configuration.couplings)
            }
        }
    }

    private var maskValues: [Double] { shape.masks.joined().map(Double.init) }

    /// - Parameter values: the array's `count` numbers.
    public func read(array index: Int, into values: UnsafeMutablePointer<Double>) {
        switch Place(rawValue: index)! {
        case .parameters: values.update(from: parameters.base, count: parameters.count)
        case .firstMoment: values.update(from: optimiser.firstMoment.base, count: parameters.count)
        case .secondMoment: values.update(from: optimiser.secondMoment.base, count: parameters.count)
        case .step: values[0] = Double(step)
        case .masks: for (i, mask) in maskValues.enumerated() { values[i] = mask }
        }
    }

    /// Masks are given by the configuration: writing them only checks that they agree.
    ///
    /// - Throws: `invalidArgument` when the count is not the array's or a value is not finite or
    ///   not possible.
    public func write(array index: Int, from values: UnsafePointer<Double>, count: Int) throws(Failure) {
        let array = stateArrays[index]
        guard count == array.count else {
            throw .invalidArgument("array \"\(array.name)\" has \(array.count) values, not \(count)")
        }
        for i in 0..<count where !values[i].isFinite {
            throw .invalidArgument("array \"\(array.name)\" must be finite, value \(i) is \(values[i])")
        }
        switch Place(rawValue: index)! {
        case .parameters: parameters.base.update(from: values, count: count)
        case .firstMoment: optimiser.firstMoment.base.update(from: values, count: count)
        case .secondMoment: try writeSecondMoment(values)
        case .step: try writeStep(values[0])
        case .masks: try compareMasks(values)
        }
    }

    private func writeSecondMoment(_ values: UnsafePointer<Double>) throws(Failure) {
        for i in 0..<parameters.count where values[i] < 0 {
            throw .invalidArgument("array \"adam.second_moment\" must not be negative, value \(i) is \(values[i])")
        }
        optimiser.secondMoment.base.update(from: values, count: parameters.count)
    }

    private func writeStep(_ value: Double) throws(Failure) {
        guard let steps = Int(exactly: value), (0...1 << 50).contains(steps) else {
            throw .invalidArgument("array \"step\" must be a whole number from 0 to 2^50, not \(value)")
        }
        step = steps
        optimiser.step = steps
    }

    private func compareMasks(_ values: UnsafePointer<Double>) throws(Failure) {
        for (i, mask) in maskValues.enumerated() where values[i] != mask {
            throw .invalidArgument(
                "array \"masks\" must be the model's: value \(i) is \(values[i]), not \(mask)")
        }
    }
}
