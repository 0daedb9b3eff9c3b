import Numerics

/// How the bijectors of a network are arranged (Figs. 1 and 2 of Li & Wang).
public enum Structure: Int32, CaseIterable, Sendable {
    /// Disentanglers and decimators at every scale, as in the multiscale entanglement
    /// renormalization ansatz.
    case mera = 0
    /// Disentanglers only, all at the scale of the lattice (Fig. 2a): time-evolving block decimation.
    case tebd = 1
    /// Decimators only (Fig. 2b): a tree.
    case tree = 2
}

/// Which sites each bijector of a network acts on, in the order of encoding: from the physical
/// variables on a torus to the latent ones, which live on the same sites.
///
/// A decimator at scale n acts on b x b sites whose distance is b^n, all coordinates being multiples
/// of b^n. It passes its first site on to scale n + 1; the others are latent variables of scale n.
/// A disentangler does the same on sites shifted by half a block, across the decimators' borders. The
/// sites that reach the last scale, and in a disentangler-only network all sites, are latent too.
///
/// Along an axis where fewer than b sites are left blocks have as many, in the end one.
public struct Hierarchy: Sendable, Equatable {
    public struct Layer: Sendable, Equatable {
        public let isDecimator: Bool
        public let scale: Int
        /// Sites of a block along both axes.
        public let rows, columns: Int
        /// Sites i columns + j of each block, row by row: of 2 x 2 top left, top right, bottom left,
        /// bottom right.
        public let sites: [Int32]
        /// Sites beside each block, in other blocks: left and right of each row, above and below each
        /// column. Across the border of a small torus they can be the block's own.
        package let neighbours: [Int32]
        /// Where each of them is in its own block.
        package let neighbourPlaces: [Int]

        public var width: Int { rows * columns }
        public var blockCount: Int { sites.count / width }
    }

    public let grid: Grid
    public let layers: [Layer]
    /// Distances of sites that reach each scale, along both axes, the lattice first.
    let distances: [(rows: Int, columns: Int)]

    public static func == (a: Hierarchy, b: Hierarchy) -> Bool { a.grid == b.grid && a.layers == b.layers }

    /// - Parameters:
    ///   - grid: with sides that are powers of two.
    ///   - block: b, 2 or 4.
    ///   - depth: scales of a MERA or tree, by default and at most as many as leave a single site; pairs
    ///     of layers of a disentangler network, at most 64, by default as many as a MERA has scales.
    ///   - repeats: of the layers at every scale, 1 to 16.
    public init(
        _ structure: Structure, grid: Grid, block: Int = 2, depth: Int? = nil, repeats: Int
    ) throws(Failure) {
        guard grid.rows & (grid.rows - 1) == 0, grid.columns & (grid.columns - 1) == 0 else {
            throw .invalidArgument("the sides must be powers of two, not \(grid.rows) x \(grid.columns)")
        }
        guard block == 2 || block == 4 else { throw .invalidArgument("block must be 2 or 4, not \(block)") }
        var distances = [(rows: 1, columns: 1)]
        while distances.last! != (grid.rows, grid.columns) {
            let last = distances.last!
            distances.append((min(grid.rows, block * last.rows), min(grid.columns, block * last.columns)))
        }
        let scales = distances.count - 1
        let (depth, deepest) = (depth ?? scales, structure == .tebd ? 64 : scales)
        guard (1...deepest).contains(depth) else {
            throw .invalidArgument("depth must be from 1 to \(deepest), not \(depth)")
        }
        guard (1...16).contains(repeats) else {
            throw .invalidArgument("repeat must be from 1 to 16, not \(repeats)")
        }
        (self.grid, self.distances) = (grid, distances)
        var layers: [Layer] = []
        for level in 0..<depth {
            let scale = structure == .tebd ? 0 : level
            func layer(isDecimator: Bool, isShifted: Bool) -> Layer {
                Self.layer(grid, scale, distances[scale], distances[scale + 1], isDecimator, isShifted)
            }
            for _ in 0..<repeats {
                if structure != .tree { layers.append(layer(isDecimator: false, isShifted: true)) }
                layers.append(layer(isDecimator: structure != .tebd, isShifted: false))
            }
        }
        self.layers = layers
    }

    /// Whether a layer is the last of the decimators of its scale.
    func isLastDecimator(_ index: Int) -> Bool {
        layers[index].isDecimator
            && !layers[(index + 1)...].contains { $0.isDecimator && $0.scale == layers[index].scale }
    }

    /// - Parameter period: of the blocks.
    private static func layer(
        _ grid: Grid, _ scale: Int, _ distance: (rows: Int, columns: Int), _ period: (rows: Int, columns: Int),
        _ isDecimator: Bool, _ isShifted: Bool
    ) -> Layer {
        let (rows, columns) = (period.rows / distance.rows, period.columns / distance.columns)
        let shift = (
            rows: isShifted ? rows / 2 * distance.rows : 0, columns: isShifted ? columns / 2 * distance.columns : 0
        )
        var places = (0..<rows * columns).map { ($0 / columns, $0 % columns) }
        let own = places.count
        if columns > 1 { for i in 0..<rows { places += [(i, -1), (i, columns)] } }
        if rows > 1 { for j in 0..<columns { places += [(-1, j), (rows, j)] } }
        var (sites, neighbours): ([Int32], [Int32]) = ([], [])
        for i in stride(from: shift.rows, to: grid.rows + shift.rows, by: period.rows) {
            for j in stride(from: shift.columns, to: grid.columns + shift.columns, by: period.columns) {
                let all = places.map { row, column in
                    let (i, j) = (i + row * distance.rows + grid.rows, j + column * distance.columns + grid.columns)
                    return Int32(i % grid.rows * grid.columns + j % grid.columns)
                }
                sites += all[..<own]
                neighbours += all[own...]
            }
        }
        return Layer(
            isDecimator: isDecimator, scale: scale, rows: rows, columns: columns, sites: sites,
            neighbours: neighbours,
            neighbourPlaces: places[own...].map { ($0 + rows) % rows * columns + ($1 + columns) % columns })
    }

    /// Scale at which each site becomes a latent variable: the largest n for which both coordinates are
    /// multiples of the distances of scale n, at most `depth` of the decimators.
    public var latentScales: [Int] {
        let depth = layers.filter(\.isDecimator).map { $0.scale + 1 }.max() ?? 0
        return (0..<grid.sites).map { site in
            let (i, j) = (site / grid.columns, site % grid.columns)
            return (0...depth).last {
                i.isMultiple(of: distances[$0].rows) && j.isMultiple(of: distances[$0].columns)
            }!
        }
    }
}
