import CIsingRG
import GraphVAE
import Numerics

@_cdecl("isingrg_graphvae_create")
public func isingrg_graphvae_create(
    _ config: UnsafePointer<isingrg_graphvae_config>?, _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    creating(model) { () throws(Failure) in
        let config = try required(config, "config").pointee
        var configuration = VAEModel.Configuration()
        configuration.size = Int(config.size)
        configuration.latent = Int(config.latent)
        configuration.hidden = Int(config.hidden)
        configuration.token = Int(config.token)
        configuration.levels = Int(config.levels)
        configuration.likelihood = try choice(config.likelihood, "likelihood", Likelihood.self)
        configuration.decoder = try choice(config.decoder, "decoder", DecoderKind.self)
        configuration.representation = try choice(config.representation, "representation", Representation.self)
        configuration.readout = try choice(config.readout, "readout", Readout.self)
        (configuration.beta, configuration.lambda) = (config.beta, config.lambda_rg)
        configuration.anneal = Int(config.anneal)
        configuration.seed = config.seed
        return try VAEModel(configuration)
    }
}

extension LossParts {
    /// The terms by their columns in the header.
    fileprivate var columns: KeyValuePairs<Int, Double> {
        [
            ISINGRG_GRAPHVAE_LOSS: loss, ISINGRG_GRAPHVAE_RECONSTRUCTION: reconstruction,
            ISINGRG_GRAPHVAE_KL: kl, ISINGRG_GRAPHVAE_RG: rg,
        ]
    }
}

// MARK: - Training

@_cdecl("isingrg_graphvae_fit")
public func isingrg_graphvae_fit(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64,
    _ training: UnsafePointer<isingrg_graphvae_training>?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: VAEModel) throws(Failure) in
        let training = try VAETraining(try required(training, "training").pointee)
        let spins = try required(spins, "spins")
        let count = try integer(count, "n", 1...1 << 31)
        let rows = try HistoryRows(
            history, count: historyCount, done, steps: training.epochs, columns: ISINGRG_GRAPHVAE_COLUMNS,
            unit: "epochs")
        let progress = progress(total: training.epochs * count, function, context)
        try model.fit(spins, count: count, training, progress: progress) { rows.append($0.columns) }
    }
}

extension VAETraining {
    fileprivate init(_ c: isingrg_graphvae_training) throws(Failure) {
        self.init()
        epochs = try integer(Int64(clamping: c.epochs), "epochs", 1...1_000_000_000)
        batch = try integer(Int64(clamping: c.batch), "batch", 1...65536)
        (learningRate, weightDecay) = (c.learning_rate, c.weight_decay)
        seed = c.seed
    }
}

// MARK: - What a model says

@_cdecl("isingrg_graphvae_encode")
public func isingrg_graphvae_encode(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64,
    _ means: UnsafeMutablePointer<Double>?, _ logVariances: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: VAEModel) throws(Failure) in
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
    reading(model) { (model: VAEModel) throws(Failure) in
        let (latents, count) = try rows(
            latents, count, "latents", sites: model.shape.decodedNodes * model.shape.latent)
        let means = try required(means, "means")
        let progress = progress(total: count, function, context)
        try model.decode(latents, count: count, into: means, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_graphvae_sample")
public func isingrg_graphvae_sample(
    _ model: OpaquePointer?, _ count: Int64, _ seed: UInt64, _ latents: UnsafeMutablePointer<Double>?,
    _ spins: UnsafeMutablePointer<Int8>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: VAEModel) throws(Failure) in
        let count = try integer(count, "n", 0...rowLimit)
        let (latents, spins) = (try required(latents, "latents"), try required(spins, "spins"))
        let progress = progress(total: count, function, context)
        try model.sample(count: count, seed: seed, latents: latents, spins: spins, progress: progress)
        progress.finish()
    }
}

@_cdecl("isingrg_graphvae_loss")
public func isingrg_graphvae_loss(
    _ model: OpaquePointer?, _ spins: UnsafePointer<Int8>?, _ count: Int64, _ seed: UInt64,
    _ terms: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: VAEModel) throws(Failure) in
        let (spins, terms) = (try required(spins, "spins"), try required(terms, "terms"))
        let count = try integer(count, "n", 1...rowLimit)
        let progress = progress(total: count, function, context)
        let parts = try model.loss(spins, count: count, seed: seed, progress: progress)
        for (column, value) in parts.columns { terms[column] = value }
        progress.finish()
    }
}
