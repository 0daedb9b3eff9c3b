import Learning
import Numerics

/// The terms of Eq. 1, sums or means over configurations.
public struct LossParts: Sendable, Equatable {
    /// reconstruction + beta kl + lambda rg
    public var loss = 0.0
    /// The term that the likelihood chooses, a mean over sites.
    public var reconstruction = 0.0
    /// Eq. 4.
    public var kl = 0.0
    /// Eq. 6.
    public var rg = 0.0

    package init() {}

    private init(_ loss: Double, _ reconstruction: Double, _ kl: Double, _ rg: Double) {
        (self.loss, self.reconstruction, self.kl, self.rg) = (loss, reconstruction, kl, rg)
    }

    static func + (a: Self, b: Self) -> Self {
        Self(a.loss + b.loss, a.reconstruction + b.reconstruction, a.kl + b.kl, a.rg + b.rg)
    }

    static func / (a: Self, n: Double) -> Self {
        Self(a.loss / n, a.reconstruction / n, a.kl / n, a.rg / n)
    }

    var isFinite: Bool { loss.isFinite && reconstruction.isFinite && kl.isFinite && rg.isFinite }
}

/// The choices that the loss leaves open, apart from the shape of the network.
package struct LossTerms: Sendable {
    package var likelihood: Likelihood
    package var representation: Representation
    package var beta, lambda: Double

    package init(likelihood: Likelihood, representation: Representation, beta: Double, lambda: Double) {
        (self.likelihood, self.representation) = (likelihood, representation)
        (self.beta, self.lambda) = (beta, lambda)
    }
}

/// What one thread needs for the loss (Eq. 1) of several configurations at once, and its gradient.
final class LossWorkspace<Scalar: RowScalar> {
    private typealias Line = Scalar.Vector

    /// Sums over configurations since `clear`.
    private(set) var sum = LossParts()
    /// Gradients of the packed parameters and of the table of patterns, since `clear`.
    let gradient, tableGradient: Buffer<Scalar>?
    let capacity: Int
    private let shape: VAEShape
    private let encoder: Encoder<Scalar>
    private let decoder: Decoder<Scalar>
    /// Standard normal numbers, exp(log sigma^2 / 2), z and its adjoints; (levels, configurations) rows.
    private let noise, deviations, samples, sampleAdjoints: Rows<Scalar>
    private let drawn: Buffer<Double>

    init(_ shape: VAEShape, capacity: Int, trains: Bool, progress: Progress) throws(Failure) {
        self.shape = shape
        self.capacity = capacity
        encoder = try Encoder(
            shape, size: shape.size, capacity: capacity, trains: trains, progress: progress)
        decoder = try Decoder(shape, capacity: capacity, trains: trains)
        let (count, width) = (shape.levels * capacity, decoder.latents.width)
        noise = try Rows(count: count, width: width)
        deviations = try Rows(count: count, width: width)
        samples = try Rows(count: count, width: width)
        sampleAdjoints = try Rows(count: count, width: width)
        drawn = try Buffer(count: shape.levels * shape.latent)
        gradient = trains ? try Buffer(count: shape.gradientCount) : nil
        let table = SitePatterns.count * shape.convolution(0, 1).outputs.padded
        tableGradient = trains ? try Buffer(count: table) : nil
    }

    static func bytes(_ shape: VAEShape, capacity: Int, trains: Bool) -> Int {
        let table = SitePatterns.count * shape.convolution(0, 1).outputs.padded
        return Encoder<Scalar>.bytes(shape, size: shape.size, capacity: capacity, trains: trains)
            + Decoder<Scalar>.bytes(shape, capacity: capacity, trains: trains)
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
        let last = samples.base + row(shape.levels - 1, 0) * samples.width
        decoder.latents.base.update(from: last, count: count * samples.width)
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

    private func row(_ level: Int, _ k: Int) -> Int { level * capacity + k }

    private func draw(first: Int, count: Int, seed: UInt64, step: Int) {
        for k in 0..<count {
            var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(first + k), step: UInt64(step))
            random.fillNormal(drawn.base, count: drawn.count)
            for level in 0..<shape.levels {
                let target = noise.base + row(level, k) * noise.width
                for i in 0..<shape.latent { target[i] = Scalar(drawn.base[level * shape.latent + i]) }
            }
        }
    }

