import Learning
import Numerics

/// What one thread needs for the loss (Eq. 1) of several configurations at once, and its gradient.
final class LossWorkspace<Scalar: RowScalar> {
    typealias Line = Scalar.Vector

    /// Sums over configurations since `clear`.
    private(set) var sum = LossParts()
    /// Gradients of the packed parameters and of the table of patterns, since `clear`.
    let gradient, tableGradient: Buffer<Scalar>?
    let capacity: Int
    let shape: VAEShape
    let encoder: Encoder<Scalar>
    let decoder: Decoder<Scalar>
    /// Standard normal numbers, exp(log sigma^2 / 2), z and its adjoints; (levels, configurations, latent
    /// variables) rows.
    let noise, deviations, samples, sampleAdjoints: Rows<Scalar>
    /// Means over blocks of r^(l), where sites have latent variables: rows as of `samples`, those of the
    /// level that the blocks become.
    private let blocks: Rows<Scalar>
    private let drawn: Buffer<Double>
    /// Latent variables of each level of a configuration.
    let nodes: [Int]
    /// Of one configuration, in all levels before each.
    private let nodesBefore: [Int]

    init(_ shape: VAEShape, capacity: Int, trains: Bool, progress: Progress) throws(Failure) {
        self.shape = shape
        self.capacity = capacity
        encoder = try Encoder(
            shape, size: shape.size, capacity: capacity, trains: trains, progress: progress)
        decoder = try Decoder(shape, capacity: capacity, trains: trains)
        nodes = (0..<shape.levels).map { shape.nodes($0) }
        nodesBefore = (0..<shape.levels).map { shape.nodes(before: $0) }
        let (count, width) = (shape.nodes(before: shape.levels) * capacity, decoder.latents.width)
        noise = try Rows(count: count, width: width)
        deviations = try Rows(count: count, width: width)
        samples = try Rows(count: count, width: width)
        sampleAdjoints = try Rows(count: count, width: width)
        blocks = try Rows(count: shape.readout == .sites ? count : 0, width: width)
        drawn = try Buffer(count: shape.nodes(before: shape.levels) * shape.latent)
        gradient = trains ? try Buffer(count: shape.gradientCount) : nil
        let table = SitePatterns.count * shape.convolution(0, 1).outputs.padded
        tableGradient = trains ? try Buffer(count: table) : nil
    }

    static func bytes(_ shape: VAEShape, capacity: Int, trains: Bool) -> Int {
        let table = SitePatterns.count * shape.convolution(0, 1).outputs.padded
        let latents = 5 * capacity * shape.nodes(before: shape.levels) * shape.mean(0).outputs.padded
        return Encoder<Scalar>.bytes(shape, size: shape.size, capacity: capacity, trains: trains)
            + Decoder<Scalar>.bytes(shape, capacity: capacity, trains: trains)
            + latents * MemoryLayout<Scalar>.stride
            + (trains ? (shape.gradientCount + table) * MemoryLayout<Scalar>.stride : 0)
    }

    func clear() {
        sum = LossParts()
        if let gradient { gradient.base.update(repeating: 0, count: gradient.count) }
        if let tableGradient { tableGradient.base.update(repeating: 0, count: tableGradient.count) }
    }

    /// Adds the terms of `count` configurations and, when it trains, the gradient of their share
    /// 1/batch in a mean.
    ///
    /// - Parameters:
    ///   - first: number of the first in the batch, which together with seed and step is the key of
    ///     its noise.
    ///   - spins: where each configuration is.
    func add(
        _ parameters: UnsafePointer<Scalar>, _ table: PatternTable<Scalar>, _ terms: LossTerms, first: Int, count: Int,
        batch: Int, seed: UInt64, step: Int, spins: (Int) -> UnsafePointer<Int8>
    ) {
        draw(first: first, count: count, seed: seed, step: step)
        encoder.forward(parameters, table, count: count, spins: spins)
        sample(count)
        if shape.readout == .sites { coarsen(count, terms.representation) }
        let last = samples.base + row(shape.levels - 1, 0) * samples.width
        decoder.latents.base.update(from: last, count: count * shape.decodedNodes * samples.width)
        decoder.forward(parameters, count: count)
        for k in 0..<count {
            var parts = LossParts()
            parts.reconstruction = compare(k, spins(k), terms.likelihood, share: 1 / Scalar(batch))
            parts.kl = divergence(k)
            parts.rg = inconsistency(k, terms.representation)
            parts.loss = parts.reconstruction + terms.beta * parts.kl + terms.lambda * parts.rg
            sum = sum + parts
        }
        guard let gradient, let tableGradient else { return }
        decoder.backward(parameters, count: count, to: gradient.base)
        adjoints(count, terms, batch)
        encoder.backward(parameters, count: count, to: gradient.base, tableGradient: tableGradient.base)
    }

    /// The first row of a configuration at a level.
    func row(_ level: Int, _ k: Int) -> Int { nodesBefore[level] * capacity + k * nodes[level] }

