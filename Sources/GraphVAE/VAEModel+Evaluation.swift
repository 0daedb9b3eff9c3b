import Ising
import Learning
import Numerics

/// What a model says, in double precision.
extension VAEModel {
    /// mu and log sigma^2 of every level.
    ///
    /// - Parameters:
    ///   - spins: (count, size, size) of +1 and -1.
    ///   - size: any multiple of 2^(levels - 1) that leaves at least 2 at the last level: what
    ///     is encoded depends on the size through averages over sites only.
    ///   - means, logVariances: (levels, count, latent), output.
    public func encode(
        _ spins: UnsafePointer<Int8>, count: Int, size: Int, means: UnsafeMutablePointer<Double>,
        logVariances: UnsafeMutablePointer<Double>, progress: Progress = .none
    ) throws(Failure) {
        let block = 1 << (shape.levels - 1)
        guard (2...1024).contains(size), size.isMultiple(of: block), size >= 2 * block else {
            throw .invalidArgument(
                "size must be a multiple of \(block) from \(2 * block) to 1024 for \(shape.levels) levels, not \(size)")
        }
        try validateSpins(spins, count: count * size * size)
        let capacity = Encoder<Double>.capacity(size: size)
        let slots = min((count + capacity - 1) / capacity, threadCount)
        let bytes = slots * Encoder<Double>.bytes(shape, size: size, capacity: capacity, trains: false)
        try checkMemory(bytes, "encoding L = \(size)")
        var encoders: [Encoder<Double>] = []
        for _ in 0..<slots {
            encoders.append(
                try Encoder(shape, size: size, capacity: capacity, trains: false, progress: progress))
        }
        let packed = try Buffer<Double>(count: shape.packedCount)
        let table = try PatternTable<Double>(shape, trains: false)
        shape.pack(parameters.base, into: packed.base, progress)
        table.update(packed.base)
        eachPart(of: count, capacity, encoders, progress) { encoder, first, rows in
            encoder.forward(packed.base, table, count: rows) { k in spins + (first + k) * size * size }
            for (index, level) in encoder.levels.enumerated() {
                let start = (index * count + first) * shape.latent
                copy(level.means, rows, shape.latent, to: means + start)
                copy(level.logVariances, rows, shape.latent, to: logVariances + start)
            }
        }
        try progress.check("evaluation was interrupted")
    }

    /// Mean of the spins given z: what the decoder gives, or tanh(x / 2) where it gives logits x.
    ///
    /// - Parameters:
    ///   - latents: (count, latent), finite.
    ///   - spins: (count, L, L), output.
    public func decode(
        _ latents: UnsafePointer<Double>, count: Int, into spins: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        let sites = shape.size * shape.size
        let capacity = Encoder<Double>.capacity(size: shape.size)
        let slots = min((count + capacity - 1) / capacity, threadCount)
        try checkMemory(slots * Decoder<Double>.bytes(shape, capacity: capacity, trains: false), "decoding")
        var decoders: [Decoder<Double>] = []
        for _ in 0..<slots { decoders.append(try Decoder(shape, capacity: capacity, trains: false)) }
        let packed = try Buffer<Double>(count: shape.packedCount)
        shape.pack(parameters.base, into: packed.base, progress)
        let isLogit = configuration.likelihood == .bernoulli
        eachPart(of: count, capacity, decoders, progress) { decoder, first, rows in
            for k in 0..<rows {
                (decoder.latents.base + k * decoder.latents.width).update(
                    from: latents + (first + k) * shape.latent, count: shape.latent)
            }
            decoder.forward(packed.base, count: rows)
            if isLogit {
                let outputs = decoder.outputs[0]
                for i in 0..<rows * decoder.outputs.lines { outputs[i] = tanh(outputs[i] * 0.5) }
            }
            copy(decoder.outputs, rows, sites, to: spins + first * sites)
        }
        try progress.check("evaluation was interrupted")
    }

    /// The terms of Eq. 1, means over configurations, with the full weights beta and lambda.
    ///
    /// - Parameters:
    ///   - spins: (count, L, L) of +1 and -1, at least one configuration.
    ///   - seed: of the latent noise.
    public func loss(
        _ spins: UnsafePointer<Int8>, count: Int, seed: UInt64, progress: Progress = .none
    ) throws(Failure) -> LossParts {
        try validateSpins(spins, count: count * shape.size * shape.size)
        let bytes = Objective<Double>.bytes(shape, batch: count, trains: false)
        try checkMemory(bytes, "a loss of \(count) configurations")
        let objective = try Objective<Double>(shape, batch: count, trains: false, progress: progress)
        let sum = objective.evaluate(
            parameters.base, spins, rows: nil, count: count, configuration.terms(epoch: .max), seed: seed, step: 0,
            gradient: nil)
        try progress.check("evaluation was interrupted")
        return sum / Double(count)
    }

    // MARK: - Parts

    /// Runs `body(workspace, first, rows)` for parts of `count` rows, and counts them. Rows do not
    /// depend on each other, nor on who works on them.
    private func eachPart<Workspace>(
        of count: Int, _ capacity: Int, _ workspaces: [Workspace], _ progress: Progress,
        _ body: (Workspace, _ first: Int, _ rows: Int) -> Void
    ) {
        parallelFor(workspaces.count, progress: progress) { slot in
            for first in stride(from: slot * capacity, to: count, by: workspaces.count * capacity)
            where !progress.isStopped {
                let rows = min(capacity, count - first)
                body(workspaces[slot], first, rows)
                progress.advance(by: rows)
                progress.poll()
            }
        }
    }

    private func copy(_ rows: Rows<Double>, _ count: Int, _ width: Int, to target: UnsafeMutablePointer<Double>) {
        for k in 0..<count { (target + k * width).update(from: rows.base + k * rows.width, count: width) }
    }
}
