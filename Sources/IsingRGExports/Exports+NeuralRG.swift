import CIsingRG
import NeuralRG
import Numerics

@_cdecl("isingrg_neuralrg_create")
public func isingrg_neuralrg_create(
    _ config: UnsafePointer<isingrg_neuralrg_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    creating(model) { () throws(Failure) in
        let config = try required(config, "config").pointee
        let layers = try integer(Int64(config.n_hidden), "n_hidden", 1...8)
        var configuration = FlowModel.Configuration()
        configuration.rows = try integer(config.rows, "rows", 1...64)
        configuration.columns = try integer(config.columns, "columns", 2...4096)
        let grid = try Grid(rows: configuration.rows, columns: configuration.columns)
        configuration.block = try integer(Int64(config.block), "block", 2...4)
        configuration.coupling = config.coupling
        configuration.structure = try choice(config.structure, "structure", Structure.self)
        configuration.depth = try integer(Int64(config.depth), "depth", 0...64)
        configuration.repeats = try integer(Int64(config.repeats), "repeats", 1...16)
        configuration.bijector = try choice(config.bijector, "bijector", Bijector.self)
        configuration.layers = try integer(Int64(config.layers), "layers", 1...64)
        let hidden = UnsafeBufferPointer(start: try required(config.hidden, "hidden"), count: layers)
        for width in hidden { _ = try integer(Int64(width), "hidden", 1...256) }
        configuration.hidden = hidden.map(Int.init)
        configuration.neighbours = try integer(Int64(config.neighbours), "neighbours", 0...1) == 1
        configuration.symmetric = try integer(Int64(config.symmetric), "symmetric", 0...1) == 1
        let masks = try integer(config.masks_count, "masks_count", 0...1 << 20)
        if masks > 0 {
            let given = UnsafeBufferPointer(start: try required(config.masks, "masks"), count: masks)
            for mask in given { _ = try integer(Int64(mask), "masks", 1...65534) }
            configuration.masks = given.map { UInt16($0) }
        }
        configuration.symmetry = try symmetry(config, sites: grid.sites)
        configuration.seed = config.seed
        try configuration.checkMemory()
        return try FlowModel(configuration, target: try target(config.target, grid: grid))
    }
}

private func symmetry(_ config: isingrg_neuralrg_config, sites: Int) throws(Failure) -> SymmetryGroup? {
    let most = Int64(SymmetryGroup.largestOrder * sites)
    let count = try integer(config.symmetry_count, "symmetry_count", 0...most)
    if count == 0 { return nil }
    let sources = UnsafeBufferPointer(start: try required(config.symmetry_sources, "symmetry_sources"), count: count)
    let signs = UnsafeBufferPointer(start: try required(config.symmetry_signs, "symmetry_signs"), count: count)
    return try SymmetryGroup(sources: Array(sources), signs: Array(signs), sites: sites)
}

private func target(
    _ target: UnsafePointer<isingrg_neuralrg_target>?, grid: Grid
) throws(Failure) -> (any Target)? {
    guard let target = target?.pointee else { return nil }
    let siteTerm: QuadraticTarget.SiteTerm
    switch try integer(Int64(target.kind), "kind", 0...Int64(ISINGRG_NEURALRG_FUNCTION)) {
    case ISINGRG_NEURALRG_GAUSSIAN: siteTerm = .none
    case ISINGRG_NEURALRG_LOG_COSH: siteTerm = .logCosh
    case ISINGRG_NEURALRG_QUARTIC: siteTerm = .quartic(target.strength)
    default: return try function(target, sites: grid.sites)
    }
    let sites = grid.sites
    guard target.form_count == sites || target.form_count == sites * sites else {
        throw .invalidArgument("form must have \(sites) or \(sites * sites) elements, not \(target.form_count)")
    }
    let count = Int(target.form_count)
    let values = Array(UnsafeBufferPointer(start: try required(target.form, "form"), count: count))
    return try QuadraticTarget(
        grid: grid, form: count == sites ? .spectrum(values) : .matrix(values), siteTerm: siteTerm)
}

/// A pointer of the caller, who answers for its use on several threads.
private struct Context: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
}

private func function(_ target: isingrg_neuralrg_target, sites: Int) throws(Failure) -> FunctionTarget {
    guard let function = target.function else { throw .invalidArgument("function must not be NULL") }
    let context = Context(pointer: target.context)
    return FunctionTarget(sites: sites) { x, count, logDensity, gradient in
        function(context.pointer, x, Int64(count), logDensity, gradient) == 0
    }
}

// MARK: - Training

@_cdecl("isingrg_neuralrg_fit")
public func isingrg_neuralrg_fit(
    _ model: OpaquePointer?, _ training: UnsafePointer<isingrg_neuralrg_training>?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: FlowModel) throws(Failure) in
        try train(model, training, samples: nil, history, historyCount, done, function, context)
    }
}

@_cdecl("isingrg_neuralrg_fit_samples")
public func isingrg_neuralrg_fit_samples(
    _ model: OpaquePointer?, _ samples: UnsafePointer<Double>?, _ count: Int64,
    _ training: UnsafePointer<isingrg_neuralrg_training>?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: FlowModel) throws(Failure) in
        let (samples, count) = try rows(samples, count, "samples", sites: model.shape.sites, least: 1)
        try train(
            model, training, samples: FlowSamples(samples, count: count), history, historyCount, done,
            function, context)
    }
}

extension FlowTraining {
    fileprivate init(_ c: isingrg_neuralrg_training) throws(Failure) {
        self.init()
        steps = try integer(Int64(clamping: c.steps), "steps", 1...1_000_000_000)
        batch = try integer(Int64(clamping: c.batch), "batch", 1...1_000_000)
        (learningRate, weightDecay) = (c.learning_rate, c.weight_decay)
        decay = try choice(c.decay, "decay", LearningRateDecay.self)
        finalLearningRate = c.final_learning_rate
        scheduleSteps = try integer(Int64(clamping: c.schedule_steps), "schedule_steps", 1...1_000_000_000)
        reverse = c.reverse
        seed = c.seed
    }
}

private func train(
    _ model: FlowModel, _ training: UnsafePointer<isingrg_neuralrg_training>?, samples: FlowSamples?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) throws(Failure) {
    let training = try FlowTraining(try required(training, "training").pointee)
    let rows = try HistoryRows(
        history, count: historyCount, done, steps: training.steps, columns: ISINGRG_NEURALRG_COLUMNS)
    try model.checkMemory(batch: training.batch)
    let progress = progress(total: training.steps, function, context)
    try model.fit(training, samples: samples, progress: progress) {
        rows.append([ISINGRG_NEURALRG_LOSS: $0.loss, ISINGRG_NEURALRG_STANDARD_ERROR: $0.standardError])
    }
}
