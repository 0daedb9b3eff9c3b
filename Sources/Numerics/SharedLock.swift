#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Synchronization

/// The one lock of all that threads share in this library, and what a fork does to it.
///
/// A fork copies the memory, locks included, but of the threads only the one that forks. So it
/// takes this lock first: the child finds it free, and what it guards complete. It is held for a
/// few instructions at a time, never while code of the host program runs, and is never taken twice
/// by a thread. It is POSIX's, as the thread sanitizer does not know Swift's `Mutex`.
public enum SharedLock {
    /// The forks that made this process: a child has one more than its parent.
    public static var forks: Int { forkCount.load(ordering: .relaxed) }

    /// The only thread that the last of these forks has left; nil in the first process.
    nonisolated(unsafe) public private(set) static var survivor: pthread_t?

    /// Makes the lock and what a child needs of it, before there are threads.
    public static func initialise() { _ = ThreadPool.shared }

    public static func lock() { pthread_mutex_lock(mutex) }
    public static func unlock() { pthread_mutex_unlock(mutex) }

    nonisolated(unsafe) static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_atfork(
            { SharedLock.lock() },
            { SharedLock.unlock() },
            {
                SharedLock.forkCount.add(1, ordering: .relaxed)
                SharedLock.survivor = pthread_self()
                ThreadPool.shared.forgetThreads()
                SharedLock.unlock()
            })
        return mutex
    }()
    private static let forkCount = Atomic<Int>(0)
}
