#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Workspaces that tasks borrow, so that there are no more of them than threads that use one.
///
/// The lock is POSIX's, as in the thread pool: the thread sanitizer does not know Swift's `Mutex`.
final class WorkspacePool: @unchecked Sendable {
    private let divergence: ExactDivergence
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var idle: [ExactDivergence.Workspace]

    /// - Throws: `outOfMemory`; one workspace is made here, so that what can never fit fails early.
    init(_ divergence: ExactDivergence) throws(Failure) {
        self.divergence = divergence
        idle = [try ExactDivergence.Workspace(divergence)]
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func borrow(_ body: (ExactDivergence.Workspace) -> Void) throws(Failure) {
        pthread_mutex_lock(mutex)
        let free = idle.popLast()
        pthread_mutex_unlock(mutex)
        let workspace = if let free { free } else { try ExactDivergence.Workspace(divergence) }
        body(workspace)
        pthread_mutex_lock(mutex)
        idle.append(workspace)
        pthread_mutex_unlock(mutex)
    }
}
