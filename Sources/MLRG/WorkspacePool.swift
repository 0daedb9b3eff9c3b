import Numerics

/// Workspaces that tasks borrow, so that there are no more of them than threads that use one.
final class WorkspacePool: Sendable {
    private let divergence: ExactDivergence
    private let idle: Locked<[ExactDivergence.Workspace]>

    /// - Throws: `outOfMemory`; one workspace is made here, so that what can never fit fails early.
    init(_ divergence: ExactDivergence) throws(Failure) {
        self.divergence = divergence
        idle = Locked([try ExactDivergence.Workspace(divergence)])
    }

    func borrow(_ body: (ExactDivergence.Workspace) -> Void) throws(Failure) {
        let free = idle.withLock { $0.popLast() }
        let workspace = if let free { free } else { try ExactDivergence.Workspace(divergence) }
        body(workspace)
        idle.withLock { $0.append(workspace) }
    }
}
