import Numerics

/// The Kullback-Leibler divergence of Eq. 7 (Hou & You) with all hidden spins summed (Eq. 8) and
/// all visible states enumerated, for eight pairs of teacher and student side by side.
///
/// A teacher's hidden spin sees two corners only, so its log cosh is tabulated over the 2^(2n)
/// states of a corner pair (n components per corner); a student's field is a sum of four
/// tabulated shares, one per corner. A visible state then costs four additions for the teacher
/// and one log cosh per component of z0 for the student.
final class ExactDivergence: Sendable {
    typealias Lanes = SIMD8<Double>

    let teacher, student: BoltzmannMachine
    let orbits: Orbits
    /// For each orbit the states of its four corners.
    private let corners: [SIMD4<Int32>]
    private let cornerStates: Int

    init(
        corners: Representation, centre: Representation, frame: Frame
    ) throws(Failure) {
        teacher = .teacher(corners, frame: frame)
        student = .student(corners: corners, centre: centre, frame: frame)
        orbits = Orbits(corners, [teacher, student])
        let n = corners.components
        cornerStates = 1 << n
        self.corners = orbits.representatives.map { state in
            SIMD4<Int32>(
                truncatingIfNeeded: SIMD4(state, state >> n, state >> (2 * n), state >> (3 * n))
                    & SIMD4(repeating: 1 << n - 1))
        }
    }

    /// The tables of one thread, allocated once.
    final class Workspace {
        let teacherTable, studentTable, studentAdjoint: Buffer<Lanes>
        let logTeacher, logStudent, slopes, weights: Buffer<Lanes>

        init(_ divergence: ExactDivergence) throws(Failure) {
            let states = divergence.cornerStates
            let hidden = divergence.student.hiddenCount
            let count = divergence.orbits.representatives.count
            teacherTable = try Buffer(count: 4 * states * states)
            studentTable = try Buffer(count: 4 * states * hidden)
            studentAdjoint = try Buffer(count: 4 * states * hidden)
            logTeacher = try Buffer(count: count)
            logStudent = try Buffer(count: count)
            slopes = try Buffer(count: count * hidden)
            weights = try Buffer(count: max(
                divergence.teacher.hiddenCount * divergence.teacher.visibleCount,
                hidden * divergence.student.visibleCount))
        }
    }

    /// Divergence in nats of each lane.
    ///
    /// - Parameters:
    ///   - teacherCouplings: (couplings) lanes.
    ///   - studentCouplings: (couplings) lanes.
    ///   - gradient: (couplings) lanes, overwritten with the derivative in the student's
    ///     couplings; nil where it is not wanted.
    func evaluate(
        _ work: Workspace, teacher teacherCouplings: UnsafePointer<Lanes>,
        student studentCouplings: UnsafePointer<Lanes>, gradient: UnsafeMutablePointer<Lanes>?
    ) -> Lanes {
        tabulateTeacher(work, teacherCouplings)
        tabulateStudent(work, studentCouplings)
        let (teacherPeak, studentPeak) = weigh(work)
        var (teacherSum, studentSum, difference) = (Lanes(), Lanes(), Lanes())
        let (logTeacher, logStudent) = (work.logTeacher.base, work.logStudent.base)
        for orbit in 0..<corners.count {
            let multiplicity = orbits.multiplicity[orbit]
            let p = exp(logTeacher[orbit] - teacherPeak) * multiplicity
            let q = exp(logStudent[orbit] - studentPeak) * multiplicity
            teacherSum += p
            studentSum += q
            difference = difference.addingProduct(
                p, (logTeacher[orbit] - teacherPeak) - (logStudent[orbit] - studentPeak))
            (logTeacher[orbit], logStudent[orbit]) = (p, q)
        }
        if let gradient { differentiate(work, 1 / teacherSum, 1 / studentSum, gradient) }
        return difference / teacherSum - log(teacherSum) + log(studentSum)
    }

    private func tabulateTeacher(_ work: Workspace, _ couplings: UnsafePointer<Lanes>) {
        let n = teacher.components
        let weights = fill(work.weights.base, teacher, couplings)
        for edge in 0..<4 {
            let (first, second) = (edge * n, (edge + 1) % 4 * n)
            let table = work.teacherTable.base + edge * cornerStates * cornerStates
            for context in 0..<cornerStates * cornerStates {
                var total = Lanes(repeating: 0)
                for hidden in edge * n..<(edge + 1) * n {
                    let row = weights + hidden * teacher.visibleCount
                    var field = Lanes(repeating: 0)
                    for b in 0..<n {
                        field = field.addingProduct(spin(context, b), row[first + b])
                        field = field.addingProduct(spin(context, n + b), row[second + b])
                    }
                    total += logCosh(field)
                }
                table[context] = total
            }
        }
    }

