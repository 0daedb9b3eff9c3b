import Learning
import Numerics

/// What one thread needs to encode several configurations at once, and to go back. Allocated once.
///
/// Level 0 takes its features from a table of patterns and runs configuration by configuration; the
/// products of the later levels take the sites of all configurations together.
final class Encoder<Scalar: RowScalar> {
    typealias Line = Scalar.Vector

    struct Level {
        let torus: Torus
        /// (configurations, L_l^2) rows: what comes in (nothing at level 0), and what the two
        /// convolutions make of it.
        let input, first, second: Rows<Scalar>?
        /// (configurations) rows: mean features.
        let features: Rows<Scalar>
        /// (configurations, latent variables) rows: mean and log-variance of z.
        let means, logVariances: Rows<Scalar>
        /// Latent variables of a configuration.
        let nodes: Int
        /// Adjoints of the mean and log-variance of z.
        let meanAdjoints, logVarianceAdjoints: Rows<Scalar>
    }

    let shape: VAEShape
    /// The most configurations at once.
    let capacity: Int
    let levels: [Level]
    let trains: Bool
    private var check: StopCheck
    let patterns: Buffer<UInt16>
    private let scratch: Buffer<UInt8>
    /// Features of level 0, of all configurations if they will be needed again.
    let finest: Rows<Scalar>
    /// Products of the later levels, and on the way back sums over neighbours.
    let products: Rows<Scalar>
    let adjoints, inputAdjoints, featureAdjoints: Rows<Scalar>?
    let bySites: Bool

    /// Configurations to run through at once: few enough for a second-level cache, and enough for
    /// products of matrices.
    static func capacity(size: Int) -> Int { max(1, min(8, 2048 / (size * size))) }

    /// - Parameters:
    ///   - size: L of the configurations, a multiple of 2^(levels - 1).
    ///   - progress: polled all the time; once it is stopped, what is computed is undefined.
    init(_ shape: VAEShape, size: Int, capacity: Int, trains: Bool, progress: Progress) throws(Failure) {
        (self.shape, check) = (shape, StopCheck(progress))
        bySites = shape.readout == .sites
        self.capacity = capacity
        self.trains = trains
        let width = shape.convolution(0, 1).outputs.padded
        var levels: [Level] = []
        for level in 0..<shape.levels {
            let torus = Torus(size: size >> level)
            let sites = capacity * torus.sites
            func rows(_ count: Int, _ width: Int) throws(Failure) -> Rows<Scalar> {
                try Rows(count: count, width: width)
            }
            let latent = shape.mean(level).outputs.padded
            let nodes = shape.nodes(level, size: size)
            let variables = capacity * nodes
            let isFinest = level == 0
            levels.append(
                Level(
                    torus: torus, input: isFinest ? nil : try rows(sites, 2 * width),
                    first: isFinest ? nil : try rows(sites, width), second: isFinest ? nil : try rows(sites, width),
                    features: try rows(capacity, width), means: try rows(variables, latent),
                    logVariances: try rows(variables, latent), nodes: nodes,
                    meanAdjoints: try rows(trains ? variables : 0, latent),
                    logVarianceAdjoints: try rows(trains ? variables : 0, latent)))
        }
        self.levels = levels
        let sites = size * size
        let later = shape.levels > 1 ? capacity * levels[1].torus.sites : 0
        patterns = try Buffer(count: capacity * sites)
        scratch = try Buffer(count: sites)
        finest = try Rows(count: trains ? capacity * sites : sites, width: width)
        products = try Rows(count: later, width: width)
        adjoints = trains ? try Rows(count: max(sites, later), width: width) : nil
        inputAdjoints = trains ? try Rows(count: later, width: 2 * width) : nil
        featureAdjoints = trains ? try Rows(count: bySites ? sites : capacity, width: width) : nil
    }

    /// Bytes of such a workspace.
    static func bytes(_ shape: VAEShape, size: Int, capacity: Int, trains: Bool) -> Int {
        let (width, sites) = (shape.convolution(0, 1).outputs.padded, size * size)
        let later = shape.levels > 1 ? sites / 4 * capacity : 0
        // The geometric series of the later levels is a third above its first term.
        let kept = later * (2 + 1 + 1) * 4 / 3 + later + (trains ? capacity * sites : sites)
        let adjoints = trains ? max(sites, later) + 2 * later + (shape.readout == .sites ? sites : 0) : 0
        let latents = capacity * shape.nodes(before: shape.levels, size: size) * (trains ? 4 : 2)
        let numbers = (kept + adjoints) * width + latents * shape.mean(0).outputs.padded
        return numbers * MemoryLayout<Scalar>.stride + capacity * sites * 2 + sites
    }

