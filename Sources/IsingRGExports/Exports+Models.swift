import CIsingRG
import Learning
import Numerics

// What every model has, whatever its method.

@_cdecl("isingrg_model_destroy")
public func isingrg_model_destroy(_ model: OpaquePointer?) -> isingrg_status {
    destroying(model, (any TrainedModel).self)
}

@_cdecl("isingrg_model_step")
public func isingrg_model_step(
    _ model: OpaquePointer?, _ step: UnsafeMutablePointer<UInt64>?
) -> isingrg_status { telling(model, step, "step") { $0.step } }

@_cdecl("isingrg_model_rows_done")
public func isingrg_model_rows_done(
    _ model: OpaquePointer?, _ rows: UnsafeMutablePointer<UInt64>?
) -> isingrg_status { telling(model, rows, "rows") { $0.rowsDone } }

@_cdecl("isingrg_model_parameter_count")
public func isingrg_model_parameter_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> isingrg_status { telling(model, count, "count") { $0.parameterCount } }

@_cdecl("isingrg_model_array_count")
public func isingrg_model_array_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status { telling(model, count, "count") { $0.stateArrays.count } }

/// The body of an entry point that gives out one number of a model.
private func telling<Number: FixedWidthInteger>(
    _ model: OpaquePointer?, _ output: UnsafeMutablePointer<Number>?, _ name: String,
    _ number: (any TrainedModel) -> Int
) -> isingrg_status {
    reading(model) { (model: any TrainedModel) throws(Failure) in
        try required(output, name).pointee = Number(number(model))
    }
}

// MARK: - State

@_cdecl("isingrg_model_array_info")
public func isingrg_model_array_info(
    _ model: OpaquePointer?, _ index: Int32, _ name: UnsafeMutablePointer<CChar>?,
    _ capacity: Int64, _ shape: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(model) { (model: any TrainedModel) throws(Failure) in
        let array = try array(model, index)
        let (name, shape) = (try required(name, "name"), try required(shape, "shape"))
        let bytes = Array(array.name.utf8CString)
        guard capacity >= bytes.count else {
            throw .invalidArgument("name_capacity must be at least \(bytes.count), not \(capacity)")
        }
        name.update(from: bytes, count: bytes.count)
        (shape[0], shape[1]) = (Int64(array.rows), Int64(array.columns))
    }
}

@_cdecl("isingrg_model_read_array")
public func isingrg_model_read_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    reading(model) { (model: any TrainedModel) throws(Failure) in
        let array = try array(model, index)
        guard count == Int64(array.count) else {
            throw .invalidArgument("array \"\(array.name)\" has \(array.count) values, not \(count)")
        }
        array.read(into: try required(values, "values"))
    }
}

@_cdecl("isingrg_model_write_array")
public func isingrg_model_write_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafePointer<Double>?, _ count: Int64
) -> isingrg_status {
    changing(model) { (model: any TrainedModel) throws(Failure) in
        try array(model, index).write(
            try required(values, "values"), count: try integer(count, "count", 0...1 << 32))
    }
}

private func array(_ model: any TrainedModel, _ index: Int32) throws(Failure) -> StateArray {
    let arrays = model.stateArrays
    return arrays[try integer(Int64(index), "index", 0...Int64(arrays.count - 1))]
}
