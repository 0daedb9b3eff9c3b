import CIsingRG
import NeuralRG
import Numerics

// MARK: - The dual Ising model

@_cdecl("isingrg_neuralrg_dual")
public func isingrg_neuralrg_dual(
    _ size: Int64, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ logPartition: UnsafeMutablePointer<Double>?, _ alpha: UnsafeMutablePointer<Double>?,
    _ logDeterminant: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        let size = try integer(size, "size", 2...64)
        try eachCoupling(count, function, context) { (i) throws(Failure) in
            let dual = try DualIsing(size: size, coupling: couplings[i])
            logPartition?[i] = dual.logPartition
            alpha?[i] = dual.alpha
            logDeterminant?[i] = dual.logDeterminant
        }
    }
}

@_cdecl("isingrg_neuralrg_log_density")
public func isingrg_neuralrg_log_density(
    _ size: Int64, _ coupling: Double, _ samples: UnsafePointer<Double>?, _ count: Int64,
    _ values: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let dual = try DualIsing(size: try integer(size, "size", 2...64), coupling: coupling)
        let (samples, count) = try rows(samples, count, "samples", sites: dual.sites)
        let values = try required(values, "values")
        try counting(count, function, context) { (progress) throws(Failure) in
            try dual.logDensity(samples, count: count, into: values, progress: progress)
        }
    }
}

/// Configurations (n, L, L), whose number of values cannot overflow: 2^32 rows of 2^12 sites.
func rows(
    _ values: UnsafePointer<Double>?, _ count: Int64, _ name: String, sites: Int, least: Int64 = 0
) throws(Failure) -> (UnsafePointer<Double>, Int) {
    let values = try required(values, name)
    let count = try integer(count, "n", least...rowLimit)
    try finite(values, count: count * sites, name)
    return (values, count)
}

/// Runs a call of the core that counts rows.
private func counting(
    _ count: Int, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?,
    _ body: (Progress) throws(Failure) -> Void
) throws(Failure) {
    let progress = progress(total: count, function, context)
    try body(progress)
    progress.finish()
}

// MARK: - What a flow says

@_cdecl("isingrg_neuralrg_sample")
public func isingrg_neuralrg_sample(
    _ model: OpaquePointer?, _ count: Int64, _ seed: UInt64, _ samples: UnsafeMutablePointer<Double>?,
    _ latents: UnsafeMutablePointer<Double>?, _ logProbabilities: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let samples = try required(samples, "samples")
        let count = try integer(count, "n", 0...rowLimit)
        try counting(count, function, context) { (progress) throws(Failure) in
            try model.sample(
                count, seed: seed, into: samples, latents: latents, logProbabilities: logProbabilities,
                progress: progress)
        }
    }
}

@_cdecl("isingrg_neuralrg_log_probability")
public func isingrg_neuralrg_log_probability(
    _ model: OpaquePointer?, _ samples: UnsafePointer<Double>?, _ count: Int64,
    _ values: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let (samples, count) = try rows(samples, count, "samples", sites: model.shape.sites)
        let values = try required(values, "values")
        try counting(count, function, context) { (progress) throws(Failure) in
            try model.logProbability(samples, count: count, into: values, progress: progress)
        }
    }
}

@_cdecl("isingrg_neuralrg_encode")
public func isingrg_neuralrg_encode(
    _ model: OpaquePointer?, _ samples: UnsafePointer<Double>?, _ count: Int64,
    _ firstLayer: Int32, _ endLayer: Int32, _ latents: UnsafeMutablePointer<Double>?,
    _ logDeterminants: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let (samples, count) = try rows(samples, count, "samples", sites: model.shape.sites)
        let layers = try layers(model, firstLayer, endLayer)
        let latents = try required(latents, "latents")
        let determinants = try required(logDeterminants, "log_determinants")
        try counting(count, function, context) { (progress) throws(Failure) in
            try model.encode(
                samples, count: count, into: latents, logDeterminants: determinants, layers: layers,
                progress: progress)
        }
    }
}

