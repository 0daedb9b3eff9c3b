import Numerics

/// The exact divergences of a batch whose rows take turns between the groups of a family: row i is of
/// group i modulo their number. A single group is a family of one.
final class FamilyDivergence: @unchecked Sendable {
    private let pools: [WorkspacePool<StateDivergence>]
    /// The rows of one group, without gaps.
    private let teachers, students, gradients, divergences: Buffer<Double>
    private let dimension: Int

    /// - Parameter batch: the most rows of an evaluation.
    /// - Throws: `outOfMemory`, `interrupted`.
    init(
        _ symmetries: [InternalSymmetry], _ places: SpinPlaces, frame: Frame, batch: Int, progress: Progress
    ) throws(Failure) {
        var pools: [WorkspacePool<StateDivergence>] = []
        for symmetry in symmetries {
            pools.append(
                try WorkspacePool(StateDivergence(symmetry, places, frame: frame, progress: progress)))
        }
        dimension = StateBond.couplings(symmetries[0], places, frame).count
        let rows = pools.count > 1 ? (batch + pools.count - 1) / pools.count : 0
        teachers = try Buffer(count: rows * dimension)
        students = try Buffer(count: rows * dimension)
        gradients = try Buffer(count: rows * dimension)
        divergences = try Buffer(count: rows)
        self.pools = pools
    }

    /// Fills divergences and gradients; not from several threads at a time.
    func evaluate(_ rows: DivergenceRows, _ progress: Progress) throws(Failure) {
        guard pools.count > 1 else { return try pools[0].evaluate(rows, progress) }
        let n = dimension
        for (group, pool) in pools.enumerated() {
            let members = Array(stride(from: group, to: rows.count, by: pools.count))
            for (i, row) in members.enumerated() {
                (teachers.base + i * n).update(from: rows.teacher + row * n, count: n)
                (students.base + i * n).update(from: rows.student + row * n, count: n)
            }
            try pool.evaluate(
                DivergenceRows(
                    count: members.count, teacher: teachers.base, student: students.base,
                    divergence: divergences.base, gradient: gradients.base), progress)
            for (i, row) in members.enumerated() {
                rows.divergence[row] = divergences.base[i]
                if let gradient = rows.gradient {
                    (gradient + row * n).update(from: gradients.base + i * n, count: n)
                }
            }
        }
    }
}
