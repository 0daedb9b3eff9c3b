import Numerics
import Synchronization

/// Workspaces that tasks borrow, so that there are no more of them than threads that use one.
final class WorkspacePool: Sendable {
    private let divergence: ExactDivergence
    private let idle: Mutex<[Entry]>

    /// Only ever with one task at a time.
    private struct Entry: @unchecked Sendable { let workspace: ExactDivergence.Workspace }

    /// - Throws: `outOfMemory`; one workspace is made here, so that what can never fit fails early.
    init(_ divergence: ExactDivergence) throws(Failure) {
        self.divergence = divergence
        let first = Entry(workspace: try ExactDivergence.Workspace(divergence))
        idle = Mutex([first])
    }

    func borrow(_ body: (ExactDivergence.Workspace) -> Void) throws(Failure) {
        let entry = idle.withLock { $0.popLast() }
        let workspace = if let entry { entry.workspace } else { try ExactDivergence.Workspace(divergence) }
        body(workspace)
        let returned = Entry(workspace: workspace)
        idle.withLock { $0.append(returned) }
    }
}
