import Numerics

/// What every trained model is, whatever its method: a complete state made of named arrays, and
/// counts of what its trainings have done.
public protocol TrainedModel: AnyObject, Sendable {
    /// The method as the C interface names it, such as "mlrg".
    static var method: String { get }
    /// Number of trained parameters.
    var parameterCount: Int { get }
    /// Optimiser steps done.
    var step: Int { get }
    /// Rows of the training history done: steps, or epochs where a method records epochs.
    var rowsDone: Int { get }
    /// The complete state. A model of equal configuration into which all arrays are written
    /// continues identically.
    var stateArrays: [StateArray] { get }
}

extension TrainedModel {
    public var rowsDone: Int { step }

    /// - Parameter values: the array's `count` numbers.
    public func read(array index: Int, into values: UnsafeMutablePointer<Double>) {
        stateArrays[index].read(into: values)
    }

    /// - Throws: as `StateArray.write`.
    public func write(array index: Int, from values: UnsafePointer<Double>, count: Int) throws(Failure) {
        try stateArrays[index].write(values, count: count)
    }
}
