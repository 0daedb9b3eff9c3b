/// The couplings of a learned class: the field at a site is h = sum_o J_o phi_o, where phi_o is the sum
/// of a product of neighbouring spins over its orbit under the symmetry of the neighbourhood.
///
/// The nearest neighbours make the code, which a table of fields is looked up by: bit k is set where
/// neighbour k is -1. Orbits of farther neighbours are added up beside it.
package struct CouplingBasis: Sendable {
    /// What one coupling multiplies.
    package struct Orbit: Equatable, Sendable {
        /// Neighbours of each product.
        package let products: [[Int]]

        /// Factors of a product; 0 for a constant field.
        package var order: Int { products[0].count }
    }

    /// Bits of the code.
    package let codeBits: Int
    /// In the order of the couplings: single spins by distance, then constant, pairs, triples and so on.
    package let orbits: [Orbit]
    /// Which orbits are within the code, by their index; their products as sets of bits.
    let coded: [(index: Int, products: [Int])]
    /// Which orbits of single spins are beyond the code, and their neighbours.
    let far: [(index: Int, neighbours: [Int])]

    package var count: Int { orbits.count }
    /// Orbits of single spins, which come first.
    var singles: Int { orbits.prefix { $0.order == 1 }.count }

    /// - Parameter isOdd: whether products of an even number of spins are left out.
    package init(_ neighbourhood: Neighbourhood, neighbours: Int, triples: Int, quintuples: Int, isOdd: Bool) {
        let codeBits = neighbourhood.closed(within: neighbours)
        let (third, fifth) = (neighbourhood.closed(within: triples), neighbourhood.closed(within: quintuples))
        let all = neighbourhood.displacements.count
        let ranges = [
            (order: 1, among: all), (0, isOdd ? -1 : 0), (2, isOdd ? -1 : third), (3, third), (4, isOdd ? -1 : fifth),
            (5, fifth),
        ]
        var orbits: [Orbit] = []
        for (order, among) in ranges where among >= order {
            orbits += CouplingBasis.orbits(order: order, among: among, neighbourhood.permutations)
        }
        self.codeBits = codeBits
        self.orbits = orbits
        var coded: [(index: Int, products: [Int])] = []
        var far: [(index: Int, neighbours: [Int])] = []
        for (index, orbit) in orbits.enumerated() {
            if orbit.products.allSatisfy({ $0.allSatisfy { $0 < codeBits } }) {
                coded.append((index, orbit.products.map { $0.reduce(0) { $0 | 1 << $1 } }))
            } else {
                far.append((index, orbit.products.map { $0[0] }))
            }
        }
        (self.coded, self.far) = (coded, far)
    }

    /// Orbits of the products of `order` among the first neighbours, in the order of their first members.
    private static func orbits(order: Int, among count: Int, _ permutations: [[Int]]) -> [Orbit] {
        var seen: Set<[Int]> = []
        var orbits: [Orbit] = []
        var chosen = Array(0..<order)
        while true {
            if !seen.contains(chosen) {
                let images = Set(permutations.map { permutation in chosen.map { permutation[$0] }.sorted() })
                seen.formUnion(images)
                orbits.append(Orbit(products: images.sorted { $0.lexicographicallyPrecedes($1) }))
            }
            // The next combination.
            guard let last = chosen.indices.last(where: { chosen[$0] < count - order + $0 }) else { return orbits }
            chosen[last] += 1
            for i in chosen.indices where i > last { chosen[i] = chosen[i - 1] + 1 }
        }
    }
}
