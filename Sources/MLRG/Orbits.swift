import Numerics

/// Visible states up to symmetry. Every element of C4v x Z2 acts on the visible units as a signed
/// permutation; those that leave both machines invariant for all couplings cut the 2^(4n) states
/// into orbits, and sums over states run over one state per orbit.
struct Orbits {
    /// One state per orbit (the smallest), ascending, and how many states it stands for.
    private(set) var representatives: [Int32] = []
    private(set) var multiplicity: [UInt8] = []

    init(_ representation: Representation, _ machines: [BoltzmannMachine]) {
        let units = 4 * representation.components
        let actions = Self.pointGroup(representation)
            .filter { element in machines.allSatisfy { Self.leavesInvariant(element, $0) } }
            .map { StateAction($0, representation.components) }
        var isCounted = [Bool](repeating: false, count: 1 << units)
        for state in 0..<1 << units where !isCounted[state] {
            var size: UInt8 = 0
            for action in actions {
                let image = action(state)
                for copy in [image, image ^ (1 << units - 1)] where !isCounted[copy] {
                    isCounted[copy] = true
                    size += 1
                }
            }
            representatives.append(Int32(state))
            multiplicity.append(size)
        }
    }

    /// A signed permutation of the units as a map of states, tabulated corner by corner.
    private struct StateAction {
        private let components: Int
        /// For each corner and each of its states, the bits of the image that come from there.
        private let images: [Int]

        init(_ element: SignedPermutation, _ components: Int) {
            self.components = components
            images = (0..<4).flatMap { corner in
                (0..<1 << components).map { state in
                    element.source.indices.reduce(0) { image, v in
                        let unit = element.source[v] - corner * components
                        guard (0..<components).contains(unit) else { return image }
                        let bit = state >> unit & 1
                        return image | (element.sign[v] > 0 ? bit : 1 - bit) << v
                    }
                }
            }
        }

        func callAsFunction(_ state: Int) -> Int {
            var image = 0
            for corner in 0..<4 {
                let own = state >> (corner * components) & (1 << components - 1)
                image |= images[corner << components | own]
            }
            return image
        }
    }

    /// The eight point operations as signed permutations of the visible units: corners move, and
    /// their components turn with them.
    private static func pointGroup(_ representation: Representation) -> [SignedPermutation] {
        let n = representation.components
        func onUnits(_ operation: SignedPermutation, cornerSource: [Int]) -> SignedPermutation {
            var result = SignedPermutation.identity(4 * n)
            for corner in 0..<4 {
                for a in 0..<n {
                    result.source[corner * n + a] = cornerSource[corner] * n + operation.source[a]
                    result.sign[corner * n + a] = operation.sign[a]
                }
            }
            return result
        }
        let rotation = onUnits(representation.rotation, cornerSource: [3, 0, 1, 2])
        let mirror = onUnits(representation.mirror, cornerSource: [3, 2, 1, 0])
        return (0..<4).flatMap { turns in
            [rotation.power(turns), mirror.followed(by: rotation.power(turns))]
        }
    }

    /// True if log p(element x) = log p(x) for all x and all couplings: the rows of W, as linear
    /// forms in J, are permuted up to a sign each.
    private static func leavesInvariant(_ element: SignedPermutation, _ machine: BoltzmannMachine) -> Bool {
        // Rows as vectors over (visible, coupling), normalised to a positive first entry.
        let width = machine.visibleCount * machine.couplingCount
        var rows = [[Double]](repeating: Array(repeating: 0, count: width), count: machine.hiddenCount)
        var moved = rows
        for term in machine.terms {
            rows[term.hidden][term.visible * machine.couplingCount + term.coupling] += term.coefficient
        }
        for v in 0..<machine.visibleCount {
            for c in 0..<machine.couplingCount {
                for h in 0..<machine.hiddenCount {
                    // x'_v = sign x_source(v): the weight of unit source(v) in the moved row
                    moved[h][element.source[v] * machine.couplingCount + c] =
                        element.sign[v] * rows[h][v * machine.couplingCount + c]
                }
            }
        }
        func canonical(_ rows: [[Double]]) -> [[Double]] {
            rows.map { row in (row.first { $0 != 0 } ?? 1) < 0 ? row.map { -$0 } : row }
                .sorted { $0.lexicographicallyPrecedes($1) }
        }
        return canonical(rows) == canonical(moved)
    }
}
