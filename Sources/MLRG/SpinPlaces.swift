import Numerics

/// Where the components of a spin of q states sit: a permutation representation of C4v, written as in
/// "A1", "2A1", "P4" or "A1+P4d".
///
/// A component of "A1" is in the centre. Those of the others are at angles, in units of 22.5 degrees:
/// "P4" on the axes, "P4d" on the diagonals, "P8" in between. Operations of C4v move them, counted
/// counter-clockwise, and change nothing else: the states of a spin have no sign.
package struct SpinPlaces: Equatable {
    let name: String
    /// Of each component; nil in the centre.
    let angles: [Int?]
    /// First component and number of components of each term.
    let terms: [Range<Int>]

    private static let table: [String: [Int?]] = [
        "A1": [nil], "P4": [0, 4, 8, 12], "P4d": [2, 6, 10, 14], "P8": [1, 3, 5, 7, 9, 11, 13, 15],
    ]

    /// Whether a name has the places of some component.
    static func names(_ representation: String) -> Bool { representation.contains("P") }

    /// - Throws: `invalidArgument`, with the reason for irreducible representations that act by signs.
    package init(_ name: String) throws(Failure) {
        var (angles, terms): ([Int?], [Range<Int>]) = ([], [])
        for term in name.split(separator: "+", omittingEmptySubsequences: false) {
            let digits = term.prefix { $0.isASCII && $0.isNumber }
            let kind = String(term.dropFirst(digits.count))
            let multiplicity = digits.isEmpty ? 1 : Int(digits) ?? 0
            guard !["A2", "B1", "B2", "E"].contains(kind) else {
                throw .invalidArgument(
                    "representation \"\(name)\" has \(kind), which changes the sign of a component: the states "
                        + "of this spin have none. \"P4\", \"P4d\" and \"P8\" move components instead")
            }
            guard let places = Self.table[kind], (1...8).contains(multiplicity) else {
                throw .invalidArgument(
                    "representation must be a sum of A1, P4, P4d and P8 such as \"A1+P4\", not \"\(name)\"")
            }
            for _ in 0..<multiplicity {
                terms.append(angles.count..<angles.count + places.count)
                angles += places
            }
        }
        guard angles.count <= 8 else {
            throw .invalidArgument(
                "representation must have 1 to 8 components, \"\(name)\" has \(angles.count)")
        }
        (self.name, self.angles, self.terms) = (name, angles, terms)
    }

    package var count: Int { angles.count }

    /// Whether all components are in the centre, so that nothing moves.
    var isCentral: Bool { angles.allSatisfy { $0 == nil } }

    /// Where an operation takes each component: those at an angle to `move` of it.
    ///
    /// - Parameter offset: angle by which the axes of the spin are turned.
    private func moved(offset: Int, _ move: (Int) -> Int) -> [Int] {
        angles.indices.map { a in
            guard let angle = angles[a] else { return a }
            let target = (move(angle + offset) - offset + 32) % 16
            return terms.first { $0.contains(a) }!.first { angles[$0] == target }!
        }
    }

    /// The rotation by 90 degrees counter-clockwise: component a goes to the place of component [a].
    var rotation: [Int] { moved(offset: 0) { $0 + 4 } }

    /// The mirror that keeps the x axis, for a spin whose axes are turned by 22.5 degrees times `offset`.
    func mirror(offset: Int = 0) -> [Int] { moved(offset: offset) { -$0 } }
}

/// Permutations of components as maps of the q^m states of a spin, the first component slowest.
package struct SpinStates {
    let q, components: Int
    package let count: Int

    package init(q: Int, components: Int) {
        (self.q, self.components) = (q, components)
        count = (0..<components).reduce(1) { n, _ in n * q }
    }

    func decode(_ state: Int) -> [Int] {
        var (rest, result) = (state, [Int](repeating: 0, count: components))
        for a in (0..<components).reversed() { (rest, result[a]) = (rest / q, rest % q) }
        return result
    }

    func encode(_ values: [Int]) -> Int { values.reduce(0) { $0 * q + $1 } }

    /// Image of each state when component a moves to places[a] and its state s becomes names[a][s].
    func images(places: [Int], names: [[Int]]? = nil) -> [Int] {
        (0..<count).map { state in
            var moved = [Int](repeating: 0, count: components)
            for (a, value) in decode(state).enumerated() { moved[places[a]] = names?[a][value] ?? value }
            return encode(moved)
        }
    }
}
