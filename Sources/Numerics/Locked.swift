#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import CForks

/// A value that one thread at a time reads and changes, also across forks.
///
/// The lock, one for all values, is POSIX's: the thread sanitizer does not know Swift's `Mutex`.
public final class Locked<Value>: @unchecked Sendable {
    private var value: Value

    public init(_ value: Value) { self.value = value }

    /// - Parameter body: short, and does not use this or another `Locked` value.
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(shared_mutex())
        defer { pthread_mutex_unlock(shared_mutex()) }
        return body(&value)
    }
}
