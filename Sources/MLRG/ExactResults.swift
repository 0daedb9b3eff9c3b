import Numerics

/// Exact results that need no network: divergences, the RG map, and the Boltzmann weight tensor,
/// for many couplings at once over all threads.
public struct ExactResults {
    private let divergence: ExactDivergence

    /// - Parameter centre: representation of the student's hidden spin where it differs from the
    ///   corners', as in Fig. 4 of Hou & You.
    public init(
        corners: Representation, centre: Representation? = nil, frame: Frame
    ) throws(Failure) {
        divergence = try ExactDivergence(corners: corners, centre: centre ?? corners, frame: frame)
    }

    /// Couplings of the teacher, and of the student.
    public var teacherCount: Int { divergence.teacher.couplingCount }
    public var studentCount: Int { divergence.student.couplingCount }

    /// Divergence in nats of (count, teacherCount) teachers and (count, studentCount) students, and
    /// its gradient in the students' couplings.
    ///
    /// - Parameters:
    ///   - directions, products: (count, studentCount); the Hessian in the student's couplings times
    ///     each direction. Both or neither.
    public func divergences(
        teacher: UnsafePointer<Double>, student: UnsafePointer<Double>,
        directions: UnsafePointer<Double>? = nil, count: Int,
        into values: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>?,
        products: UnsafeMutablePointer<Double>? = nil, progress: Progress = .none
    ) throws(Failure) {
        let pool = try WorkspacePool(divergence)
        let rows = ExactDivergence.Rows(
            count: count, teacher: teacher, student: student, directions: directions,
            divergence: values, gradient: gradient, products: products)
        try divergence.evaluate(rows, pool, progress)
        try progress.check("not all divergences were computed")
    }

    /// The student of least divergence for each teacher, searched from `start`, or else from the
    /// map to leading order in weak couplings, J' = sqrt(2/3) J: there the student's six equal pair
    /// couplings J'^2 stand for the teacher's four J^2. Below |J| of 1e-4 the divergence, of order
    /// J^4, is flat within rounding and this start is the answer.
    ///
    /// - Parameters:
    ///   - students: (count, studentCount), overwritten; nil where only the divergence is wanted.
    ///   - values: (count) divergences in nats.
    public func minimise(
        teacher: UnsafePointer<Double>, count: Int, start: [Double]? = nil,
        students: UnsafeMutablePointer<Double>?, into values: UnsafeMutablePointer<Double>
    ) throws(Failure) {
        var failures = [Failure?](repeating: nil, count: count)
        failures.withUnsafeMutableBufferPointer { failures in
            parallelFor(count) { index in
                do throws(Failure) {
                    let row = teacher + index * teacherCount
                    let couplings = Array(UnsafeBufferPointer(start: row, count: teacherCount))
                    let (minimum, value) = try ExactMap(divergence).minimise(
                        teacher: couplings, start: start ?? couplings.map { $0 * 0.816496580927726 })
                    students?.advanced(by: index * studentCount).update(from: minimum, count: studentCount)
                    values[index] = value
                } catch {
                    failures[index] = error
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    }
}

/// log T(J)_{x0 x1 x2 x3} (Eq. 22 of Hou & You) of teacher or student. Corner states are numbered with
/// the first component as the most significant bit, and a cleared bit for spin +1.
///
/// - Parameter logarithms: 2^(4 components) numbers, x0 slowest.
public func boltzmannTensor(
    _ representation: Representation, _ machine: Machine, frame: Frame,
    couplings: UnsafePointer<Double>, into logarithms: UnsafeMutablePointer<Double>
) {
    let machine = machine.make(representation, frame: frame)
    let weights = machine.weights(couplings)
    let units = machine.visibleCount
    for index in 0..<1 << units {
        var bits = 0
        for v in 0..<units { bits |= (1 - index >> (units - 1 - v) & 1) << v }
        logarithms[index] = machine.logWeight(bits, weights: weights)
    }
}