    // MARK: - Forward

    /// Fills `means` and `logVariances` of all levels.
    /// - Parameter spins: where each configuration is.
    func forward(
        _ parameters: UnsafePointer<Scalar>, _ table: PatternTable<Scalar>, count: Int,
        spins: (Int) -> UnsafePointer<Int8>
    ) {
        for k in 0..<count { forwardFinest(parameters, table, k, spins(k)) }
        for level in 1..<levels.count { forward(parameters, level, count) }
        for (index, level) in levels.enumerated() where !bySites {
            shape.mean(index).apply(parameters, level.features.base, count: count, into: level.means.base)
            shape.logVariance(index).apply(parameters, level.features.base, count: count, into: level.logVariances.base)
        }
    }

    private func forwardFinest(
        _ parameters: UnsafePointer<Scalar>, _ table: PatternTable<Scalar>, _ k: Int, _ spins: UnsafePointer<Int8>
    ) {
        let torus = levels[0].torus
        let own = patterns.base + k * torus.sites
        SitePatterns.shared.find(spins, torus, scratch: scratch.base, into: own)
        let (products, values) = (table.products, finest[trains ? k * torus.sites : 0])
        let (first, lines) = (products[0], products.lines)
        torus.convolve(
            lines, bias: shape.convolution(0, 1).biases(parameters), into: values, Scalar.self,
            while: { mayGoOn(rows: torus.size) }
        ) { site in first + Int(own[site]) &* lines }
        pool(parameters, 0, k, values)
    }

    /// From the features of one configuration to the next level, and to their mean.
    private func pool(
        _ parameters: UnsafePointer<Scalar>, _ level: Int, _ k: Int, _ values: UnsafeMutablePointer<Line>
    ) {
        let (torus, lines, mean) = (levels[level].torus, finest.lines, levels[level].features[k])
        if level + 1 < levels.count {
            let next = levels[level + 1]
            torus.pool(
                lines, values, into: next.input![k * next.torus.sites], mean: mean, Scalar.self,
                while: { mayGoOn(rows: torus.size) })
        } else {
            torus.mean(lines, values, into: mean, Scalar.self)
        }
        if bySites { readSites(parameters, level, k, values) }
    }

    /// Mean and log-variance of z of every site.
    private func readSites(
        _ parameters: UnsafePointer<Scalar>, _ index: Int, _ k: Int, _ values: UnsafeMutablePointer<Line>
    ) {
        let level = levels[index]
        let features = UnsafeRawPointer(values).assumingMemoryBound(to: Scalar.self)
        for (layer, target) in [(shape.mean(index), level.means), (shape.logVariance(index), level.logVariances)] {
            for first in stride(from: 0, to: level.nodes, by: 4096) {
                let rows = min(4096, level.nodes - first)
                guard mayGoOn(rows: rows, of: layer) else { return }
                layer.apply(
                    parameters, features + first * finest.width, count: rows,
                    into: target.base + (k * level.nodes + first) * target.width)
            }
        }
    }

    private func forward(_ parameters: UnsafePointer<Scalar>, _ index: Int, _ count: Int) {
        let level = levels[index]
        guard let input = level.input, let first = level.first, let second = level.second else { return }
        convolve(parameters, index, shape.convolution(index, 0), input, first, count)
        convolve(parameters, index, shape.convolution(index, 1), first, second, count)
        for k in 0..<count { pool(parameters, index, k, second[k * level.torus.sites]) }
    }

    private func convolve(
        _ parameters: UnsafePointer<Scalar>, _ index: Int, _ layer: LinearLayer, _ input: Rows<Scalar>,
        _ output: Rows<Scalar>, _ count: Int
    ) {
        let (torus, lines) = (levels[index].torus, products.lines)
        for first in stride(from: 0, to: count * torus.sites, by: 4096) {
            let rows = min(4096, count * torus.sites - first)
            guard mayGoOn(rows: rows, of: layer) else { return }
            layer.multiply(
                parameters, input.base + first * input.width, count: rows, scale: 0.2,
                into: products.base + first * products.width)
        }
        for k in 0..<count {
            let first = products[k * torus.sites]
            torus.convolve(
                lines, bias: layer.biases(parameters), into: output[k * torus.sites], Scalar.self,
                while: { mayGoOn(rows: torus.size) }
            ) { site in first + site &* lines }
        }
    }

    /// Whether to go on to so many rows of features, or of what a layer takes.
    @inline(__always)
    func mayGoOn(rows: Int, of layer: LinearLayer? = nil) -> Bool {
        check.mayGoOn(rows * finest.width * (layer?.inputs.padded ?? 5))
    }
}
