import CIsingRG
import GraphVAE
import Numerics

private let autoencoders = HandleTable<VAEModel>(name: "model")

@_cdecl("isingrg_graphvae_create")
public func isingrg_graphvae_create(
    _ config: UnsafePointer<isingrg_graphvae_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    status { () throws(Failure) in
        let config = try required(config, "config").pointee
        let output = try required(model, "model")
        var configuration = VAEModel.Configuration()
        configuration.size = Int(config.size)
        configuration.latent = Int(config.latent)
        configuration.hidden = Int(config.hidden)
        configuration.token = Int(config.token)
        configuration.levels = Int(config.levels)
        configuration.likelihood = try choice(config.likelihood, "likelihood", Likelihood.self)
        configuration.decoder = try choice(config.decoder, "decoder", DecoderKind.self)
        configuration.representation = try choice(config.representation, "representation", Representation.self)
        (configuration.beta, configuration.lambda) = (config.beta, config.lambda_rg)
        configuration.anneal = Int(config.anneal)
        configuration.seed = config.seed
        output.pointee = autoencoders.insert(try VAEModel(configuration))
    }
}

@_cdecl("isingrg_graphvae_destroy")
public func isingrg_graphvae_destroy(_ model: OpaquePointer?) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try autoencoders.remove(model) }
}

private func reading(
    autoencoder: OpaquePointer?, _ body: (VAEModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try autoencoders.use(autoencoder, body) }
}

private func changing(
    autoencoder: OpaquePointer?, _ body: (VAEModel) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try autoencoders.use(autoencoder, exclusive: true, body) }
}

extension LossParts {
    fileprivate func write(to row: UnsafeMutablePointer<Double>) {
        row[Int(ISINGRG_GRAPHVAE_LOSS)] = loss
        row[Int(ISINGRG_GRAPHVAE_RECONSTRUCTION)] = reconstruction
        row[Int(ISINGRG_GRAPHVAE_KL)] = kl
        row[Int(ISINGRG_GRAPHVAE_RG)] = rg
    }
}

// MARK: - Training

@_cdecl("isingrg_graphvae_fit")
public func isingrg_graphvae_fit(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ epochs: UInt64,
    _ batch: UInt64, _ learningRate: Double, _ weightDecay: Double, _ seed: UInt64,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(autoencoder: model) { (model) throws(Failure) in
        var training = VAETraining()
        training.epochs = try integer(Int64(clamping: epochs), "epochs", 1...1_000_000_000)
        training.batch = try integer(Int64(clamping: batch), "batch", 1...65536)
        (training.learningRate, training.weightDecay) = (learningRate, weightDecay)
        training.seed = seed
        let spins = try required(spins, "spins")
        let count = try integer(count, "n", 1...1 << 31)
        let done = try required(done, "done")
        done.pointee = 0
        let columns = Int(ISINGRG_GRAPHVAE_COLUMNS)
        guard historyCount == Int64(training.epochs * columns) else {
            throw .invalidArgument("history must have epochs x \(columns) elements, not \(historyCount)")
        }
        let history = try required(history, "history")
        let progress = progress(total: training.epochs * count, function, context)
        try model.fit(spins, count: count, training, progress: progress) { parts in
            parts.write(to: history + Int(done.pointee) * columns)
            done.pointee += 1
        }
    }
}

@_cdecl("isingrg_graphvae_epoch")
public func isingrg_graphvae_epoch(
    _ model: OpaquePointer?, _ epoch: UnsafeMutablePointer<UInt64>?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        try required(epoch, "epoch").pointee = UInt64(model.epoch)
    }
}

@_cdecl("isingrg_graphvae_step")
public func isingrg_graphvae_step(
    _ model: OpaquePointer?, _ step: UnsafeMutablePointer<UInt64>?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in try required(step, "step").pointee = UInt64(model.step) }
}

@_cdecl("isingrg_graphvae_parameter_count")
public func isingrg_graphvae_parameter_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        try required(count, "count").pointee = Int64(model.shape.parameterCount)
    }
}

// MARK: - What a model says

@_cdecl("isingrg_graphvae_encode")
public func isingrg_graphvae_encode(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64,
    _ means: UnsafeMutablePointer<Double>?, _ logVariances: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        let spins = try required(spins, "spins")
        let (count, size) = (try integer(count, "n", 0...rowLimit), try integer(size, "size", 2...1024))
        let (means, logVariances) = (try required(means, "means"), try required(logVariances, "log_variances"))
        let progress = progress(total: count, function, context)
        try model.encode(
            spins, count: count, size: size, means: means, logVariances: logVariances, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_graphvae_decode")
public func isingrg_graphvae_decode(
    _ model: OpaquePointer?, _ latents: UnsafePointer<Double>?, _ count: Int64,
    _ means: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        let (latents, count) = try rows(latents, count, "latents", sites: model.shape.latent)
        let means = try required(means, "means")
        let progress = progress(total: count, function, context)
        try model.decode(latents, count: count, into: means, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_graphvae_loss")
public func isingrg_graphvae_loss(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ seed: UInt64,
    _ terms: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        let (spins, terms) = (try required(spins, "spins"), try required(terms, "terms"))
        let count = try integer(count, "n", 1...rowLimit)
        let progress = progress(total: count, function, context)
        try model.loss(spins, count: count, seed: seed, progress: progress).write(to: terms)
        progress.finish()
    }
}

// MARK: - State

@_cdecl("isingrg_graphvae_array_count")
public func isingrg_graphvae_array_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        try required(count, "count").pointee = Int32(model.stateArrays.count)
    }
}

@_cdecl("isingrg_graphvae_array_info")
public func isingrg_graphvae_array_info(
    _ model: OpaquePointer?, _ index: Int32, _ name: UnsafeMutablePointer<CChar>?,
    _ capacity: Int64, _ shape: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        try model.stateArrays.at(index).describe(name, capacity: capacity, shape)
    }
}

@_cdecl("isingrg_graphvae_read_array")
public func isingrg_graphvae_read_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    reading(autoencoder: model) { (model) throws(Failure) in
        let values = try model.stateArrays.at(index).output(values, count: count)
        model.read(array: Int(index), into: values)
    }
}

@_cdecl("isingrg_graphvae_write_array")
public func isingrg_graphvae_write_array(
    _ model: OpaquePointer?, _ index: Int32, _ values: UnsafePointer<Double>?, _ count: Int64
) -> isingrg_status {
    changing(autoencoder: model) { (model) throws(Failure) in
        _ = try model.stateArrays.at(index)
        try model.write(
            array: Int(index), from: try required(values, "values"),
            count: try integer(count, "count", 0...1 << 32))
    }
}
