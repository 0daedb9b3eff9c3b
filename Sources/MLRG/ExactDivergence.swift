import Numerics

/// The Kullback-Leibler divergence of Eq. 7 (Hou & You) from teacher p to student q with all
/// hidden spins summed (Eq. 8), its gradient and its Hessian in the student's couplings, for eight
/// pairs of teacher and student side by side.
///
///     KL = E_p[log p'] - log Z_p - E_p[log q'] + log Z_q        (p', q': weights not normalised)
///
/// Only the averages over p need the 2^(4n) visible states (n components per corner), and these
/// only up to symmetry (`Orbits`); the student's Z_q is a sum over the 2^n states of its one hidden
/// spin (`HiddenSum`). Rotations cut the tables. An edge of the teacher sees two corners, and its
/// weight is that of edge 0 for corner spins turned back: one table over the states of a corner
/// pair serves all four. A half turn carries corners 2 and 3 to 0 and 1, so that one table over the
/// same pairs gives the student's fields: from the pair of edge 0 directly, from that of edge 2 up
/// to a sign per component of z0, and a sign is had from the pair with all spins reversed.
///
/// With exponentials tabulated as well, a visible state costs a product for the teacher, one for
/// each of e^x and e^-x and a division per component of z0, and one logarithm.
final class ExactDivergence: EnumeratedDivergence {
    typealias Lanes = SIMD8<Double>

    let teacher, student: BoltzmannMachine
    /// For each orbit, ten bits each for the corner pairs of the four edges, turned back to edge 0,
    /// then the number of states.
    let orbits: [UInt64]
    /// States of a pair of corners.
    let pairStates: Int
    /// For each component of z0, the bits to reverse in a pair that stands for corners 2 and 3: all
    /// where the half turn changes the component's sign.
    private let flips: [Int]
    /// Orbits are summed in parts of this many, on several threads if there are some to spare.
    static let partSize = 1 << 14

    init(
        corners: Representation, centre: Representation, frame: Frame
    ) throws(Failure) {
        teacher = .teacher(corners, frame: frame)
        student = .student(corners: corners, centre: centre, frame: frame)
        let n = corners.components
        pairStates = 1 << (2 * n)
        flips = centre.rotation.power(2).sign.map { $0 < 0 ? (1 << (2 * n)) - 1 : 0 }
        // turned[e][s] is corner state s in the axes of edge e.
        let turned = (0..<4).map { edge in
            let back = corners.rotation.power((4 - edge) % 4)
            return (0..<1 << n).map { state in
                (0..<n).reduce(0) { result, a in
                    let bit = state >> back.source[a] & 1
                    return result | (back.sign[a] > 0 ? bit : 1 - bit) << a
                }
            }
        }
        let orbits = Orbits(corners, [teacher, student])
        self.orbits = zip(orbits.representatives, orbits.multiplicity).map { state, multiplicity in
            let corner = (0..<4).map { Int(state) >> ($0 * n) & (1 << n - 1) }
            return (0..<4).reduce(UInt64(multiplicity) << 40) { packed, edge in
                let pair = turned[edge][corner[edge]] | turned[edge][corner[(edge + 1) % 4]] << n
                return packed | UInt64(pair) << (10 * edge)
            }
        }
    }

    var teacherCouplings: Int { teacher.couplingCount }
    var studentCouplings: Int { student.couplingCount }
    var orbitCount: Int { orbits.count }

    func makeWorkspace() throws(Failure) -> Workspace { try Workspace(self) }

    /// The tables of one evaluation at a time, some tens of kilobytes (a few megabytes for five
    /// components), allocated once.
    final class Workspace {
        let teacherFields, teacherTable, teacherExponential: Buffer<Lanes>
        let studentTable, studentExponential: Buffer<Lanes>
        let tangentTable, adjoint, tangentAdjoint, weights: Buffer<Lanes>
        let hidden: HiddenSum
        let parts: [OrbitSum]

        init(_ divergence: ExactDivergence) throws(Failure) {
            let (teacher, student) = (divergence.teacher, divergence.student)
            let entries = divergence.pairStates * student.hiddenCount
            teacherFields = try Buffer(count: divergence.pairStates * teacher.components)
            teacherTable = try Buffer(count: divergence.pairStates)
            teacherExponential = try Buffer(count: divergence.pairStates)
            studentTable = try Buffer(count: entries)
            studentExponential = try Buffer(count: entries)
            tangentTable = try Buffer(count: entries)
            adjoint = try Buffer(count: entries)
            tangentAdjoint = try Buffer(count: entries)
            weights = try Buffer(
                count: max(
                    teacher.hiddenCount * teacher.visibleCount, 2 * student.hiddenCount * student.visibleCount))
            hidden = try HiddenSum(student)
            var parts: [OrbitSum] = []
            for first in stride(from: 0, to: divergence.orbits.count, by: ExactDivergence.partSize) {
                let last = min(first + ExactDivergence.partSize, divergence.orbits.count)
                parts.append(try OrbitSum(first..<last, entries: entries))
            }
            self.parts = parts
        }
    }

