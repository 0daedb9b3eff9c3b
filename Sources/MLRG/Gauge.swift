import Numerics

/// Renamings of the student's hidden components that leave its distribution as it is: equal
/// irreducible representations exchange their places, and each may change its sign. They act on
/// couplings as J -> J D, a signed permutation; renamings of the states of a spin, by other matrices.
struct Gauge {
    /// A linear map of couplings: for each of them what it is made of.
    typealias Element = [[(source: Int, weight: Double)]]

    private let elements: [Element]

    init(_ elements: [Element]) { self.elements = elements }

    init(corners: Representation, centre: Representation, frame: Frame) {
        let couplings = Bond(edge: corners, vertex: centre, frame: frame).couplings
        elements = Self.orders(centre.irreps).flatMap { order in
            (0..<1 << order.count).map { signs in
                let columns = Self.onComponents(centre, order, signs)
                var element = SignedPermutation.identity(couplings.count)
                for (c, pair) in couplings.enumerated() {
                    element.source[c] = couplings.firstIndex { $0 == (pair.edge, columns.source[pair.vertex]) }!
                    element.sign[c] = columns.sign[pair.vertex]
                }
                return element.source.indices.map { [(element.source[$0], element.sign[$0])] }
            }
        }
    }

    /// Whether some copy of `a` is `b`, within 1e-4 of the largest coupling or of 1.
    func identifies(_ a: [Double], _ b: [Double]) -> Bool {
        let tolerance = 1e-4 * b.reduce(1) { max($0, abs($1)) }
        return elements.contains { element in
            zip(Self.copy(of: a, element), b).allSatisfy { abs($0 - $1) <= tolerance }
        }
    }

    /// The copy of `a` nearest to `target`; among equally near ones (within 1e-9) the one whose
    /// first differing coupling is the larger.
    func copy(of a: [Double], nearestTo target: [Double]) -> [Double] {
        var (best, least) = (a, Double.infinity)
        for element in elements {
            let copy = Self.copy(of: a, element)
            let distance = zip(copy, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let first = a.indices.first { abs(copy[$0] - best[$0]) > 1e-9 }
            if distance < least - 1e-9 || distance < least + 1e-9 && first.map({ copy[$0] > best[$0] }) ?? false {
                (best, least) = (copy, min(distance, least))
            }
        }
        return best
    }

    private static func copy(of a: [Double], _ element: Element) -> [Double] {
        element.map { row in
            row.dropFirst().reduce(row[0].weight * a[row[0].source]) { $0 + $1.weight * a[$1.source] }
        }
    }

    /// Orders of the irreducible representations in which each place keeps its kind.
    private static func orders(_ irreps: [String]) -> [[Int]] {
        irreps.reduce([[]]) { orders, irrep in
            orders.flatMap { order in
                irreps.indices.filter { irreps[$0] == irrep && !order.contains($0) }.map { order + [$0] }
            }
        }
    }

    private static func onComponents(
        _ representation: Representation, _ order: [Int], _ signs: Int
    ) -> SignedPermutation {
        let widths = representation.irreps.map { $0 == "E" ? 2 : 1 }
        let starts = widths.indices.map { widths[..<$0].reduce(0, +) }
        var result = SignedPermutation.identity(representation.components)
        for (place, irrep) in order.enumerated() {
            for k in 0..<widths[place] {
                result.source[starts[place] + k] = starts[irrep] + k
                result.sign[starts[place] + k] = signs >> place & 1 == 1 ? -1 : 1
            }
        }
        return result
    }
}
