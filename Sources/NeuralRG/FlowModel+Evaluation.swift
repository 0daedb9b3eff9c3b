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
            tile.adjoints.update(from: tile.sites, count: shape.sites)
            write(averaged(logDensity(tile, parameters), tile, parameters), rows, values + first)
        }
    }

    /// Independent samples x of q.
    /// - Parameters:
    ///   - latents: receives the z they were decoded from, up to the symmetry, or nil.
    ///   - logProbabilities: receives ln q(x), or nil. Decoding has given it already; a symmetric
    ///     density takes one encoding of each other image of x.
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
            if symmetry.order > 1 {
                turn(samples + first * shape.sites, rows, seed: seed, tile: first / 32)
                if logProbabilities != nil {
                    tile.adjoints.update(from: tile.sites, count: shape.sites)
                    density = averaged(density, tile, parameters)
                }
            }
            if let logProbabilities { write(density, rows, logProbabilities + first) }
        }
    }

    /// Replaces every row by one of its images, each as likely as another.
    private func turn(_ rows: UnsafeMutablePointer<Double>, _ count: Int, seed: UInt64, tile: Int) {
        let n = shape.sites
        var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(tile), step: 1)
        for row in 0..<count {
            let drawn = Int(random.nextUniform()[0] * Double(symmetry.order))
            let element = symmetry.elements[symmetry.order - 1 - drawn]
            let values = rows + row * n
            let old = Array(UnsafeBufferPointer(start: values, count: n))
            for i in 0..<n {
                let value = old[Int(element.sources[i])]
                values[i] = element.negated[i] ? -value : value
            }
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

    /// ln of the mean of q0(g x), from ln q0(x) and x, which `adjoints` hold.
    private func averaged(
        _ first: SampleBlock<Double>, _ tile: Tile, _ parameters: UnsafePointer<Double>
    ) -> SampleBlock<Double> {
        if symmetry.order == 1 { return first }
        var sum = first
        for element in symmetry.elements.dropFirst() {
            element.apply(tile.adjoints, into: tile.sites)
            let next = logDensity(tile, parameters)
            for lane in 0..<SampleBlock<Double>.width {
                let (high, low) = (max(sum[lane], next[lane]), min(sum[lane], next[lane]))
                sum[lane] = high + softplus(SIMD8(repeating: low - high))[0]
            }
        }
        return sum - SampleBlock(repeating: log(SIMD8<Double>(repeating: Double(symmetry.order)))[0])
    }

    private func store(_ tile: Tile, _ rows: Int, _ values: UnsafeMutablePointer<Double>, _ first: Int) {
        Learning.store(tile.sites, width: shape.sites, into: values + first * shape.sites, first: 0, count: rows)
    }

    private func write(_ block: SampleBlock<Double>, _ rows: Int, _ values: UnsafeMutablePointer<Double>) {
        for lane in 0..<rows { values[lane] = block[lane] }
    }
}
