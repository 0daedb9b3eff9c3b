import Ising
import Learning
import Numerics

/// What a model says, in double precision.
extension VAEModel {
    /// mu and log sigma^2 of every level.
    ///
    /// - Parameters:
    ///   - spins: (count, size, size) of +1 and -1.
    ///   - size: any multiple of 2^(levels - 1) that leaves at least 2 at the last level: features do not
    ///     depend on the size, and latent variables only through averages over sites, if at all.
    ///   - means, logVariances: (count, nodes, latent) of each level, one after the other, output.
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
                let before = shape.nodes(before: index, size: size) * count + first * level.nodes
                let start = before * shape.latent
                copy(level.means, rows * level.nodes, shape.latent, to: means + start)
                copy(level.logVariances, rows * level.nodes, shape.latent, to: logVariances + start)
            }
        }
        try progress.check("evaluation was interrupted")
    }

    /// Mean of the spins given z: what the decoder gives, or tanh(x / 2) where it gives logits x.
    ///
    /// - Parameters:
    ///   - latents: (count, nodes of the last level, latent), finite.
    ///   - spins: (count, L, L), output.
    public func decode(
        _ latents: UnsafePointer<Double>, count: Int, into spins: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        let (sites, numbers) = (shape.size * shape.size, shape.decodedNodes * shape.latent)
        try decode(count: count, progress) { k in
            latents + k * numbers
        } into: { k, means in
            (spins + k * sites).update(from: means, count: sites)
        }
    }

    /// Draws z of the last level from the prior N(0, 1), and each spin on its own with the mean that the
    /// decoder gives, or with the nearest that a spin can have.
    ///
    /// - Parameters:
    ///   - seed: together with its number the key of a sample.
    ///   - latents: (count, nodes of the last level, latent), output.
    ///   - spins: (count, L, L), output.
    /// - Throws: `nonFinite` if a mean is no number.
    public func sample(
        count: Int, seed: UInt64, latents: UnsafeMutablePointer<Double>, spins: UnsafeMutablePointer<Int8>,
        progress: Progress = .none
    ) throws(Failure) {
        let (sites, numbers) = (shape.size * shape.size, shape.decodedNodes * shape.latent)
        func random(_ k: Int, _ step: UInt64) -> RandomStream {
            RandomStream(seed: seed, purpose: .sampler, stream: UInt64(k), step: step)
        }
        let isNumber = Locked(true)
        try decode(count: count, progress) { k in
            var stream = random(k, 0)
            stream.fillNormal(latents + k * numbers, count: numbers)
            return UnsafePointer(latents + k * numbers)
        } into: { k, means in
            var stream = random(k, 1)
            let own = spins + k * sites
            withUnsafeTemporaryAllocation(of: Double.self, capacity: sites) { uniform in
                stream.fillUniform(uniform.baseAddress!, count: sites)
                for i in 0..<sites { own[i] = 2 * uniform[i] - 1 < means[i] ? 1 : -1 }
            }
            if !(0..<sites).allSatisfy({ means[$0].isFinite }) { isNumber.withLock { $0 = false } }
        }
        guard isNumber.withLock({ $0 }) else {
            throw .nonFinite("a mean of the spins is not finite: the parameters are too large")
        }
    }

    /// Means of the spins for z of `count` samples.
    /// - Parameters:
    ///   - latents: z of a sample, (nodes of the last level, latent).
    ///   - take: receives the means of a sample, (L, L).
    private func decode(
        count: Int, _ progress: Progress, latents: (_ sample: Int) -> UnsafePointer<Double>,
        into take: (_ sample: Int, _ means: UnsafePointer<Double>) -> Void
    ) throws(Failure) {
        let capacity = Encoder<Double>.capacity(size: shape.size)
        let slots = min((count + capacity - 1) / capacity, threadCount)
        try checkMemory(slots * Decoder<Double>.bytes(shape, capacity: capacity, trains: false), "decoding")
        var decoders: [Decoder<Double>] = []
        for _ in 0..<slots { decoders.append(try Decoder(shape, capacity: capacity, trains: false)) }
        let packed = try Buffer<Double>(count: shape.packedCount)
        shape.pack(parameters.base, into: packed.base, progress)
        let (isLogit, nodes) = (configuration.likelihood == .bernoulli, shape.decodedNodes)
        eachPart(of: count, capacity, decoders, progress) { decoder, first, rows in
            for k in 0..<rows {
                let own = latents(first + k)
                for node in 0..<nodes {
                    (decoder.latents.base + (k * nodes + node) * decoder.latents.width).update(
                        from: own + node * shape.latent, count: shape.latent)
                }
            }
            decoder.forward(packed.base, count: rows)
            if isLogit {
                let outputs = decoder.outputs[0]
                for i in 0..<rows * decoder.outputs.lines { outputs[i] = tanh(outputs[i] * 0.5) }
            }
            for k in 0..<rows { take(first + k, decoder.outputs.base + k * decoder.outputs.width) }
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