    private func tabulateStudent(_ work: Workspace, _ couplings: UnsafePointer<Lanes>) {
        let weights = fill(work.weights.base, student, couplings)
        for corner in 0..<4 {
            for state in 0..<cornerStates {
                for hidden in 0..<student.hiddenCount {
                    var field = Lanes(repeating: 0)
                    for b in 0..<student.components {
                        let weight = weights[hidden * student.visibleCount + corner * student.components + b]
                        field = field.addingProduct(spin(state, b), weight)
                    }
                    work.studentTable.base[entry(corner, state) + hidden] = field
                }
            }
        }
    }

    /// Log-weights of every orbit, and their largest per lane.
    private func weigh(_ work: Workspace) -> (teacher: Lanes, student: Lanes) {
        let (teacherTable, studentTable) = (work.teacherTable.base, work.studentTable.base)
        let hiddenCount = student.hiddenCount
        var teacherPeak = Lanes(repeating: -.infinity)
        var studentPeak = teacherPeak
        for orbit in 0..<corners.count {
            let x = corners[orbit]
            var logTeacher = Lanes(repeating: 0)
            for edge in 0..<4 {
                let context = Int(x[edge]) + cornerStates * Int(x[(edge + 1) % 4])
                logTeacher += teacherTable[edge * cornerStates * cornerStates + context]
            }
            var logStudent = Lanes(repeating: 0)
            for hidden in 0..<hiddenCount {
                var field = Lanes(repeating: 0)
                for corner in 0..<4 { field += studentTable[entry(corner, Int(x[corner])) + hidden] }
                logStudent += logCosh(field)
                work.slopes.base[orbit * hiddenCount + hidden] = tanh(field)
            }
            work.logTeacher.base[orbit] = logTeacher
            work.logStudent.base[orbit] = logStudent
            teacherPeak = pointwiseMax(teacherPeak, logTeacher)
            studentPeak = pointwiseMax(studentPeak, logStudent)
        }
        return (teacherPeak, studentPeak)
    }

    /// d KL / dJ' = sum_x (q(x) - p(x)) d log w'(x) / dJ'. An orbit's representative speaks for
    /// its whole orbit because the weights, and so their derivatives, are invariant.
    private func differentiate(
        _ work: Workspace, _ teacherNorm: Lanes, _ studentNorm: Lanes,
        _ gradient: UnsafeMutablePointer<Lanes>
    ) {
        let hiddenCount = student.hiddenCount
        let adjoint = work.studentAdjoint.base
        for i in 0..<work.studentAdjoint.count { adjoint[i] = Lanes(repeating: 0) }
        for orbit in 0..<corners.count {
            let surplus = work.logStudent.base[orbit] * studentNorm - work.logTeacher.base[orbit] * teacherNorm
            for hidden in 0..<hiddenCount {
                let share = surplus * work.slopes.base[orbit * hiddenCount + hidden]
                for corner in 0..<4 { adjoint[entry(corner, Int(corners[orbit][corner])) + hidden] += share }
            }
        }
        for c in 0..<student.couplingCount { gradient[c] = Lanes(repeating: 0) }
        for term in student.terms {
            let (corner, b) = (term.visible / student.components, term.visible % student.components)
            var sum = Lanes(repeating: 0)
            for state in 0..<cornerStates {
                sum = sum.addingProduct(spin(state, b), adjoint[entry(corner, state) + term.hidden])
            }
            gradient[term.coupling] += sum * term.coefficient
        }
    }

    @inline(__always)
    private func entry(_ corner: Int, _ state: Int) -> Int {
        (corner * cornerStates + state) * student.hiddenCount
    }

    @inline(__always)
    private func spin(_ bits: Int, _ unit: Int) -> Lanes {
        Lanes(repeating: bits >> unit & 1 == 1 ? 1 : -1)
    }

    private func fill(
        _ weights: UnsafeMutablePointer<Lanes>, _ machine: BoltzmannMachine,
        _ couplings: UnsafePointer<Lanes>
    ) -> UnsafePointer<Lanes> {
        for i in 0..<machine.hiddenCount * machine.visibleCount { weights[i] = Lanes(repeating: 0) }
        for term in machine.terms {
            weights[term.hidden * machine.visibleCount + term.visible] += couplings[term.coupling] * term.coefficient
        }
        return UnsafePointer(weights)
    }
}
