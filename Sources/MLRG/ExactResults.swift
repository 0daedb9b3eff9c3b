import Numerics

/// Exact results that need no network: divergences, the RG map, and the Boltzmann weight tensor,
/// for many couplings at once over all threads.
public struct ExactResults {
    /// Couplings of the teacher, and of the student.
    public let teacherCount, studentCount: Int
    private let evaluate: (DivergenceRows, Progress) throws(Failure) -> Void
    /// Minima for some teachers, from so many starts and random ones of this seed.
    private let minimise: (Int, UInt64, [[Double]], Progress) throws(Failure) -> [ExactMapMinimum?]

    /// - Parameter centre: representation of the student's hidden spin where it differs from the
    ///   corners', as in Fig. 4 of Hou & You.
    public init(
        corners: Representation, centre: Representation? = nil, frame: Frame
    ) throws(Failure) {
        let centre = centre ?? corners
        try self.init(
            try ExactDivergence(corners: corners, centre: centre, frame: frame),
            Gauge(corners: corners, centre: centre, frame: frame))
    }

    /// - Parameters:
    ///   - representation: a sum of A1, P4, P4d and P8.
    ///   - progress: polled while states are counted.
    public init(
        _ symmetry: InternalSymmetry, _ representation: String, frame: Frame, progress: Progress = .none
    ) throws(Failure) {
        let divergence = try StateDivergence(
            symmetry, SpinPlaces(representation), frame: frame, progress: progress)
        try self.init(divergence, Gauge(symmetry, divergence.places, divergence.bond))
    }

    private init<Kind: EnumeratedDivergence>(_ divergence: Kind, _ gauge: Gauge) throws(Failure) {
        (teacherCount, studentCount) = (divergence.teacherCouplings, divergence.studentCouplings)
        evaluate = { (rows, progress) throws(Failure) in
            try WorkspacePool(divergence).evaluate(rows, progress, countsRows: true)
        }
        minimise = { (starts, seed, teachers, progress) throws(Failure) in
            try ExactMap(divergence, gauge, starts: starts, seed: seed).minimise(teachers, progress)
        }
    }

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
        let rows = DivergenceRows(
            count: count, teacher: teacher, student: student, directions: directions,
            divergence: values, gradient: gradient, products: products)
        try evaluate(rows, progress)
        try progress.check("not all divergences were computed")
        progress.finish()
    }

    /// Where `minimise` puts its results, a row for each teacher; nil for what is not wanted.
    public struct Minima {
        /// (count, studentCount) couplings.
        public var students: UnsafeMutablePointer<Double>? = nil
        /// (count) divergences in nats.
        public var divergence: UnsafeMutablePointer<Double>? = nil
        /// (count) Euclidean norms of the gradient.
        public var gradientNorm: UnsafeMutablePointer<Double>? = nil
        /// (count, 2): starts that reached the best minimum (to 1e-8 nats), and the number of
        /// different minima modulo gauge that were found.
        public var counts: UnsafeMutablePointer<Double>? = nil

        public init() {}
    }

    /// The student of least divergence for each of (count, teacherCount) teachers, the best of
    /// `starts` searches (see `ExactMap`).
    ///
    /// - Throws: `notConverged` when a teacher has no start that leads to a minimum, `interrupted`.
    public func minimise(
        teacher: UnsafePointer<Double>, count: Int, starts: Int, seed: UInt64, into minima: Minima,
        progress: Progress = .none
    ) throws(Failure) {
        let wave = 64
        for first in stride(from: 0, to: count, by: wave) {
            let teachers = (first..<min(first + wave, count)).map { row in
                Array(UnsafeBufferPointer(start: teacher + row * teacherCount, count: teacherCount))
            }
            for (i, found) in try minimise(starts, seed, teachers, progress).enumerated() {
                guard let found else {
                    throw .notConverged("no student of least divergence was found for J = \(teachers[i])")
                }
                let row = first + i
                minima.students?.advanced(by: row * studentCount).update(from: found.couplings, count: studentCount)
                minima.divergence?[row] = found.divergence
                minima.gradientNorm?[row] = found.gradientNorm
                minima.counts?[2 * row] = Double(found.agreement)
                minima.counts?[2 * row + 1] = Double(found.minima)
            }
        }
        progress.finish()
    }
}