    private func draw(first: Int, count: Int, seed: UInt64, step: Int) {
        for k in 0..<count {
            var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(first + k), step: UInt64(step))
            random.fillNormal(drawn.base, count: drawn.count)
            var source = drawn.base
            for level in 0..<shape.levels {
                for node in 0..<nodes[level] {
                    let target = noise.base + (row(level, k) + node) * noise.width
                    for i in 0..<shape.latent { target[i] = Scalar(source[i]) }
                    source += shape.latent
                }
            }
        }
    }

    /// z = mu + sigma eps of all levels (Eq. 3).
    private func sample(_ count: Int) {
        for (index, level) in encoder.levels.enumerated() {
            for k in 0..<count {
                let at = row(index, k)
                let first = k * level.nodes
                let (mean, logVariance, z) = (level.means[first], level.logVariances[first], samples[at])
                let (deviation, epsilon) = (deviations[at], noise[at])
                for f in 0..<level.nodes * samples.lines {
                    deviation[f] = Scalar.exp(logVariance[f] * 0.5)
                    z[f] = mean[f] + deviation[f] * epsilon[f]
                }
            }
        }
    }

    /// Fills `blocks`.
    private func coarsen(_ count: Int, _ representation: Representation) {
        let (quarter, lines) = (0.25 as Scalar, samples.lines)
        for level in 1..<max(1, shape.levels) {
            for k in 0..<count {
                let fine = GraphVAE.lines(represented(level - 1, k, representation))
                let target = blocks[row(level, k)]
                Torus(size: shape.size >> (level - 1)).eachBlock { block, first, below in
                    let (a, c) = (fine + first &* lines, fine + below &* lines)
                    let (b, d) = (a + lines, c + lines)
                    for f in 0..<lines { target[block &* lines &+ f] = ((a[f] + b[f]) + (c[f] + d[f])) * quarter }
                }
            }
        }
    }

    // MARK: - Terms

    /// The likelihood's term of one configuration; leaves the adjoints of its outputs.
    private func compare(
        _ k: Int, _ spins: UnsafePointer<Int8>, _ likelihood: Likelihood, share: Scalar
    ) -> Double {
        let sites = shape.size * shape.size
        let lanes = Line.scalarCount
        let (outputs, adjoints) = (decoder.outputs[k], decoder.outputAdjoints)
        let (mean, trains) = (share / Scalar(sites), gradient != nil)
        var total = 0.0
        for f in 0..<decoder.outputs.lines {
            let count = max(0, min(lanes, sites - f * lanes))
            var target = Line(repeating: 0)
            for lane in 0..<count { target[lane] = spins[f * lanes + lane] < 0 ? -1 : 1 }
            let x = outputs[f]
            var (term, slope) = (Line(repeating: 0), Line(repeating: 0))
            switch likelihood {
            case .mse:
                slope = x - target
                term = slope * slope
                slope = slope * 2
            case .bernoulli:
                let up = (target + 1) * 0.5
                term = Scalar.softplus(x) - up * x
                slope = Scalar.sigmoid(x) - up
            }
            if count == lanes {
                total += Double(term.sum())
            } else {
                for lane in 0..<count { total += Double(term[lane]) }
                for lane in count..<lanes { slope[lane] = 0 }
            }
            if trains { adjoints[k][f] = slope * mean }
        }
        return total / Double(sites)
    }

    /// Eq. 4 of the last level.
    private func divergence(_ k: Int) -> Double {
        let level = encoder.levels[shape.levels - 1]
        var sum = 0.0
        for node in 0..<level.nodes {
            let start = (k * level.nodes + node) * level.means.width
            let (mean, logVariance) = (level.means.base + start, level.logVariances.base + start)
            let deviation = deviations.base + (row(shape.levels - 1, k) + node) * deviations.width
            for i in 0..<shape.latent {
                let (m, s) = (Double(mean[i]), Double(deviation[i]))
                sum += 1 + Double(logVariance[i]) - m * m - s * s
            }
        }
        return -0.5 * sum / Double(level.nodes)
    }

    /// r^(l) of a configuration, a row for each latent variable.
    func represented(_ level: Int, _ k: Int, _ representation: Representation) -> UnsafeMutablePointer<Scalar> {
        switch representation {
        case .mean: encoder.levels[level].means.base + k * nodes[level] * samples.width
        case .sample: samples.base + row(level, k) * samples.width
        }
    }

    /// What r^(l) is compared with: r^(l-1), or its means over blocks.
    func finer(_ level: Int, _ k: Int, _ representation: Representation) -> UnsafeMutablePointer<Scalar> {
        switch shape.readout {
        case .mean: represented(level - 1, k, representation)
        case .sites: blocks.base + row(level, k) * blocks.width
        }
    }

    /// Eq. 6; zero for a single level.
    private func inconsistency(_ k: Int, _ representation: Representation) -> Double {
        var sum = 0.0
        for level in 1..<max(1, shape.levels) {
            let (fine, coarse) = (finer(level, k, representation), represented(level, k, representation))
            let share = 1 / Double(nodes[level])
            for node in 0..<nodes[level] {
                for i in node * samples.width..<node * samples.width + shape.latent {
                    let difference = Double(fine[i]) - Double(coarse[i])
                    sum += difference * difference * share
                }
            }
        }
        return shape.levels > 1 ? sum / Double(shape.levels - 1) : 0
    }
}
