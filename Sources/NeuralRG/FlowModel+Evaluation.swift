import Learning
import Numerics

/// What a model says, in double precision. Samples are rows of (count, L^2) numbers.
extension FlowModel {
    typealias Tile = FlowTile<Double>

    /// x = g(z) and ln |det dx/dz| of each.
    /// - Parameter layers: of the hierarchy, by default all; those outside leave everything as it is.
    public func decode(
        _ latents: UnsafePointer<Double>, count: Int, into samples: UnsafeMutablePointer<Double>,
        logDeterminants: UnsafeMutablePointer<Double>, layers: Range<Int>? = nil, progress: Progress = .none
    ) throws(Failure) {
        try eachRow(of: count, progress) { tile, parameters, first, rows in
            tile.load(latents, first: first, count: count)
            write(tile.decode(parameters, layers: layers), rows, logDeterminants + first)
            store(tile, rows, samples, first)
        }
    }

    /// z = g^-1(x) and ln |det dz/dx| of each.
    /// - Parameter layers: as for `decode`.
    public func encode(
        _ samples: UnsafePointer<Double>, count: Int, into latents: UnsafeMutablePointer<Double>,
        logDeterminants: UnsafeMutablePointer<Double>, layers: Range<Int>? = nil, progress: Progress = .none
    ) throws(Failure) {
        try eachRow(of: count, progress) { tile, parameters, first, rows in
            tile.load(samples, first: first, count: count)
            write(tile.encode(parameters, layers: layers), rows, logDeterminants + first)
            store(tile, rows, latents, first)
        }
    }

    /// ln q(x) of each, normalised.
    public func logProbability(
        _ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        try eachRow(of: count, progress) { tile, parameters, first, rows in
            tile.load(samples, first: first, count: count)
            var density = logDensity(tile, parameters)
            if configuration.symmetric {
                tile.load(samples, first: first, count: count)
                tile.negate(tile.sites)
                density = mixture(density, logDensity(tile, parameters))
            }
            write(density, rows, values + first)
        }
    }

    /// Independent samples x of q.
    /// - Parameters:
    ///   - latents: receives the z they were decoded from, up to the global flip, or nil.
    ///   - logProbabilities: receives ln q(x), or nil. Decoding has given it already; a symmetric
    ///     density takes one encoding of -x.
    public func sample(
        _ count: Int, seed: UInt64, into samples: UnsafeMutablePointer<Double>,
        latents: UnsafeMutablePointer<Double>? = nil, logProbabilities: UnsafeMutablePointer<Double>? = nil,
        progress: Progress = .none
    ) throws(Failure) {
        try eachRow(of: count, progress) { tile, parameters, first, rows in
            tile.fillNormal(seed: seed, tile: first / 32, step: 0)
            if let latents { store(tile, rows, latents, first) }
            var density = tile.logNormal()
            density -= tile.decode(parameters)
            store(tile, rows, samples, first)
            if configuration.symmetric {
                flip(samples + first * shape.sites, rows, seed: seed, tile: first / 32)
                if logProbabilities != nil {
                    tile.negate(tile.sites)
                    density = mixture(density, logDensity(tile, parameters))
                }
            }
            if let logProbabilities { write(density, rows, logProbabilities + first) }
        }
    }

    /// Negates every row with the probability of one half.
    private func flip(_ rows: UnsafeMutablePointer<Double>, _ count: Int, seed: UInt64, tile: Int) {
        var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(tile), step: 1)
        for row in 0..<count where random.nextUniform()[0] < 0.5 {
            for i in row * shape.sites..<(row + 1) * shape.sites { rows[i].negate() }
        }
    }

    // MARK: - Tiles

    /// Runs `body(tile, packed parameters, first, count)` for tiles of `count` rows, counting them.
    func eachRow(
        of count: Int, _ progress: Progress,
        _ body: (Tile, UnsafePointer<Double>, _ first: Int, _ count: Int) -> Void
    ) throws(Failure) {
        let parameters = try packed(Double.self)
        var tiles: [Tile] = []
        for _ in 0..<min((count + 31) / 32, mostWorkspaces) {
            tiles.append(try Tile(shape, trains: false, progress: progress))
        }
        eachTile(of: count, tiles, progress) { tile, first, rows in
            body(tile, parameters.base, first, rows)
            progress.advance(by: rows)
        }
        try progress.check("evaluation was interrupted")
    }

    /// ln q0(x) of the tile's configurations, which become latent variables.
    private func logDensity(_ tile: Tile, _ parameters: UnsafePointer<Double>) -> SampleBlock<Double> {
        let determinant = tile.encode(parameters)
        return tile.logNormal() + determinant
    }

    /// ln((e^a + e^b) / 2)
    private func mixture(_ a: SampleBlock<Double>, _ b: SampleBlock<Double>) -> SampleBlock<Double> {
        var result = a
        for lane in 0..<SampleBlock<Double>.width {
            let (high, low) = (max(a[lane], b[lane]), min(a[lane], b[lane]))
            result[lane] = high + softplus(SIMD8(repeating: low - high))[0] - 0.6931471805599453
        }
        return result
    }

    private func store(_ tile: Tile, _ rows: Int, _ values: UnsafeMutablePointer<Double>, _ first: Int) {
        Learning.store(tile.sites, width: shape.sites, into: values + first * shape.sites, first: 0, count: rows)
    }

    private func write(_ block: SampleBlock<Double>, _ rows: Int, _ values: UnsafeMutablePointer<Double>) {
        for lane in 0..<rows { values[lane] = block[lane] }
    }
}
