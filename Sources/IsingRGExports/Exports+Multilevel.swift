import CIsingRG
import Multilevel
import Numerics

@_cdecl("isingrg_multilevel_create")
public func isingrg_multilevel_create(
    _ config: UnsafePointer<isingrg_multilevel_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    creating(model) { () throws(Failure) in
        let config = try required(config, "config").pointee
        var configuration = SamplerModel.Configuration()
        configuration.size = Int(config.size)
        (configuration.coupling, configuration.field) = (config.coupling, config.field)
        configuration.neighbours = Int(config.neighbours)
        configuration.linear = Int(config.linear)
        configuration.triples = Int(config.triples)
        configuration.quintuples = Int(config.quintuples)
        configuration.colours = Int(config.colours)
        return try SamplerModel(configuration)
    }
}

// MARK: - Training

extension SamplerReport {
    /// The numbers by their columns in the header.
    fileprivate var columns: KeyValuePairs<Int, Double> {
        [
            ISINGRG_MULTILEVEL_LOSS: bound, ISINGRG_MULTILEVEL_STANDARD_ERROR: boundError,
            ISINGRG_MULTILEVEL_EFFECTIVE_SHARE: share, ISINGRG_MULTILEVEL_LOG_PARTITION: logPartition,
            ISINGRG_MULTILEVEL_LOG_PARTITION_ERROR: logPartitionError, ISINGRG_MULTILEVEL_FORWARD: forward,
            ISINGRG_MULTILEVEL_FORWARD_ERROR: forwardError,
        ]
    }
}

extension SamplerTraining {
    fileprivate init(_ c: isingrg_multilevel_training) throws(Failure) {
        self.init()
        steps = try integer(Int64(clamping: c.steps), "steps", 1...1_000_000_000)
        batch = try integer(Int64(clamping: c.batch), "batch", 1...1 << 24)
        (learningRate, damping) = (c.learning_rate, c.damping)
        start = try choice(c.start, "start", SamplerStart.self)
        seed = c.seed
    }
}

@_cdecl("isingrg_multilevel_fit")
public func isingrg_multilevel_fit(
    _ model: OpaquePointer?, _ training: UnsafePointer<isingrg_multilevel_training>?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64, _ done: UnsafeMutablePointer<UInt64>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: SamplerModel) throws(Failure) in
        let training = try SamplerTraining(try required(training, "training").pointee)
        let rows = try HistoryRows(
            history, count: historyCount, done, steps: training.steps, columns: ISINGRG_MULTILEVEL_COLUMNS)
        let progress = progress(total: training.steps, function, context)
        try model.fit(training, progress: progress) { rows.append($0.columns) }
    }
}

@_cdecl("isingrg_multilevel_fit_samples")
public func isingrg_multilevel_fit_samples(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64,
    _ training: UnsafePointer<isingrg_multilevel_training>?, _ history: UnsafeMutablePointer<Double>?,
    _ historyCount: Int64, _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: SamplerModel) throws(Failure) in
        let training = try SamplerTraining(try required(training, "training").pointee)
        let spins = try required(spins, "spins")
        let count = try integer(count, "n", 1...1 << 31)
        let rows = try HistoryRows(
            history, count: historyCount, done, steps: training.steps, columns: ISINGRG_MULTILEVEL_COLUMNS)
        let progress = progress(total: training.steps, function, context)
        try model.fit(spins, count: count, training, progress: progress) { rows.append($0.columns) }
    }
}

@_cdecl("isingrg_multilevel_adopt")
public func isingrg_multilevel_adopt(_ model: OpaquePointer?, _ other: OpaquePointer?) -> isingrg_status {
    [model, other].withUnsafeBufferPointer { handles in
        changing(handles.baseAddress, 2) { (models: [SamplerModel]) throws(Failure) in
            try models[0].adopt(models[1])
        }
    }
}

// MARK: - What a sampler says

@_cdecl("isingrg_multilevel_sample")
public func isingrg_multilevel_sample(
    _ model: OpaquePointer?, _ count: Int64, _ coarse: UnsafePointer<Int8>?, _ coarseSize: Int64, _ seed: UInt64,
    _ spins: UnsafeMutablePointer<Int8>?, _ logProbabilities: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: SamplerModel) throws(Failure) in
        let spins = try required(spins, "spins")
        let count = try integer(count, "n", 0...rowLimit)
        let coarseSize = try integer(coarseSize, "coarse_size", coarse == nil ? 0...0 : 1...256)
        let progress = progress(total: count, function, context)
        try model.sample(
            count, coarse: coarse, coarseSize: coarseSize, seed: seed, into: spins,
            logProbabilities: logProbabilities, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_multilevel_log_probability")
public func isingrg_multilevel_log_probability(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ coarseSize: Int64,
    _ values: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: SamplerModel) throws(Failure) in
        let (spins, values) = (try required(spins, "spins"), try required(values, "values"))
        let count = try integer(count, "n", 0...rowLimit)
        let coarseSize = try integer(coarseSize, "coarse_size", 0...256)
        let progress = progress(total: count, function, context)
        try model.logProbability(spins, count: count, coarseSize: coarseSize, into: values, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_multilevel_anneal")
public func isingrg_multilevel_anneal(
    _ count: Int64, _ size: Int64, _ couplings: UnsafePointer<Double>?, _ couplingCount: Int64, _ field: Double,
    _ seed: UInt64, _ spins: UnsafeMutablePointer<Int8>?, _ work: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        let length = try integer(couplingCount, "n_couplings", 1...1 << 20)
        var annealing = Annealing(
            size: try integer(size, "size", 4...256),
            couplings: Array(UnsafeBufferPointer(start: couplings, count: length)))
        (annealing.field, annealing.seed) = (field, seed)
        let (spins, work) = (try required(spins, "spins"), try required(work, "work"))
        let count = try integer(count, "n", 0...rowLimit)
        let progress = progress(total: count, function, context)
        try annealing.run(spins, count: count, work: work, progress: progress)
        progress.finish()
    }
}

// MARK: - Couplings

@_cdecl("isingrg_multilevel_orbits")
public func isingrg_multilevel_orbits(
    _ model: OpaquePointer?, _ orbits: UnsafeMutablePointer<Int32>?, _ count: Int64
) -> isingrg_status {
    reading(model) { (model: SamplerModel) throws(Failure) in
        let orbits = try required(orbits, "orbits")
        let needed = model.parameterCount * ISINGRG_MULTILEVEL_ORBIT_COLUMNS
        guard count == Int64(needed) else {
            throw .invalidArgument("orbits must have \(needed) elements, not \(count)")
        }
        for (row, orbit) in model.orbits.enumerated() {
            let columns: KeyValuePairs = [
                ISINGRG_MULTILEVEL_SPACING: orbit.spacing, ISINGRG_MULTILEVEL_POSITION: orbit.position,
                ISINGRG_MULTILEVEL_COLOUR: orbit.colour, ISINGRG_MULTILEVEL_ORDER: orbit.order,
                ISINGRG_MULTILEVEL_PRODUCTS: orbit.products,
                ISINGRG_MULTILEVEL_SQUARED_DISTANCE: orbit.squaredDistance,
            ]
            for (column, value) in columns {
                orbits[row * ISINGRG_MULTILEVEL_ORBIT_COLUMNS + column] = Int32(value)
            }
        }
    }
}
