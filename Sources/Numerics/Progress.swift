#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import CForks
import Synchronization

/// The one protocol by which a long computation reports its progress and learns that it should
/// stop. The report is called on the thread that made the progress, at most every 50 ms.
public final class Progress: @unchecked Sendable {
    public let total: UInt64
    private let report: ((_ done: UInt64, _ total: UInt64) -> Bool)?
    private let done = Atomic<UInt64>(0)
    private let stopped = Atomic<Bool>(false)
    private var nextReport: UInt64 = 0
    private let owner = pthread_self()

    /// - Parameter report: receives units done and the total, returns false to stop.
    public init(total: Int, report: ((UInt64, UInt64) -> Bool)? = nil) {
        self.total = UInt64(max(total, 0))
        self.report = report
    }

    /// A progress that nobody listens to.
    public static var none: Progress { Progress(total: 0) }

    /// The same to a part of the computation that counts in other units: it may be stopped, and
    /// what it counts is not reported. Use it on the thread that asks for it.
    public var uncounted: Progress {
        Progress(total: 0) { [self] _, _ in
            poll()
            return !isStopped
        }
    }

    /// True once the caller asked to stop. Any thread may ask.
    @inline(__always)
    public var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// Stops, as the caller can by the report. Any thread may call it.
    public func stop() {
        stopped.store(true, ordering: .relaxed)
    }

    /// Counts finished units. Any thread may call it.
    public func advance(by units: Int = 1) {
        done.wrappingAdd(UInt64(units), ordering: .relaxed)
    }

    /// Reports if the last report is 50 ms old. Does nothing on other threads than the owner, which
    /// may run whole computations of their own under this progress.
    public func poll() {
        guard let report, !isStopped, isOwner else { return }
        let now = Progress.nanoseconds()
        guard now >= nextReport else { return }
        tell(report)
        nextReport = Progress.nanoseconds() &+ 50_000_000
    }

    /// Polls and tells whether to stop: for the inside of a unit of work that takes long.
    public var pollsToStop: Bool {
        poll()
        return isStopped
    }

    /// Reports the end, whatever the time; on the owner only.
    public func finish() {
        guard let report, !isStopped, isOwner else { return }
        tell(report)
    }

    /// A child that was forked in the report stops as well: the threads that helped are its
    /// parent's, and with them what they had begun.
    private func tell(_ report: (UInt64, UInt64) -> Bool) {
        let forks = fork_count()
        let goesOn = report(done.load(ordering: .relaxed), total)
        if !goesOn || forks != fork_count() { stopped.store(true, ordering: .relaxed) }
    }

    private var isOwner: Bool { pthread_equal(owner, pthread_self()) != 0 }

    /// Throws if the caller asked to stop.
    public func check(_ kept: @autoclosure () -> String) throws(Failure) {
        poll()
        if isStopped { throw .interrupted(kept()) }
    }

    static func nanoseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }
}

/// Asks a progress from time to time whether to go on: to look at the clock before every small piece
/// of work would take longer than the work.
public struct StopCheck {
    @usableFromInline let progress: Progress?
    @usableFromInline var multiplications = 0

    public init(_ progress: Progress?) { self.progress = progress }

    /// Polls if there were a few million multiplications since the last time: some milliseconds.
    ///
    /// - Parameter work: multiplications that are to follow.
    /// - Returns: false once the progress is stopped.
    @inlinable @inline(__always)
    public mutating func mayGoOn(_ work: Int) -> Bool {
        guard let progress else { return true }
        multiplications &+= work
        if multiplications >= 1 << 22 {
            multiplications = 0
            progress.poll()
        }
        return !progress.isStopped
    }
}
