import GraphVAE
import Numerics
import Testing

/// What a model says of configurations, and its symmetries.
@Suite struct EncoderTests {
    /// The oracle itself, on a graph that is no lattice: node 0 joined to 1, 2 and twice to 3.
    @Test func plainConvolutionOnAnArbitraryGraph() {
        let graph = PlainGraph(nodes: 4, edges: [(0, 1), (2, 0), (0, 3), (3, 0)])
        let y = graph.convolve([[1], [2], [3], [4]], [[2], [-1]], [0.5, 0])
        // Degrees with self-loops 5, 2, 2, 3.
        let (ten, fifteen) = (1 / 10.0.squareRoot(), 1 / 15.0.squareRoot())
        let centre: Double = 0.2 + 5 * ten + 8 * fifteen
        let sums: [Double] = [centre, ten + 1, ten + 1.5, 2 * fifteen + 4.0 / 3]
        for (row, sum) in zip(y, sums) {
            #expect(abs(row[0] - (2 * sum + 0.5)) < 1e-14)
            #expect(row[1] == 0)
        }
    }

    static func encode(_ model: VAEModel, _ spins: [Int8], size: Int) throws -> [[Double]] {
        let (shape, count) = (model.shape, spins.count / (size * size))
        let each = count * shape.latent
        var means = [Double](repeating: .nan, count: shape.nodes(before: shape.levels, size: size) * each)
        var logVariances = means
        try model.encode(spins, count: count, size: size, means: &means, logVariances: &logVariances)
        return (0..<shape.levels).map { level in
            let first = shape.nodes(before: level, size: size) * each
            let own = first..<first + shape.nodes(level, size: size) * each
            return Array(means[own] + logVariances[own])
        }
    }

    /// Sizes other than the model's too, down to 2 x 2 sites at the last level, where both bonds
    /// between two neighbours count.
    @Test(
        arguments: [(1, 2), (1, 3), (1, 7), (2, 4), (2, 10), (3, 8), (3, 12), (3, 20), (1, 70)], Readout.allCases)
    func agreesWithPlainCode(shape: (levels: Int, size: Int), readout: Readout) throws {
        let size = shape.size
        let model = try ObjectiveTests.model(.init(size: 16, levels: shape.levels, readout: readout))
        let (count, n) = (size > 60 ? 2 : 11, model.shape.latent)
        let spins = ObjectiveTests.spins(count * size * size)
        let levels = try Self.encode(model, spins, size: size)
        let plain = PlainModel(model)
        for k in 0..<count {
            let own = spins[k * size * size..<(k + 1) * size * size].map(Double.init)
            for (level, expected) in zip(levels, plain.encode(own, size: size)) {
                let numbers = expected.count * n
                let logVariances = level[(count + k) * numbers..<(count + k + 1) * numbers]
                #expect(Self.agree(level[k * numbers..<(k + 1) * numbers], expected.flatMap(\.mean)))
                #expect(Self.agree(logVariances, expected.flatMap(\.logVariance)))
            }
        }
    }

    static func agree(_ a: ArraySlice<Double>, _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    /// Level l does not change under translations by 2^l sites and the eight point operations; under
    /// shorter translations it does.
    @Test func symmetries() throws {
        let model = try ObjectiveTests.model(.init(size: 16, levels: 3))
        let size = 16
        let spins = ObjectiveTests.spins(size * size)
        func transformed(_ source: (Int, Int) -> (Int, Int)) throws -> [[Double]] {
            let image = (0..<size * size).map { site in
                let (i, j) = source(site / size, site % size)
                return spins[(i + size) % size * size + (j + size) % size]
            }
            return try Self.encode(model, image, size: size)
        }
        let here = try Self.encode(model, spins, size: size)
        func difference(_ other: [[Double]], _ level: Int) -> Double {
            zip(here[level], other[level]).map { abs($0 - $1) }.max()!
        }
        let points: [(Int, Int) -> (Int, Int)] = [
            { ($0, $1) }, { ($1, $0) }, { (15 - $0, $1) }, { ($0, 15 - $1) }, { (15 - $0, 15 - $1) }, { (15 - $1, $0) },
            { ($1, 15 - $0) }, { (15 - $1, 15 - $0) },
        ]
        for point in points {
            let other = try transformed(point)
            for level in 0..<3 { #expect(difference(other, level) < 1e-13) }
        }
        for (level, (down, right)) in [(0, (1, 0)), (0, (3, 5)), (1, (2, 0)), (1, (4, 6)), (2, (4, 0)), (2, (8, 4))] {
            let other = try transformed { ($0 + down, $1 + right) }
            for finer in 0...level { #expect(difference(other, finer) < 1e-13) }
        }
        #expect(difference(try transformed { ($0 + 1, $1) }, 1) > 1e-5)
        #expect(difference(try transformed { ($0, $1 + 2) }, 2) > 1e-5)
    }

    @Test(arguments: [Likelihood.mse, .bernoulli], [DecoderKind.mlp, .graph])
    func decodedMeans(likelihood: Likelihood, decoder: DecoderKind) throws {
        let model = try ObjectiveTests.model(.init(likelihood: likelihood, decoder: decoder))
        let latents = (0..<2 * 37).map { 0.1 * Double($0) - 3 }
        try compareDecoded(model, latents, 37)
        let sites = try ObjectiveTests.model(
            .init(likelihood: likelihood, decoder: decoder, readout: .sites))
        try compareDecoded(sites, (0..<2 * 16 * 11).map { 0.02 * Double($0) - 3 }, 11)
    }

    private func compareDecoded(_ model: VAEModel, _ latents: [Double], _ count: Int) throws {
        let (plain, likelihood) = (PlainModel(model), model.configuration.likelihood)
        let numbers = latents.count / count
        var means = [Double](repeating: .nan, count: count * 64)
        try model.decode(latents, count: count, into: &means)
        for k in 0..<count {
            let z = stride(from: k * numbers, to: (k + 1) * numbers, by: 2).map { [latents[$0], latents[$0 + 1]] }
            for (i, x) in plain.decode(z).enumerated() {
                let sigmoid = 1 / (1 + exp(SIMD8<Double>(repeating: -x))[0])
                #expect(abs(means[64 * k + i] - (likelihood == .mse ? x : 2 * sigmoid - 1)) < 1e-12)
            }
        }
    }

    @Test func impossibleArgumentsAreRefused() throws {
        let model = try ObjectiveTests.model(.init(size: 16, levels: 3))
        for (size, sites) in [(0, 0), (4, 16), (10, 100), (1028, 0)] {
            let spins = ObjectiveTests.spins(sites)
            var (means, logVariances) = ([Double](repeating: 0, count: 6), [Double](repeating: 0, count: 6))
            #expect(throws: Failure.self) {
                try model.encode(spins, count: min(sites, 1), size: size, means: &means, logVariances: &logVariances)
            }
        }
        var spins = ObjectiveTests.spins(2 * 256)
        spins[300] = 0
        #expect(throws: Failure.invalidArgument("spins must be -1 or +1, but spin 300 is 0")) {
            try Self.encode(model, spins, size: 16)
        }
    }
}
