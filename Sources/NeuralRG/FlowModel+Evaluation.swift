import Learning
import Numerics

/// What a model says, in double precision. Samples are rows of (count, L^2) numbers.
extension FlowModel {
    private typealias Tile = FlowTile<Double>

    /// x = g(z) and ln |det dx/dz| of each.
    public func decode(
        _ latents: UnsafePointer<Double>, count: Int, into samples: UnsafeMutablePointer<Double>,
        logDeterminants: UnsafeMutablePointer<Double>, progress: Progress = .none
    ) throws(Failure) {
        try transform(latents, count, samples, logDeterminants, progress) { $0.decode($1) }
    }

    /// z = g^-1(x) and ln |det dz/dx| of each.
    public func encode(
        _ samples: UnsafePointer<Double>, count: Int, into latents: UnsafeMutablePointer<Double>,
        logDeterminants: UnsafeMutablePointer<Double>, progress: Progress = .none
    ) throws(Failure) {
        try transform(samples, count, latents, logDeterminants, progress) { $0.encode($1) }
    }

    /// ln q(x) of each, normalised.
    public func logProbability(
        _ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        let parameters = try packed(Double.self)
        eachTile(of: count, try tiles(for: count), progress) { tile, first, rows in
            tile.load(samples, first: first, count: count)
            let one = logDensity(tile, parameters.base)
            guard configuration.symmetric else { return write(one, rows, values + first) }
            tile.load(samples, first: first, count: count)
            tile.negate(tile.sites)
            let other = logDensity(tile, parameters.base)
            // ln((e^a + e^b) / 2)
            var both = one
            for lane in 0..<rows {
                let (high, low) = (max(one[lane], other[lane]), min(one[lane], other[lane]))
                both[lane] = high + softplus(SIMD8(repeating: low - high))[0] - 0.6931471805599453
            }
            write(both, rows, values + first)
        }
        try progress.check("evaluation was interrupted")
    }

    /// Independent samples of q and ln pi(x) of each.
    /// - Parameter latents: receives the z they were decoded from, up to the global flip, or nil.
    public func sample(
        _ count: Int, seed: UInt64, into samples: UnsafeMutablePointer<Double>,
        latents: UnsafeMutablePointer<Double>? = nil, progress: Progress = .none
    ) throws(Failure) {
        let parameters = try packed(Double.self)
        let n = shape.sites
        eachTile(of: count, try tiles(for: count), progress) { tile, first, rows in
            tile.fillNormal(seed: seed, tile: first / 32, step: 0)
            if let latents { store(tile.sites, width: n, into: latents + first * n, first: 0, count: rows) }
            _ = tile.decode(parameters.base)
            store(tile.sites, width: n, into: samples + first * n, first: 0, count: rows)
            guard configuration.symmetric else { return }
            var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(first / 32), step: 1)
            for row in 0..<rows where random.nextUniform()[0] < 0.5 {
                for i in 0..<n { samples[(first + row) * n + i].negate() }
            }
        }
        try progress.check("sampling was interrupted")
    }

    private func transform(
        _ input: UnsafePointer<Double>, _ count: Int, _ output: UnsafeMutablePointer<Double>,
        _ logDeterminants: UnsafeMutablePointer<Double>, _ progress: Progress,
        _ body: (Tile, UnsafePointer<Double>) -> SampleBlock<Double>
    ) throws(Failure) {
        let parameters = try packed(Double.self)
        let n = shape.sites
        eachTile(of: count, try tiles(for: count), progress) { tile, first, rows in
            tile.load(input, first: first, count: count)
            write(body(tile, parameters.base), rows, logDeterminants + first)
            store(tile.sites, width: n, into: output + first * n, first: 0, count: rows)
        }
        try progress.check("evaluation was interrupted")
    }

    private func logDensity(_ tile: Tile, _ parameters: UnsafePointer<Double>) -> SampleBlock<Double> {
        let determinant = tile.encode(parameters)
        return tile.logNormal() + determinant
    }

    private func tiles(for count: Int) throws(Failure) -> [Tile] {
        var tiles: [Tile] = []
        for _ in 0..<min((count + 31) / 32, mostWorkspaces) { tiles.append(try Tile(shape, trains: false)) }
        return tiles
    }

    private func write(_ block: SampleBlock<Double>, _ rows: Int, _ values: UnsafeMutablePointer<Double>) {
        for lane in 0..<rows { values[lane] = block[lane] }
    }
}

extension DualIsing {
    /// ln pi(x) of rows of (count, L^2) numbers.
    public func logDensity(
        _ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        var kernels: [(Kernel<Double>, Buffer<SampleBlock<Double>>)] = []
        for _ in 0..<min((count + 31) / 32, mostWorkspaces) {
            kernels.append((try Kernel(self), try Buffer(count: sites)))
        }
        eachTile(of: count, kernels, progress) { work, first, rows in
            let (kernel, x) = work
            load(samples, width: sites, into: x.base, first: first, count: count)
            let density = kernel.logDensity(x.base, addingGradientTo: nil)
            for lane in 0..<rows { values[first + lane] = density[lane] }
        }
        try progress.check("evaluation was interrupted")
    }
}