    /// Divergence in nats of each lane. All arrays are (couplings) lanes.
    ///
    /// - Parameters:
    ///   - gradient: overwritten with the derivative in the student's couplings.
    ///   - direction: a displacement of the student's couplings, or nil.
    ///   - product: overwritten with the Hessian in the student's couplings times `direction`.
    func evaluate(
        _ work: Workspace, teacher teacherCouplings: UnsafePointer<Lanes>,
        student studentCouplings: UnsafePointer<Lanes>, gradient: UnsafeMutablePointer<Lanes>,
        direction: UnsafePointer<Lanes>?, product: UnsafeMutablePointer<Lanes>?
    ) -> Lanes {
        tabulateTeacher(work, fill(work.weights.base, teacher, teacherCouplings))
        let weights = fill(work.weights.base, student, studentCouplings)
        tabulateFields(weights, student, hiddenCount: student.hiddenCount, work.studentTable.base)
        var displacements: UnsafePointer<Lanes>?
        if let direction {
            displacements = fill(
                work.weights.base + student.hiddenCount * student.visibleCount, student, direction)
            tabulateFields(
                displacements!, student, hiddenCount: student.hiddenCount, work.tangentTable.base)
        }
        let logNorm = work.hidden.evaluate(weights, displacements)

        sum(work, weights, hasTangent: direction != nil)
        let (total, entropy, cross) = collect(work, hasTangent: direction != nil)
        let norm = 1 / total
        differentiate(work.adjoint.base, work.hidden.slopes.base, norm, gradient)
        if let product {
            differentiate(work.tangentAdjoint.base, work.hidden.tangents.base, norm, product)
        }
        return (entropy - cross) * norm - log(total) + logNorm
    }

    private func sum(_ work: Workspace, _ weights: UnsafePointer<Lanes>, hasTangent: Bool) {
        let (scale, isNarrow) = tabulateExponentials(work, weights)
        orbits.withUnsafeBufferPointer { orbits in
            flips.withUnsafeBufferPointer { flips in
                let tables = OrbitSum.Tables(
                    teacher: work.teacherTable.base, teacherExponential: work.teacherExponential.base,
                    student: work.studentTable.base, studentExponential: work.studentExponential.base,
                    tangent: work.tangentTable.base, hiddenCount: student.hiddenCount,
                    flips: flips.baseAddress!, studentScale: scale, isNarrow: isNarrow)
                parallelFor(work.parts.count) { part in
                    work.parts[part].evaluate(
                        orbits.baseAddress!, tables, pairStates: pairStates, hasTangent: hasTangent)
                }
            }
        }
    }

    /// Adds the parts up, in order, relative to their common peak.
    private func collect(
        _ work: Workspace, hasTangent: Bool
    ) -> (total: Lanes, entropy: Lanes, cross: Lanes) {
        let peak = work.parts.reduce(work.parts[0].peak) { larger($0, $1.peak) }
        var (total, entropy, cross) = (Lanes(), Lanes(), Lanes())
        let (adjoint, tangentAdjoint) = (work.adjoint, work.tangentAdjoint)
        for i in 0..<adjoint.count { adjoint.base[i] = Lanes() }
        if hasTangent { for i in 0..<adjoint.count { tangentAdjoint.base[i] = Lanes() } }
        for part in work.parts {
            let scale = exp(part.peak - peak)
            total = total.addingProduct(scale, part.total)
            entropy += scale * part.entropy.addingProduct(part.total, part.peak - peak)
            cross = cross.addingProduct(scale, part.cross)
            for i in 0..<adjoint.count {
                adjoint.base[i] = adjoint.base[i].addingProduct(scale, part.adjoint.base[i])
            }
            guard hasTangent else { continue }
            for i in 0..<adjoint.count {
                tangentAdjoint.base[i] = tangentAdjoint.base[i].addingProduct(scale, part.tangentAdjoint.base[i])
            }
        }
        return (total, entropy, cross)
    }

    /// From derivatives in the weights (of log Z_q) and in the table (of E_p[log q']) to couplings.
    private func differentiate(
        _ adjoint: UnsafePointer<Lanes>, _ slopes: UnsafePointer<Lanes>, _ norm: Lanes,
        _ gradient: UnsafeMutablePointer<Lanes>
    ) {
        for c in 0..<student.couplingCount { gradient[c] = Lanes() }
        for term in student.terms {
            var slope = slopes[term.hidden * student.visibleCount + term.visible]
            if term.visible < 2 * student.components {
                slope -= norm * spinSum(adjoint + term.hidden, bit: 1 << term.visible)
            }
            gradient[term.coupling] = gradient[term.coupling].addingProduct(slope, term.coefficient)
        }
    }

    /// sum over pairs of the column times the spin that is this bit of the pair.
    private func spinSum(_ column: UnsafePointer<Lanes>, bit: Int) -> Lanes {
        var (up, down) = (Lanes(), Lanes())
        for high in stride(from: 0, to: pairStates, by: 2 * bit) {
            for pair in high..<high + bit {
                down += column[pair * student.hiddenCount]
                up += column[(pair + bit) * student.hiddenCount]
            }
        }
        return up - down
    }
}
