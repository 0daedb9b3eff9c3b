import CIsingRG
import Learning
import MLRG
import Numerics

@_cdecl("isingrg_mlrg_create")
public func isingrg_mlrg_create(
    _ config: UnsafePointer<isingrg_mlrg_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    creating(model) { () throws(Failure) in
        let config = try required(config, "config").pointee
        let layers = try integer(Int64(config.n_hidden), "n_hidden", 1...16)
        var configuration = MLRGModel.Configuration()
        configuration.representation = try text(config.representation, "representation")
        if let groups = config.symmetry {
            let count = try integer(Int64(config.n_symmetries), "n_symmetries", 1...9)
            for index in 0..<count { configuration.symmetries.append(try symmetry(groups + index)) }
        }
        configuration.scheme = try choice(config.scheme, "scheme", SchemeKind.self)
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
        return try MLRGModel(configuration)
    }
}

// MARK: - Evaluation

@_cdecl("isingrg_mlrg_monotone")
public func isingrg_mlrg_monotone(
    _ model: OpaquePointer?, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ values: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: MLRGModel) throws(Failure) in
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
    reading(model) { (model: MLRGModel) throws(Failure) in
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
    reading(model) { (model: MLRGModel) throws(Failure) in
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
    reading(model) { (model: MLRGModel) throws(Failure) in
        try single(model)
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
    try single(model)
    let couplings = try required(couplings, "couplings")
    let count = try integer(count, "n", 0...rowLimit)
    try finite(couplings, count: count * model.dimension, "couplings")
    return (couplings, count)
}

private func single(_ model: MLRGModel) throws(Failure) {
    guard !model.isFamily else {
        throw .invalidArgument("the model is that of several groups; ask one of them: model.at(q)")
    }
}
