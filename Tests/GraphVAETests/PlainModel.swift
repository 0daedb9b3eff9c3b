import GraphVAE
import Numerics

/// Any graph as a list of edges, two of which may join the same nodes.
struct PlainGraph {
    let nodes: Int
    var edges: [(Int, Int)]

    init(nodes: Int, edges: [(Int, Int)]) { (self.nodes, self.edges) = (nodes, edges) }

    /// The L x L torus, 2 L^2 bonds.
    init(torus size: Int) {
        nodes = size * size
        edges = (0..<size * size).flatMap { site in
            let (i, j) = (site / size, site % size)
            return [(site, (i + 1) % size * size + j), (site, i * size + (j + 1) % size)]
        }
    }

    /// ReLU(A^ X W^T + b) with A^ = D^-1/2 (A + 1) D^-1/2, as Kipf and Welling write it.
    func convolve(_ x: [[Double]], _ weight: [[Double]], _ bias: [Double]) -> [[Double]] {
        let loops = (0..<nodes).map { ($0, $0) }
        let directed = loops + edges + edges.map { ($1, $0) }
        var degree = [Double](repeating: 0, count: nodes)
        for (a, _) in directed { degree[a] += 1 }
        var sums = [[Double]](repeating: Array(repeating: 0, count: weight[0].count), count: nodes)
        for (a, b) in directed {
            let norm = 1 / (degree[a] * degree[b]).squareRoot()
            for f in sums[a].indices { sums[a][f] += norm * x[b][f] }
        }
        return sums.map { linear($0, weight, bias).map { max($0, 0) } }
    }
}

func linear(_ x: [Double], _ weight: [[Double]], _ bias: [Double]) -> [Double] {
    zip(weight, bias).map { row, b in zip(row, x).reduce(b) { $0 + $1.0 * $1.1 } }
}

/// The model of the paper once more, forward only: in double precision, site by site, on lists of
/// edges.
struct PlainModel {
    var configuration: VAEModel.Configuration
    /// By name.
    let arrays: [String: [[Double]]]

    init(_ model: VAEModel) {
        configuration = model.configuration
        var arrays: [String: [[Double]]] = [:]
        for (index, array) in model.stateArrays.enumerated() {
            var values = [Double](repeating: 0, count: array.count)
            model.read(array: index, into: &values)
            arrays[array.name] = (0..<array.rows).map { Array(values[$0 * array.columns..<($0 + 1) * array.columns]) }
        }
        self.arrays = arrays
    }

    func layer(_ name: String, _ x: [Double]) -> [Double] {
        linear(x, arrays[name + ".weight"]!, arrays[name + ".bias"]!.map { $0[0] })
    }

    func convolution(_ name: String, _ graph: PlainGraph, _ x: [[Double]]) -> [[Double]] {
        graph.convolve(x, arrays[name + ".weight"]!, arrays[name + ".bias"]!.map { $0[0] })
    }

    /// mu and log sigma^2 of every latent variable of every level.
    func encode(_ spins: [Double], size: Int) -> [[(mean: [Double], logVariance: [Double])]] {
        var (size, graph) = (size, PlainGraph(torus: size))
        var fields = [Double](repeating: 0, count: spins.count)
        for (a, b) in graph.edges {
            fields[a] += spins[b]
            fields[b] += spins[a]
        }
        var features = spins.indices.map { site in
            let hidden = layer("token.0", [spins[site], spins[site] * fields[site]]).map { max($0, 0) }
            return layer("token.1", hidden).map { max($0, 0) }
        }
        var result: [[(mean: [Double], logVariance: [Double])]] = []
        for level in 0..<configuration.levels {
            features = convolution("level.\(level).convolution.0", graph, features)
            features = convolution("level.\(level).convolution.1", graph, features)
            let mean = features[0].indices.map { f in features.reduce(0) { $0 + $1[f] } / Double(features.count) }
            let read = configuration.readout == .mean ? [mean] : features
            result.append(
                read.map { (layer("level.\(level).mean", $0), layer("level.\(level).log_variance", $0)) })
            if level + 1 < configuration.levels { features = Self.pool(features, size: size) }
            size /= 2
            graph = PlainGraph(torus: max(size, 1))
        }
        return result
    }

