import Learning
import Numerics

// The arrays of a model's state as C asks for them, the same for all methods.

extension [StateArray] {
    func at(_ index: Int32) throws(Failure) -> StateArray {
        self[try integer(Int64(index), "index", 0...Int64(count - 1))]
    }
}

extension StateArray {
    /// Name and shape.
    func describe(
        _ name: UnsafeMutablePointer<CChar>?, capacity: Int64, _ shape: UnsafeMutablePointer<Int64>?
    ) throws(Failure) {
        let (name, shape) = (try required(name, "name"), try required(shape, "shape"))
        let bytes = Array(self.name.utf8CString)
        guard capacity >= bytes.count else {
            throw .invalidArgument("name_capacity must be at least \(bytes.count), not \(capacity)")
        }
        name.update(from: bytes, count: bytes.count)
        (shape[0], shape[1]) = (Int64(rows), Int64(columns))
    }

    /// Where its values are to be written.
    func output(
        _ values: UnsafeMutablePointer<Double>?, count given: Int64
    ) throws(Failure) -> UnsafeMutablePointer<Double> {
        guard given == Int64(count) else {
            throw .invalidArgument("array \"\(name)\" has \(count) values, not \(given)")
        }
        return try required(values, "values")
    }
}
