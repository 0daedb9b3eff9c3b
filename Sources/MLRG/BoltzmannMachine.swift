import Numerics

/// In which coordinates the student's spins are read; see `BoltzmannMachine.student`.
public enum Frame: Int32, CaseIterable, Sendable {
    /// As in the published programs: corner k of the cross stands in direction k of the old lattice.
    case published = 0
    /// Turned with the new lattice, so that the mirrors of teacher and student are the same.
    case consistent = 1
}

/// A restricted Boltzmann machine p(x, z) ~ exp(sum W_hv z_h x_v) whose weights W are linear in
/// the couplings J, on one of the two graphs of Fig. 3 of Hou & You.
///
/// Visible spins are the four corners, counter-clockwise from top right; component b of corner k
/// is visible unit k * components + b.
struct BoltzmannMachine {
    /// W[hidden][visible] contains sign * J[coupling].
    struct Term: Equatable {
        let hidden, visible, coupling: Int
        let sign: Double
    }

    let hiddenCount, visibleCount, couplingCount: Int
    /// Components of a corner.
    let components: Int
    let terms: [Term]

    /// The square graph (Eq. 5): edge spin e lies between corners e and e + 1. Its bonds run from
    /// the edge to the vertex, in the directions e and e + 2 (0: +x, then counter-clockwise).
    static func teacher(_ representation: Representation) -> BoltzmannMachine {
        let n = representation.components
        let bonds = (0..<4).flatMap { e in
            [(begin: e, end: e, direction: e), (begin: e, end: (e + 1) % 4, direction: (e + 2) % 4)]
        }
        let terms = bonds.flatMap { bond in
            bondTerms(representation, representation, direction: bond.direction).map { term in
                Term(
                    hidden: bond.begin * n + term.a, visible: bond.end * n + term.b,
                    coupling: term.coupling, sign: term.sign)
            }
        }
        return BoltzmannMachine(
            hiddenCount: 4 * n, visibleCount: 4 * n, couplingCount: representation.couplingCount,
            components: n, terms: terms)
    }

    /// The cross graph (Eq. 6): one hidden spin, with bonds from the corners to it.
    ///
    /// - Parameter hidden: representation of the centre where it differs from the corners', as in
    ///   Fig. 4.
    static func student(
        corners: Representation, centre: Representation, frame: Frame
    ) throws(Failure) -> BoltzmannMachine {
        guard frame == .published || (corners.name == "A1" && centre.name == "A1") else {
            throw .invalidArgument("frame must be \"published\" for a representation other than A1")
        }
        let n = corners.components
        let terms = (0..<4).flatMap { corner in
            bondTerms(corners, centre, direction: corner).map { term in
                Term(
                    hidden: term.b, visible: corner * n + term.a, coupling: term.coupling,
                    sign: term.sign)
            }
        }
        return BoltzmannMachine(
            hiddenCount: centre.components, visibleCount: 4 * n,
            couplingCount: Representation.couplings(edge: corners, vertex: centre).count,
            components: n, terms: terms)
    }

    /// The bond energy -J_ab s_a t_b (Eq. 15) turned by C4^direction: both spins are turned back,
    /// s -> T^-direction s, before the representative bond acts on them.
    private static func bondTerms(
        _ edge: Representation, _ vertex: Representation, direction: Int
    ) -> [(a: Int, b: Int, coupling: Int, sign: Double)] {
        let turnEdge = edge.rotation.power((4 - direction) % 4)
        let turnVertex = vertex.rotation.power((4 - direction) % 4)
        return Representation.couplings(edge: edge, vertex: vertex).enumerated().map { index, pair in
            (
                turnEdge.source[pair.a], turnVertex.source[pair.b], index,
                turnEdge.sign[pair.a] * turnVertex.sign[pair.b]
            )
        }
    }

    /// Dense weights W, shape (hidden, visible).
    func weights(_ couplings: UnsafePointer<Double>) -> [Double] {
        var result = [Double](repeating: 0, count: hiddenCount * visibleCount)
        for term in terms {
            result[term.hidden * visibleCount + term.visible] += term.sign * couplings[term.coupling]
        }
        return result
    }

    /// log sum_z exp(-E(x, z)) of visible state `bits` (bit v set: x_v = +1), Eq. 8.
    func logWeight(_ bits: Int, weights: [Double]) -> Double {
        var total = 0.0
        for h in 0..<hiddenCount {
            var field = 0.0
            for v in 0..<visibleCount {
                let weight = weights[h * visibleCount + v]
                field += bits >> v & 1 == 1 ? weight : -weight
            }
            total += logTwoCosh(field)
        }
        return total
    }
}

/// log(2 cosh x) without overflow.
func logTwoCosh(_ x: Double) -> Double { logCosh(SIMD8(repeating: x))[0] + 0.6931471805599453 }
