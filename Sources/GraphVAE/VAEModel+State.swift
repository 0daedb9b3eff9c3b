import Learning
import Numerics

/// The complete state of a model as named arrays: of every layer weight (outputs, inputs) and bias,
/// the optimiser's moments, epochs and steps done. A model of equal configuration into which all
/// of them are written continues identically.
extension VAEModel {
    private enum Place {
        case parameters(offset: Int)
        case firstMoment, secondMoment, epoch, step
    }

    private var places: [(array: StateArray, place: Place)] {
        var result: [(array: StateArray, place: Place)] = []
        for layer in shape.layers {
            let (inputs, outputs) = (layer.inputs.count, layer.outputs.count)
            let weight = StateArray(name: layer.name + ".weight", rows: outputs, columns: inputs)
            let bias = StateArray(name: layer.name + ".bias", rows: outputs, columns: 1)
            result.append((weight, .parameters(offset: layer.weight)))
            result.append((bias, .parameters(offset: layer.bias)))
        }
        result.append((StateArray(name: "adam.first_moment", rows: shape.parameterCount, columns: 1), .firstMoment))
        result.append((StateArray(name: "adam.second_moment", rows: shape.parameterCount, columns: 1), .secondMoment))
        result.append((StateArray(name: "epoch", rows: 1, columns: 1), .epoch))
        result.append((StateArray(name: "step", rows: 1, columns: 1), .step))
        return result
    }

    public var stateArrays: [StateArray] { places.map(\.array) }

    /// - Parameter values: the array's `count` numbers.
    public func read(array index: Int, into values: UnsafeMutablePointer<Double>) {
        let (array, place) = places[index]
        switch place {
        case .parameters(let offset): values.update(from: parameters.base + offset, count: array.count)
        case .firstMoment: values.update(from: optimiser.firstMoment.base, count: array.count)
        case .secondMoment: values.update(from: optimiser.secondMoment.base, count: array.count)
        case .epoch: values[0] = Double(epoch)
        case .step: values[0] = Double(step)
        }
    }

    /// - Throws: `invalidArgument` when the count is not the array's or a value is not finite or
    ///   not possible.
    public func write(array index: Int, from values: UnsafePointer<Double>, count: Int) throws(Failure) {
        let (array, place) = places[index]
        guard count == array.count else {
            throw .invalidArgument("array \"\(array.name)\" has \(array.count) values, not \(count)")
        }
        for i in 0..<count where !values[i].isFinite {
            throw .invalidArgument("array \"\(array.name)\" must be finite, value \(i) is \(values[i])")
        }
        switch place {
        case .parameters(let offset): (parameters.base + offset).update(from: values, count: count)
        case .firstMoment: optimiser.firstMoment.base.update(from: values, count: count)
        case .secondMoment:
            for i in 0..<count where values[i] < 0 {
                throw .invalidArgument("array \"\(array.name)\" must not be negative, value \(i) is \(values[i])")
            }
            optimiser.secondMoment.base.update(from: values, count: count)
        case .epoch: epoch = try whole(values[0], array.name)
        case .step: optimiser.step = try whole(values[0], array.name)
        }
    }

    private func whole(_ value: Double, _ name: String) throws(Failure) -> Int {
        guard let number = Int(exactly: value), (0...1 << 50).contains(number) else {
            throw .invalidArgument("array \"\(name)\" must be a whole number from 0 to 2^50, not \(value)")
        }
        return number
    }
}
