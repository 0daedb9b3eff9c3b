/// A vector between two sites of the torus.
package struct Displacement: Hashable, Sendable {
    package var row, column: Int

    package init(row: Int, column: Int) { (self.row, self.column) = (row, column) }

    var squaredLength: Int { row * row + column * column }

    /// The shortest one between the same sites of an L x L torus; of two alike the negative one.
    package func wrapped(_ size: Int) -> Displacement {
        func wrap(_ x: Int) -> Int { (x + size / 2) & (size - 1) - size / 2 }
        return Displacement(row: wrap(row), column: wrap(column))
    }

    /// The site that lies so far from another, as i L + j; L is a power of two.
    package func site(from origin: Int, _ size: Int) -> Int {
        let row = (origin / size + row) & (size - 1)
        let column = (origin % size + column) & (size - 1)
        return row * size + column
    }
}

/// The eight operations of the square's point group on displacements.
package enum PointGroup {
    package static let order = 8

    package static func apply(_ operation: Int, _ d: Displacement) -> Displacement {
        let turned = operation & 4 == 0 ? d : Displacement(row: d.column, column: d.row)
        return Displacement(
            row: operation & 1 == 0 ? turned.row : -turned.row,
            column: operation & 2 == 0 ? turned.column : -turned.column)
    }
}

/// The spins drawn before a class, around one of its sites, and the symmetry that they have.
///
/// Neighbours come in closed shells, the nearest first. The point operations are those that map the
/// whole set of drawn spins around the site to itself, so that the conditional probability of the
/// spin is the same before and after them.
package struct Neighbourhood: Sendable {
    package let displacements: [Displacement]
    /// How many neighbours the first shells have together, in order.
    package let shells: [Int]
    /// Each operation as a permutation: neighbour k goes where neighbour `permutation[k]` is.
    package let permutations: [[Int]]

    /// Neighbours in an order of their own, with no symmetry.
    init(displacements: [Displacement] = []) {
        self.displacements = displacements
        (shells, permutations) = (displacements.isEmpty ? [] : [displacements.count], [Array(displacements.indices)])
    }

    /// - Parameters:
    ///   - site: any site of the class.
    ///   - isDrawn: the spins drawn before, L x L; their pattern is that of the lattice of spacing a.
    ///   - count: neighbours wanted, 1 to 64; the last shell is taken whole.
    init(of site: Int, _ isDrawn: [Bool], size: Int, spacing: Int, count: Int) {
        let torus = size / spacing
        let (window, period) = (min(20, torus), min(8, torus))
        func displacement(_ i: Int, _ j: Int) -> Displacement {
            Displacement(row: (i - window / 2) * spacing, column: (j - window / 2) * spacing).wrapped(size)
        }
        func drawn(_ d: Displacement) -> Bool { isDrawn[d.site(from: site, size)] }
        var found: [Displacement] = []
        for i in 0..<window {
            for j in 0..<window where drawn(displacement(i, j)) { found.append(displacement(i, j)) }
        }
        // The corners of the window are farther than sites beyond its sides.
        let reach = window < torus ? (window / 2 - 1) * (window / 2 - 1) * spacing * spacing : .max
        found = found.filter { $0.squaredLength <= reach }.sorted { a, b in
            (a.squaredLength, a.row, a.column) < (b.squaredLength, b.row, b.column)
        }
        let shells = (1..<max(found.count + 1, 1)).filter {
            $0 == found.count || found[$0].squaredLength > found[$0 - 1].squaredLength
        }
        let kept = shells.first { $0 >= count } ?? found.count
        let displacements = Array(found[..<kept])
        self.displacements = displacements
        self.shells = shells.filter { $0 <= kept }
        let position = Dictionary(uniqueKeysWithValues: displacements.enumerated().map { ($1, $0) })
        let operations = (0..<PointGroup.order).filter { operation in
            for i in 0..<period {
                for j in 0..<period {
                    let d = Displacement(row: i * spacing, column: j * spacing)
                    if drawn(d) != drawn(PointGroup.apply(operation, d)) { return false }
                }
            }
            return true
        }
        permutations = operations.map { operation in
            displacements.map { position[PointGroup.apply(operation, $0).wrapped(size)]! }
        }
    }

    /// How many neighbours the closed shells within the first `count` have.
    func closed(within count: Int) -> Int { shells.last { $0 <= count } ?? 0 }
}
