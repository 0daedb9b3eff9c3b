#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Lets every thread of a run learn that it should stop, while only the thread that started the
/// run reports: the report may be a callback into the host program.
struct StopSignal: @unchecked Sendable {
    let progress: Progress
    private let owner = pthread_self()

    init(_ progress: Progress) { self.progress = progress }

    /// Cheap enough to be asked every microsecond.
    var isStopped: Bool {
        if pthread_equal(owner, pthread_self()) != 0 { progress.poll() }
        return progress.isStopped
    }
}