    /// z = mu + sigma eps of all levels (Eq. 3).
    private func sample(_ count: Int) {
        for (index, level) in encoder.levels.enumerated() {
            for k in 0..<count {
                let at = row(index, k)
                let (mean, logVariance, z) = (level.means[k], level.logVariances[k], samples[at])
                let (deviation, epsilon) = (deviations[at], noise[at])
                for f in 0..<samples.lines {
                    deviation[f] = Scalar.exp(logVariance[f] * 0.5)
                    z[f] = mean[f] + deviation[f] * epsilon[f]
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
        let start = k * level.means.width
        let (mean, logVariance) = (level.means.base + start, level.logVariances.base + start)
        let deviation = deviations.base + row(shape.levels - 1, k) * deviations.width
        var sum = 0.0
        for i in 0..<shape.latent {
            let (m, s) = (Double(mean[i]), Double(deviation[i]))
            sum += 1 + Double(logVariance[i]) - m * m - s * s
        }
        return -0.5 * sum
    }

    /// r^(l) of a configuration.
    private func represented(_ level: Int, _ k: Int, _ representation: Representation) -> UnsafeMutablePointer<Scalar> {
        switch representation {
        case .mean: encoder.levels[level].means.base + k * samples.width
        case .sample: samples.base + row(level, k) * samples.width
        }
    }

    /// Eq. 6; zero for a single level.
    private func inconsistency(_ k: Int, _ representation: Representation) -> Double {
        var sum = 0.0
        for level in 1..<max(1, shape.levels) {
            let (fine, coarse) = (represented(level - 1, k, representation), represented(level, k, representation))
            for i in 0..<shape.latent {
                let difference = Double(fine[i]) - Double(coarse[i])
                sum += difference * difference
            }
        }
        return shape.levels > 1 ? sum / Double(shape.levels - 1) : 0
    }

    // MARK: - Adjoints

    /// Adjoints of the means and log-variances of all levels.
    private func adjoints(_ count: Int, _ terms: LossTerms, _ batch: Int) {
        let last = shape.levels - 1
        let share = 1 / Scalar(batch)
        let (beta, lines) = (Scalar(terms.beta) * share, samples.lines)
        let lambda = shape.levels > 1 ? Scalar(terms.lambda) * share * 2 / Scalar(last) : 0
        for (index, level) in encoder.levels.enumerated() {
            for k in 0..<count {
                let (mean, logVariance) = (level.meanAdjoints[k], level.logVarianceAdjoints[k])
                let at = row(index, k)
                let (z, deviation, epsilon) = (sampleAdjoints[at], deviations[at], noise[at])
                let own = GraphVAE.lines(represented(index, k, terms.representation))
                let finer = index > 0 ? GraphVAE.lines(represented(index - 1, k, terms.representation)) : nil
                let coarser = index < last ? GraphVAE.lines(represented(index + 1, k, terms.representation)) : nil
                for f in 0..<lines {
                    var consistency = Line(repeating: 0)
                    if let finer { consistency += own[f] - finer[f] }
                    if let coarser { consistency += own[f] - coarser[f] }
                    consistency *= lambda
                    z[f] = index == last ? decoder.latentAdjoints[k][f] : Line(repeating: 0)
                    mean[f] = Line(repeating: 0)
                    logVariance[f] = Line(repeating: 0)
                    if terms.representation == .mean { mean[f] = consistency } else { z[f] += consistency }
                    if index == last {
                        mean[f] += level.means[k][f] * beta
                        logVariance[f] += (deviation[f] * deviation[f] - 1) * (beta * 0.5)
                    }
                    mean[f] += z[f]
                    logVariance[f] += z[f] * epsilon[f] * deviation[f] * 0.5
                }
            }
        }
    }
}
