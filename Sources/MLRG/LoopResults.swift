import Numerics

/// The loop scheme without a network: its couplings, and distances of many teachers and students over
/// all threads.
public struct LoopResults {
    private let comparison: LoopComparison

    /// - Parameter kind: `.exact` or `.squares`.
    public init(_ representation: Representation, _ kind: DivergenceKind) throws(Failure) {
        guard kind != .contrastive else {
            throw .invalidArgument("divergence must be \"kl\" or \"l2\" for the loop student, not \"cd\"")
        }
        comparison = try LoopComparison(representation, kind)
    }

    /// The Ising components in the product of each coupling; see `LoopStudent.terms`.
    public static func terms(_ representation: Representation) throws(Failure) -> [Int] {
        try LoopStudent(representation).terms
    }

    /// Number of couplings.
    public var count: Int { comparison.couplings }

    /// Distances of (rows, count) teachers and students, and their gradients in the students' couplings.
    public func distances(
        teacher: UnsafePointer<Double>, student: UnsafePointer<Double>, rows: Int,
        into distance: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>?,
        progress: Progress = .none
    ) throws(Failure) {
        let rows = DivergenceRows(
            count: rows, teacher: teacher, student: student, divergence: distance, gradient: gradient)
        try WorkspacePool(comparison).evaluate(rows, progress, countsRows: true)
        try progress.check("not all distances were computed")
        progress.finish()
    }
}
