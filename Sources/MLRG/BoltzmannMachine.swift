import Numerics

/// In which coordinates the student reads the corner spins (and every edge spin its own); the two
/// frames are the same for a representation of A1 only.
public enum Frame: Int32, CaseIterable, Sendable {
    /// As in the published programs: nothing turns with the lattice, and corner k of the cross
    /// stands in direction k. With other irreducible representations than A1 and A2 the student
    /// lacks the teacher's mirrors.
    case published = 0
    /// The axes of the coarse lattice are those of the fine one turned by -45 degrees. Corners
    /// become edges, so an edge spin carries E along the diagonals of the lattice it bonds, and B1
    /// and B2 exchanged. Teacher and student share all symmetries of the square.
    case consistent = 1
}

/// A restricted Boltzmann machine p(x, z) ~ exp(sum W_hv z_h x_v) whose weights W are linear in
/// the couplings J, on one of the two graphs of Fig. 3 of Hou & You.
///
/// Visible spins are the four corners, counter-clockwise from top right; component b of corner k
/// is visible unit k * components + b.
struct BoltzmannMachine {
    /// W[hidden][visible] contains coefficient * J[coupling].
    struct Term: Equatable {
        let hidden, visible, coupling: Int
        let coefficient: Double
    }

    let hiddenCount, visibleCount, couplingCount: Int
    /// Components of a corner.
    let components: Int
    let terms: [Term]

    /// The square graph (Eq. 5): edge spin e lies between corners e and e + 1. Its bonds run from
    /// the edge to the vertex, in the directions e and e + 2 (0: +x, then counter-clockwise).
    static func teacher(_ representation: Representation, frame: Frame) -> BoltzmannMachine {
        let n = representation.components
        let bond = Bond(edge: representation, vertex: representation, frame: frame)
        let terms = (0..<4).flatMap { edge in
            [(corner: edge, direction: edge), (corner: (edge + 1) % 4, direction: edge + 2)].flatMap { end in
                bond.turned(to: end.direction).map { term in
                    Term(
                        hidden: edge * n + term.edge, visible: end.corner * n + term.vertex,
                        coupling: term.coupling, coefficient: term.coefficient)
                }
            }
        }
        return BoltzmannMachine(
            hiddenCount: 4 * n, visibleCount: 4 * n, couplingCount: bond.couplings.count,
            components: n, terms: terms)
    }

    /// The cross graph (Eq. 6): one hidden spin, with bonds from the corners to it. In the turned
    /// axes of the consistent frame corner 0, at top right, lies in the direction +y of the centre,
    /// so its bond runs along -y.
    ///
    /// - Parameter centre: representation of the hidden spin; that of the corners, except in Fig. 4.
    static func student(
        corners: Representation, centre: Representation, frame: Frame
    ) -> BoltzmannMachine {
        let n = corners.components
        let bond = Bond(edge: corners, vertex: centre, frame: frame)
        let terms = (0..<4).flatMap { corner in
            bond.turned(to: frame == .published ? corner : corner + 3).map { term in
                Term(
                    hidden: term.vertex, visible: corner * n + term.edge, coupling: term.coupling,
                    coefficient: term.coefficient)
            }
        }
        return BoltzmannMachine(
            hiddenCount: centre.components, visibleCount: 4 * n, couplingCount: bond.couplings.count,
            components: n, terms: terms)
    }

    /// Dense weights W, shape (hidden, visible).
    func weights(_ couplings: UnsafePointer<Double>) -> [Double] {
        var result = [Double](repeating: 0, count: hiddenCount * visibleCount)
        for term in terms {
            result[term.hidden * visibleCount + term.visible] += term.coefficient * couplings[term.coupling]
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

/// Which machine couplings stand for.
public enum Machine: Int32, CaseIterable, Sendable {
    case teacher = 0
    case student = 1

    func make(_ representation: Representation, frame: Frame) -> BoltzmannMachine {
        switch self {
        case .teacher: .teacher(representation, frame: frame)
        case .student: .student(corners: representation, centre: representation, frame: frame)
        }
    }
}

/// Weights W of a machine all of whose spins carry the representation, shape (hidden, visible):
/// four edge spins of a teacher or the centre of a student, and four corners.
public func machineWeights(
    _ representation: Representation, _ machine: Machine, frame: Frame,
    couplings: UnsafePointer<Double>
) -> [Double] {
    machine.make(representation, frame: frame).weights(couplings)
}

/// log(2 cosh x) without overflow.
func logTwoCosh(_ x: Double) -> Double { logCosh(SIMD8(repeating: x))[0] + 0.6931471805599453 }