    static func pool(_ features: [[Double]], size: Int) -> [[Double]] {
        (0..<size * size / 4).map { block in
            let first = block / (size / 2) * 2 * size + block % (size / 2) * 2
            let four = [0, 1, size, size + 1].map { features[first + $0] }
            return four[0].indices.map { f in four.reduce(0) { $0 + $1[f] } / 4 }
                + four[0].indices.map { f in four.map { $0[f] }.max()! }
        }
    }

    /// What the decoder gives for each site.
    /// - Parameter z: the latent variables of the last level.
    func decode(_ z: [[Double]]) -> [Double] {
        var size = configuration.size >> (configuration.levels - 1)
        switch configuration.decoder {
        case .mlp:
            let rows = z.map { z in
                let first = layer("decoder.0", z).map { max($0, 0) }
                return layer("decoder.2", layer("decoder.1", first).map { max($0, 0) })
            }
            if configuration.readout == .mean { return rows[0] }
            let (whole, block) = (configuration.size, configuration.size / size)
            return (0..<whole * whole).map { site in
                let (i, j) = (site / whole, site % whole)
                return rows[i / block * size + j / block][i % block * block + j % block]
            }
        case .graph:
            let rows = z.flatMap { layer("decoder.0", $0) }
            let width = configuration.hidden
            var features = (0..<size * size).map { Array(rows[$0 * width..<($0 + 1) * width]) }
            for level in 1..<max(1, configuration.levels) {
                let coarse = features
                size *= 2
                features = (0..<size * size).map { coarse[$0 / size / 2 * (size / 2) + $0 % size / 2] }
                features = convolution("decoder.convolution.\(level - 1)", PlainGraph(torus: size), features)
            }
            return features.map { layer("decoder.1", $0)[0] }
        }
    }

    /// Means over configurations.
    func loss(_ batch: [[Double]], seed: UInt64, step: Int, beta: Double, lambda: Double) -> LossParts {
        var sum = LossParts()
        for (k, spins) in batch.enumerated() {
            var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(k), step: UInt64(step))
            let levels = encode(spins, size: configuration.size)
            var noise = [Double](repeating: 0, count: levels.joined().count * configuration.latent)
            random.fillNormal(&noise, count: noise.count)
            var used = 0
            let samples = levels.map { level in
                level.map { node in
                    defer { used += configuration.latent }
                    return node.mean.indices.map { node.mean[$0] + half(node.logVariance[$0]) * noise[used + $0] }
                }
            }
            let outputs = decode(samples[samples.count - 1])
            let terms = zip(outputs, spins).map { x, s in
                configuration.likelihood == .mse
                    ? (x - s) * (x - s) : log(1 + half(2 * x)) - (s + 1) / 2 * x
            }
            sum.reconstruction += terms.reduce(0, +) / Double(spins.count)
            let last = levels[levels.count - 1]
            for (mean, logVariance) in last.flatMap({ zip($0.mean, $0.logVariance) }) {
                sum.kl -= (1 + logVariance - mean * mean - half(2 * logVariance)) / 2 / Double(last.count)
            }
            let represented = configuration.representation == .mean ? levels.map { $0.map(\.mean) } : samples
            for (index, (fine, coarse)) in zip(represented, represented.dropFirst()).enumerated() {
                let averaged = configuration.readout == .mean ? fine : average(fine, configuration.size >> index)
                let pairs = Double((levels.count - 1) * coarse.count)
                for (a, b) in zip(averaged.joined(), coarse.joined()) { sum.rg += (a - b) * (a - b) / pairs }
            }
        }
        let n = Double(batch.count)
        (sum.reconstruction, sum.kl, sum.rg) = (sum.reconstruction / n, sum.kl / n, sum.rg / n)
        sum.loss = sum.reconstruction + beta * sum.kl + lambda * sum.rg
        return sum
    }

    /// Means over blocks of 2 x 2 sites.
    private func average(_ map: [[Double]], _ size: Int) -> [[Double]] {
        (0..<size * size / 4).map { block in
            let first = block / (size / 2) * 2 * size + block % (size / 2) * 2
            return map[0].indices.map { f in [0, 1, size, size + 1].reduce(0) { $0 + map[first + $1][f] } / 4 }
        }
    }

    /// exp(x / 2)
    private func half(_ x: Double) -> Double { exp(SIMD8<Double>(repeating: x / 2))[0] }
    private func log(_ x: Double) -> Double { Numerics.log(SIMD8<Double>(repeating: x))[0] }
}
