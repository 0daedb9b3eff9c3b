import CIsingRG
import Learning
import MLRG
import Numerics

let models = HandleTable<MLRGModel>(name: "model")

@_cdecl("isingrg_mlrg_create")
public func isingrg_mlrg_create(
    _ config: UnsafePointer<isingrg_mlrg_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    status { () throws(Failure) in
        let config = try required(config, "config").pointee
        let output = try required(model, "model")
        let layers = try integer(Int64(config.n_hidden), "n_hidden", 1...16)
        var configuration = MLRGModel.Configuration()
        configuration.representation = try text(config.representation, "representation")
        configuration.moderator = try choice(config.moderator, "moderator", ModeratorKind.self)
        configuration.divergence = try choice(config.divergence, "divergence", DivergenceKind.self)
        configuration.transport = try choice(config.transport, "transport", TransportKind.self)
        configuration.frame = try choice(config.frame, "frame", Frame.self)
        configuration.activation = try choice(config.activation, "activation", Activation.self)
        configuration.layerNorm = try integer(Int64(config.layer_norm), "layer_norm", 0...1) == 1
        configuration.symmetric = try integer(Int64(config.symmetric), "symmetric", 0...1) == 1
        let hidden = UnsafeBufferPointer(start: try required(config.hidden, "hidden"), count: layers)
        configuration.hidden = hidden.map(Int.init)
        configuration.seed = config.seed
        output.pointee = models.insert(try MLRGModel(configuration))
    }
}

@_cdecl("isingrg_mlrg_destroy")
public func isingrg_mlrg_destroy(_ model: OpaquePointer?) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try models.remove(model) }
}

/// The body of an entry point that reads a model.
private func reading(
    _ model: OpaquePointer?, _ body: (MLRGModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try models.use(model, body) }
}

/// The body of an entry point that changes a model.
func changing(
    _ model: OpaquePointer?, _ body: (MLRGModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try models.use(model, exclusive: true, body) }
}

@_cdecl("isingrg_mlrg_step")
public func isingrg_mlrg_step(
    _ model: OpaquePointer?, _ step: UnsafeMutablePointer<UInt64>?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        try required(step, "step").pointee = UInt64(model.step)
    }
}

// MARK: - Evaluation

@_cdecl("isingrg_mlrg_monotone")
public func isingrg_mlrg_monotone(
    _ model: OpaquePointer?, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ values: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        let (couplings, count) = try rows(model, couplings, count)
        let values = try required(values, "values")
        let progress = progress(total: count, function, context)
        try model.monotone(couplings, count: count, into: values, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_mlrg_velocity")
public func isingrg_mlrg_velocity(
    _ model: OpaquePointer?, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ velocity: UnsafeMutablePointer<Double>?, _ jacobian: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        let (couplings, count) = try rows(model, couplings, count)
        let velocity = try required(velocity, "velocity")
        let progress = progress(total: count, function, context)
        try model.velocity(
            couplings, count: count, into: velocity, jacobian: jacobian, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_mlrg_flow")
public func isingrg_mlrg_flow(
    _ model: OpaquePointer?, _ couplings: UnsafePointer<Double>?, _ count: Int64, _ steps: Int64,
    _ trajectory: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        let (couplings, count) = try rows(model, couplings, count)
        let steps = try integer(steps, "steps", 0...1 << 24)
        let trajectory = try required(trajectory, "trajectory")
        let progress = progress(total: count * steps, function, context)
        try model.flow(couplings, count: count, steps: steps, into: trajectory, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_mlrg_fixed_point")
public func isingrg_mlrg_fixed_point(
    _ model: OpaquePointer?, _ guess: UnsafePointer<Double>?, _ output: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        let guess = try required(guess, "guess")
        let output = try required(output, "fixed_point")
        try finite(guess, count: model.dimension, "guess")
        let start = Array(UnsafeBufferPointer(start: guess, count: model.dimension))
        let progress = progress(total: 0, function, context)
        let point = try model.fixedPoint(from: start, progress: progress)
        output.update(from: point, count: model.dimension)
        progress.finish()
    }
}

private func rows(
    _ model: MLRGModel, _ couplings: UnsafePointer<Double>?, _ count: Int64
) throws(Failure) -> (UnsafePointer<Double>, Int) {
    let couplings = try required(couplings, "couplings")
    let count = try integer(count, "n", 0...rowLimit)
    try finite(couplings, count: count * model.dimension, "couplings")
    return (couplings, count)
}

// MARK: - State

@_cdecl("isingrg_mlrg_array_count")
public func isingrg_mlrg_array_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        try required(count, "count").pointee = Int32(model.stateArrays.count)
    }
}

@_cdecl("isingrg_mlrg_array_info")
public func isingrg_mlrg_array_info(
    _ model: OpaquePointer?, _ index: Int32, _ name: UnsafeMutablePointer<CChar>?,
    _ capacity: Int64, _ shape: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        try model.stateArrays.at(index).describe(name, capacity: capacity, shape)
    }
}

@_cdecl("isingrg_mlrg_read_array")
public func isingrg_mlrg_read_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    reading(model) { (model) throws(Failure) in
        let values = try model.stateArrays.at(index).output(values, count: count)
        model.read(array: Int(index), into: values)
    }
}

@_cdecl("isingrg_mlrg_write_array")
public func isingrg_mlrg_write_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafePointer<Double>?, _ count: Int64
) -> isingrg_status {
    changing(model) { (model) throws(Failure) in
        _ = try model.stateArrays.at(index)
        try model.write(
            array: Int(index), from: try required(values, "values"),
            count: try integer(count, "count", 0...1 << 32))
    }
}
