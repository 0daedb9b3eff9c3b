import Numerics

/// The bond energy -sum J_(ab k) K_k(s_a, t_b) of an edge spin s and a vertex spin t of q states per
/// component (Eq. 4 of Hou & You), as tables over the states of both.
///
/// On the representative bond, which runs from the edge along +x, the mirror makes the couplings of
/// (a, b) and of its mirror image equal (Eq. 3): they are one. Pairs of states with equal energies for
/// all couplings make a class, so that weights are tabulated per class.
package struct StateBond {
    package struct Coupling: Equatable {
        /// Smallest pair of components that the coupling joins, and the others.
        let edge, vertex, kernel: Int
        let pairs: [[Int]]
    }

    let states: SpinStates
    let couplings: [Coupling]
    /// What multiplies each coupling in the log-weight of each class, (classes, couplings).
    let features: [Double]
    let classCount: Int
    /// Class of each (edge state, vertex state) on the bond in direction 0: +x, and then
    /// counter-clockwise; (4, states, states).
    let classes: [Int32]
    /// Where the rotation by 90 degrees takes each state of a spin.
    let turned: [Int]

    init(_ symmetry: InternalSymmetry, _ places: SpinPlaces, frame: Frame) {
        let states = SpinStates(q: symmetry.q, components: places.count)
        let couplings = Self.couplings(symmetry, places, frame)
        (self.states, self.couplings) = (states, couplings)
        let turned = states.images(places: places.rotation)
        let n = states.count
        var found: [[Int64]: Int32] = [:]
        var features: [Double] = []
        var base = [Int32](repeating: 0, count: n * n)
        let decoded = (0..<n).map(states.decode)
        for s in 0..<n {
            for t in 0..<n {
                let row = couplings.map { coupling in
                    coupling.pairs.reduce(0.0) {
                        $0 + symmetry.kernel(coupling.kernel, decoded[s][$1[0]], decoded[t][$1[1]])
                    }
                }
                // Equal up to rounding.
                let key = row.map { Int64(($0 * 0x1p36).rounded()) }
                if let known = found[key] {
                    base[s * n + t] = known
                } else {
                    base[s * n + t] = Int32(found.count)
                    found[key] = Int32(found.count)
                    features += row
                }
            }
        }
        var classes = base
        var back = Array(0..<n)  // the state turned back by the direction
        for _ in 1..<4 {
            var inverse = back
            for s in 0..<n { inverse[turned[s]] = back[s] }
            back = inverse
            for s in 0..<n { for t in 0..<n { classes.append(base[back[s] * n + back[t]]) } }
        }
        (self.features, self.classes, self.turned) = (features, classes, turned)
        classCount = found.count
    }

    /// By pairs of components in row-major order, then by kernels.
    package static func couplings(
        _ symmetry: InternalSymmetry, _ places: SpinPlaces, _ frame: Frame
    ) -> [Coupling] {
        // Axes of an edge spin are those of the lattice on which it was a corner.
        let edge = places.mirror(offset: frame == .consistent ? 2 : 0)
        let vertex = places.mirror()
        var result: [Coupling] = []
        for a in 0..<places.count {
            for b in 0..<places.count {
                let image = [edge[a], vertex[b]]
                if image.lexicographicallyPrecedes([a, b]) { continue }
                let pairs = image == [a, b] ? [image] : [[a, b], image]
                for kernel in 0..<symmetry.kernelCount {
                    result.append(Coupling(edge: a, vertex: b, kernel: kernel, pairs: pairs))
                }
            }
        }
        return result
    }

    /// Classes of the bond in a direction, (edge state, vertex state).
    func table(_ direction: Int) -> ArraySlice<Int32> {
        let size = states.count * states.count
        return classes[direction % 4 * size..<(direction % 4 + 1) * size]
    }
}
