import CIsingRG
import NeuralRG
import Numerics

let flows = HandleTable<FlowModel>(name: "model")

@_cdecl("isingrg_neuralrg_create")
public func isingrg_neuralrg_create(
    _ config: UnsafePointer<isingrg_neuralrg_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    status { () throws(Failure) in
        let config = try required(config, "config").pointee
        let output = try required(model, "model")
        let layers = try integer(Int64(config.n_hidden), "n_hidden", 1...8)
        var configuration = FlowModel.Configuration()
        configuration.size = try latticeSize(config.size)
        configuration.coupling = config.coupling
        configuration.structure = try choice(config.structure, "structure", Structure.self)
        configuration.depth = try integer(Int64(config.depth), "depth", 0...64)
        configuration.repeats = try integer(Int64(config.repeats), "repeats", 1...16)
        configuration.couplings = try integer(Int64(config.couplings), "couplings", 1...64)
        let hidden = UnsafeBufferPointer(start: try required(config.hidden, "hidden"), count: layers)
        for width in hidden { _ = try integer(Int64(width), "hidden", 1...256) }
        configuration.hidden = hidden.map(Int.init)
        configuration.symmetric = try integer(Int64(config.symmetric), "symmetric", 0...1) == 1
        let masks = try integer(config.masks_count, "masks_count", 0...1 << 20)
        if masks > 0 {
            let given = UnsafeBufferPointer(start: try required(config.masks, "masks"), count: masks)
            configuration.masks = given.map(UInt8.init(bitPattern:))
        }
        configuration.seed = config.seed
        try configuration.checkMemory()
        output.pointee = flows.insert(try FlowModel(configuration))
    }
}

@_cdecl("isingrg_neuralrg_destroy")
public func isingrg_neuralrg_destroy(_ model: OpaquePointer?) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try flows.remove(model) }
}

/// The body of an entry point that reads a flow.
func reading(
    flow: OpaquePointer?, _ body: (FlowModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try flows.use(flow, body) }
}

private func changing(
    flow: OpaquePointer?, _ body: (FlowModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try flows.use(flow, exclusive: true, body) }
}

private func latticeSize(_ size: Int64) throws(Failure) -> Int {
    let size = try integer(size, "size", 2...64)
    guard size & (size - 1) == 0 else {
        throw .invalidArgument("size must be a power of two from 2 to 64, not \(size)")
    }
    return size
}

// MARK: - Training

@_cdecl("isingrg_neuralrg_fit")
public func isingrg_neuralrg_fit(
    _ model: OpaquePointer?, _ steps: UInt64, _ batch: UInt64, _ learningRate: Double,
    _ weightDecay: Double, _ seed: UInt64, _ history: UnsafeMutablePointer<Double>?,
    _ historyCount: Int64, _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(flow: model) { (model) throws(Failure) in
        let training = try training(steps, batch, learningRate, weightDecay, seed)
        try train(model, training, samples: nil, history, historyCount, done, function, context)
    }
}

@_cdecl("isingrg_neuralrg_fit_samples")
public func isingrg_neuralrg_fit_samples(
    _ model: OpaquePointer?, _ samples: UnsafePointer<Double>?, _ count: Int64, _ steps: UInt64,
    _ batch: UInt64, _ learningRate: Double, _ weightDecay: Double, _ seed: UInt64,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(flow: model) { (model) throws(Failure) in
        let training = try training(steps, batch, learningRate, weightDecay, seed)
        let (samples, count) = try rows(samples, count, "samples", sites: model.shape.sites, least: 1)
        try train(
            model, training, samples: FlowSamples(samples, count: count), history, historyCount, done,
            function, context)
    }
}

private func training(
    _ steps: UInt64, _ batch: UInt64, _ learningRate: Double, _ weightDecay: Double, _ seed: UInt64
) throws(Failure) -> FlowTraining {
    var training = FlowTraining()
    training.steps = try integer(Int64(clamping: steps), "steps", 1...1_000_000_000)
    training.batch = try integer(Int64(clamping: batch), "batch", 1...1_000_000)
    (training.learningRate, training.weightDecay) = (learningRate, weightDecay)
    training.seed = seed
    return training
}

private func train(
    _ model: FlowModel, _ training: FlowTraining, samples: FlowSamples?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) throws(Failure) {
    let done = try required(done, "done")
    done.pointee = 0
    let columns = Int(ISINGRG_NEURALRG_COLUMNS)
    guard historyCount == Int64(training.steps * columns) else {
        throw .invalidArgument("history must have steps x \(columns) elements, not \(historyCount)")
    }
    let history = try required(history, "history")
    try model.checkMemory(batch: training.batch)
    let progress = progress(total: training.steps, function, context)
    try model.fit(training, samples: samples, progress: progress) { record in
        let row = history + Int(done.pointee) * columns
        row[Int(ISINGRG_NEURALRG_LOSS)] = record.loss
        row[Int(ISINGRG_NEURALRG_STANDARD_ERROR)] = record.standardError
        done.pointee += 1
    }
}

@_cdecl("isingrg_neuralrg_step")
public func isingrg_neuralrg_step(
    _ model: OpaquePointer?, _ step: UnsafeMutablePointer<UInt64>?
) -> isingrg_status {
    reading(flow: model) { (model) throws(Failure) in
        try required(step, "step").pointee = UInt64(model.step)
    }
}

@_cdecl("isingrg_neuralrg_parameter_count")
public func isingrg_neuralrg_parameter_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(flow: model) { (model) throws(Failure) in
        try required(count, "count").pointee = Int64(model.shape.parameterCount)
    }
}

// MARK: - State

@_cdecl("isingrg_neuralrg_array_count")
public func isingrg_neuralrg_array_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    reading(flow: model) { (model) throws(Failure) in
        try required(count, "count").pointee = Int32(model.stateArrays.count)
    }
}

@_cdecl("isingrg_neuralrg_array_info")
public func isingrg_neuralrg_array_info(
    _ model: OpaquePointer?, _ index: Int32, _ name: UnsafeMutablePointer<CChar>?,
    _ capacity: Int64, _ shape: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(flow: model) { (model) throws(Failure) in
        try model.stateArrays.at(index).describe(name, capacity: capacity, shape)
    }
}

@_cdecl("isingrg_neuralrg_read_array")
public func isingrg_neuralrg_read_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    reading(flow: model) { (model) throws(Failure) in
        let values = try model.stateArrays.at(index).output(values, count: count)
        model.read(array: Int(index), into: values)
    }
}

@_cdecl("isingrg_neuralrg_write_array")
public func isingrg_neuralrg_write_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafePointer<Double>?, _ count: Int64
) -> isingrg_status {
    changing(flow: model) { (model) throws(Failure) in
        _ = try model.stateArrays.at(index)
        try model.write(
            array: Int(index), from: try required(values, "values"),
            count: try integer(count, "count", 0...1 << 32))
    }
}
