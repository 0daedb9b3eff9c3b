import Numerics

/// A divergence and the workspaces that tasks borrow, so that there are no more of them than threads
/// that use one.
final class WorkspacePool<Divergence: LaneDivergence>: @unchecked Sendable {
    private let divergence: Divergence
    private let idle: Locked<[Divergence.Workspace]>

    /// - Throws: `outOfMemory`; one workspace is made here, so that what can never fit fails early.
    init(_ divergence: Divergence) throws(Failure) {
        self.divergence = divergence
        idle = Locked([try divergence.makeWorkspace()])
    }

    func borrow(_ body: (Divergence.Workspace) -> Void) throws(Failure) {
        let free = idle.withLock { $0.popLast() }
        let workspace = if let free { free } else { try divergence.makeWorkspace() }
        body(workspace)
        idle.withLock { $0.append(workspace) }
    }

    /// Evaluates all rows, in groups of eight, over all threads.
    ///
    /// - Parameter countsRows: whether the units of `progress` are rows.
    /// - Throws: `outOfMemory` when a workspace cannot be had. A stopped progress leaves rows undone
    ///   without an error.
    func evaluate(
        _ rows: DivergenceRows, _ progress: Progress, countsRows: Bool = false
    ) throws(Failure) {
        let perTask = divergence.groupsPerTask
        let groups = (rows.count + 7) / 8
        let tasks = (groups + perTask - 1) / perTask
        var failures = [Failure?](repeating: nil, count: tasks)
        failures.withUnsafeMutableBufferPointer { failures in
            parallelFor(tasks, progress: progress) { task in
                do throws(Failure) {
                    try borrow { work in
                        for group in task * perTask..<min((task + 1) * perTask, groups) {
                            divergence.evaluate(rows, first: 8 * group, work)
                            if countsRows { progress.advance(by: min(8, rows.count - 8 * group)) }
                        }
                    }
                } catch {
                    failures[task] = error
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    }
}
