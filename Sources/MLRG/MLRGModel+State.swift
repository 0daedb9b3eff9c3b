import Learning
import Numerics

/// The complete state of a model as named arrays. A model of equal configuration into which all
/// of them are written continues identically.
extension MLRGModel {
    public var stateArrays: [StateArray] {
        let network = shape.parameterArrays.map {
            StateArray(name: "network." + $0.name, rows: $0.rows, columns: $0.columns)
        }
        return network + [
            StateArray(name: "adam.first_moment", rows: shape.parameterCount, columns: 1),
            StateArray(name: "adam.second_moment", rows: shape.parameterCount, columns: 1),
            StateArray(name: "proposal.couplings", rows: couplings.count / dimension, columns: dimension),
            StateArray(name: "step", rows: 1, columns: 1),
        ]
    }

    /// - Parameter values: the array's `count` numbers.
    public func read(array index: Int, into values: UnsafeMutablePointer<Double>) {
        let networkArrays = shape.parameterArrays
        switch index - networkArrays.count {
        case ..<0:
            let array = networkArrays[index]
            values.update(from: parameters.base + array.offset, count: array.rows * array.columns)
        case 0: values.update(from: optimiser.firstMoment.base, count: shape.parameterCount)
        case 1: values.update(from: optimiser.secondMoment.base, count: shape.parameterCount)
        case 2:
            couplings.withUnsafeBufferPointer { couplings in
                for i in 0..<couplings.count { values[i] = couplings[i] }
            }
        default: values[0] = Double(step)
        }
    }

    /// - Throws: `invalidArgument` when the count is not the array's (couplings may have any whole
    ///   number of rows up to 1,000,000) or a value is not finite or not possible.
    public func write(array index: Int, from values: UnsafePointer<Double>, count: Int) throws(Failure) {
        let array = stateArrays[index]
        let couplingsIndex = shape.parameterArrays.count + 2
        let fits =
            index == couplingsIndex
            ? count % dimension == 0 && count / dimension <= 1_000_000 : count == array.count
        guard fits else {
            throw .invalidArgument("array \"\(array.name)\" has \(array.count) values, not \(count)")
        }
        for i in 0..<count where !values[i].isFinite {
            throw .invalidArgument("array \"\(array.name)\" must be finite, value \(i) is \(values[i])")
        }
        switch index - couplingsIndex {
        case 0: couplings = Array(UnsafeBufferPointer(start: values, count: count))
        case 1:
            guard let steps = Int(exactly: values[0]), (0...1 << 50).contains(steps) else {
                throw .invalidArgument("array \"step\" must be a whole number from 0 to 2^50, not \(values[0])")
            }
            step = steps
            optimiser.step = steps
        case -1: try writeSecondMoment(values)
        case -2: optimiser.firstMoment.base.update(from: values, count: count)
        default: (parameters.base + shape.parameterArrays[index].offset).update(from: values, count: count)
        }
    }

    private func writeSecondMoment(_ values: UnsafePointer<Double>) throws(Failure) {
        for i in 0..<shape.parameterCount where values[i] < 0 {
            throw .invalidArgument("array \"adam.second_moment\" must not be negative, value \(i) is \(values[i])")
        }
        optimiser.secondMoment.base.update(from: values, count: shape.parameterCount)
    }
}
