/// The order in which the spins of an L x L torus are drawn, from coarse to fine.
///
/// After a first spin come the spacings a = L/2, ..., 2, 1. At each the sites B at (a, a) are drawn
/// between those of the lattice of spacing 2 a, then C at (a, 0) and D at (0, a); each kind in
/// colours one after another, in quincunx order. At a = 1 the sites C and D, whose neighbours are
/// all drawn, are exact, and with them the odd half of B, given which C and D can be summed.
package struct Hierarchy: Sendable {
    package let size: Int
    package let classes: [SiteClass]

    /// - Parameters:
    ///   - size: L, a power of two, at least 4.
    ///   - colours: of each kind of sites, 1, 2, 4 or 8.
    ///   - neighbours: of a learned class.
    package init(size: Int, colours: Int, neighbours: Int) {
        self.size = size
        var isDrawn = [Bool](repeating: false, count: size * size)
        var classes: [SiteClass] = []
        func add(
            _ spacing: Int, _ position: SiteClass.Position, _ colour: Int, _ kind: SiteClass.Kind, _ sites: [Int],
            _ neighbourhood: Neighbourhood
        ) {
            classes.append(
                SiteClass(
                    spacing: spacing, position: position, colour: colour, kind: kind, sites: sites,
                    neighbourhood: neighbourhood))
            for site in sites { isDrawn[site] = true }
        }
        add(size, .root, 0, .learned, [0], Neighbourhood())
        var a = size / 2
        while a >= 1 {
            for (position, row, column) in [(SiteClass.Position.centre, a, a), (.vertical, a, 0), (.horizontal, 0, a)] {
                if a == 1, position != .centre { continue }
                let groups = Hierarchy.colours(colours, size: size, spacing: 2 * a).map { group in
                    group.map { ($0.row + row) * size + $0.column + column }
                }
                let learned = a == 1 && colours > 1 ? groups.count / 2 : groups.count
                for (colour, sites) in groups[..<learned].enumerated() {
                    let around = Neighbourhood(
                        of: sites[0], isDrawn, size: size, spacing: a, count: neighbours)
                    add(a, position, colour, .learned, sites, around)
                }
                if learned < groups.count {
                    let odd = groups[learned...].flatMap { $0 }.sorted()
                    add(a, position, learned, .exact, odd, ExactField.aroundCentre)
                }
            }
            a /= 2
        }
        let bonds = (0..<size * size).filter { ($0 / size + $0 % size) % 2 == 1 }
        add(1, .bonds, 0, .exact, bonds, ExactField.aroundBond)
        self.classes = classes
    }

    /// The sites of the lattice of this spacing by colours, those of the first half even.
    private static func colours(_ count: Int, size: Int, spacing: Int) -> [[Displacement]] {
        let bits = count.trailingZeroBitCount
        var groups: [Int: [Displacement]] = [:]
        for i in 0..<size / spacing {
            for j in 0..<size / spacing {
                groups[colour(i, j, bits), default: []].append(Displacement(row: i * spacing, column: j * spacing))
            }
        }
        return groups.keys.sorted().map { groups[$0]! }
    }

    /// Halves the square lattice again and again: by chessboards, each of which is a square lattice.
    private static func colour(_ i: Int, _ j: Int, _ bits: Int) -> Int {
        guard bits > 0 else { return 0 }
        let first = (i + j) & 1
        guard bits > 1 else { return first }
        return (first << 1 | i & 1) << (bits - 2) | colour(i >> 1, j >> 1, bits - 2)
    }
}