@_cdecl("isingrg_neuralrg_decode")
public func isingrg_neuralrg_decode(
    _ model: OpaquePointer?, _ latents: UnsafePointer<Double>?, _ count: Int64,
    _ firstLayer: Int32, _ endLayer: Int32, _ samples: UnsafeMutablePointer<Double>?,
    _ logDeterminants: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let (latents, count) = try rows(latents, count, "latents", sites: model.shape.sites)
        let layers = try layers(model, firstLayer, endLayer)
        let samples = try required(samples, "samples")
        let determinants = try required(logDeterminants, "log_determinants")
        try counting(count, function, context) { (progress) throws(Failure) in
            try model.decode(
                latents, count: count, into: samples, logDeterminants: determinants, layers: layers,
                progress: progress)
        }
    }
}

private func layers(_ model: FlowModel, _ first: Int32, _ end: Int32) throws(Failure) -> Range<Int> {
    let count = Int64(model.shape.hierarchy.layers.count)
    let end = try integer(Int64(end), "end_layer", 0...count)
    return try integer(Int64(first), "first_layer", 0...Int64(end))..<end
}

@_cdecl("isingrg_neuralrg_responses")
public func isingrg_neuralrg_responses(
    _ model: OpaquePointer?, _ samples: UnsafePointer<Double>?, _ count: Int64,
    _ sites: UnsafePointer<Int32>?, _ siteCount: Int64, _ means: UnsafeMutablePointer<Double>?,
    _ deviations: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let all = model.shape.sites
        let (samples, count) = try rows(samples, count, "samples", sites: all, least: 1)
        let sites = UnsafeBufferPointer(
            start: try required(sites, "sites"), count: try integer(siteCount, "n_sites", 1...Int64(all)))
        for site in sites { _ = try integer(Int64(site), "sites", 0...Int64(all - 1)) }
        let (means, deviations) = (try required(means, "means"), try required(deviations, "deviations"))
        try counting(count, function, context) { (progress) throws(Failure) in
            try model.responses(
                samples, count: count, sites: sites.map(Int.init), means: means, deviations: deviations,
                progress: progress)
        }
    }
}

// MARK: - Hierarchy

@_cdecl("isingrg_neuralrg_layer_count")
public func isingrg_neuralrg_layer_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        try required(count, "count").pointee = Int32(model.shape.hierarchy.layers.count)
    }
}

private func layer(_ model: FlowModel, _ index: Int32) throws(Failure) -> Hierarchy.Layer {
    let layers = model.shape.hierarchy.layers
    return layers[try integer(Int64(index), "index", 0...Int64(layers.count - 1))]
}

@_cdecl("isingrg_neuralrg_layer_info")
public func isingrg_neuralrg_layer_info(
    _ model: OpaquePointer?, _ index: Int32, _ isDecimator: UnsafeMutablePointer<Int32>?,
    _ scale: UnsafeMutablePointer<Int32>?, _ blocks: UnsafeMutablePointer<Int64>?,
    _ rows: UnsafeMutablePointer<Int32>?, _ columns: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let layer = try layer(model, index)
        try required(isDecimator, "is_decimator").pointee = layer.isDecimator ? 1 : 0
        try required(scale, "scale").pointee = Int32(layer.scale)
        try required(blocks, "blocks").pointee = Int64(layer.blockCount)
        try required(rows, "rows").pointee = Int32(layer.rows)
        try required(columns, "columns").pointee = Int32(layer.columns)
    }
}

@_cdecl("isingrg_neuralrg_layer_sites")
public func isingrg_neuralrg_layer_sites(
    _ model: OpaquePointer?, _ index: Int32, _ sites: UnsafeMutablePointer<Int32>?, _ count: Int64
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        try copy(try layer(model, index).sites, into: sites, count, "sites")
    }
}

@_cdecl("isingrg_neuralrg_latent_scales")
public func isingrg_neuralrg_latent_scales(
    _ model: OpaquePointer?, _ scales: UnsafeMutablePointer<Int32>?, _ count: Int64
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        try copy(model.shape.hierarchy.latentScales.map(Int32.init), into: scales, count, "scales")
    }
}

private func copy(
    _ values: [Int32], into output: UnsafeMutablePointer<Int32>?, _ count: Int64, _ name: String
) throws(Failure) {
    guard count == Int64(values.count) else {
        throw .invalidArgument("\(name) must have \(values.count) elements, not \(count)")
    }
    try required(output, name).update(from: values, count: values.count)
}
