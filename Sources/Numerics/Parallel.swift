#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import CForks
import Synchronization

/// The number of threads used by `parallelFor`, the caller included. Between 1 and 1024. By default that
/// of ISINGRG_NUM_THREADS, or else that of the processors which the process may keep busy.
public var threadCount: Int {
    get {
        let count = ThreadPool.shared.threads.load(ordering: .relaxed)
        return count == 0 ? 1 : count
    }
    set {
        let count = min(max(newValue, threadCounts.lowerBound), threadCounts.upperBound)
        ThreadPool.shared.threads.store(count, ordering: .relaxed)
    }
}

/// What is wrong with ISINGRG_NUM_THREADS; nil if nothing is, or once `threadCount` is set.
public var threadCountFault: String? {
    guard ThreadPool.shared.threads.load(ordering: .relaxed) == 0, case .fault(let text) = ThreadPool.shared.requested
    else { return nil }
    return text
}

/// Runs `body(0) ... body(count - 1)`, in any order, on all threads, and returns when all are done.
///
/// Which thread runs an index is not fixed, so results must not depend on it: an index writes its
/// own memory and draws from its own random stream. A loop started inside `body`, or while another
/// thread of the host program is in a loop, runs on its own thread alone.
///
/// - Parameter progress: polled on the calling thread while it works and while it waits; once it
///   is stopped the remaining indices are skipped.
public func parallelFor(_ count: Int, progress: Progress? = nil, _ body: (Int) -> Void) {
    guard count > 0 else { return }
    let pool = ThreadPool.shared
    guard count > 1, threadCount > 1, pool.enter() else {
        for index in 0..<count {
            progress?.poll()
            if let progress, progress.isStopped { return }
            body(index)
        }
        return
    }
    withoutActuallyEscaping(body) { body in
        pool.run(ThreadPool.Job(count: count, body: body, progress: progress))
    }
}

/// Workers that sleep until a loop is posted. One loop runs at a time.
private final class ThreadPool: @unchecked Sendable {
    final class Job: @unchecked Sendable {
        let count: Int
        let body: (Int) -> Void
        let progress: Progress?
        let next = Atomic<Int>(0)
        var helpers = 0

        init(count: Int, body: @escaping (Int) -> Void, progress: Progress?) {
            self.count = count
            self.body = body
            self.progress = progress
        }

        func work(polling: Bool) {
            while true {
                if polling { progress?.poll() }
                if let progress, progress.isStopped { return }
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if index >= count { return }
                body(index)
            }
        }
    }

    static let shared = ThreadPool()

    let requested = RequestedThreads.ofEnvironment
    /// 0 while `requested` is faulty.
    let threads: Atomic<Int>
    private let mutex = shared_mutex()!
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let busy = Atomic<Bool>(false)
    /// Not retained: it lives until its helpers are done, and a child that lacks them is to be able to
    /// free it, as Swift ends a process whose `body` above is still held when the loop is over.
    private var job: Unmanaged<Job>?
    private var wanted = 0
    private var workers = 0
    private let forks = Atomic<UInt>(fork_count())

    private init() {
        threads =
            switch requested {
            case .none: Atomic(availableProcessors())
            case .count(let count): Atomic(count)
            case .fault: Atomic(0)
            }
        initialise()
    }

    private func initialise() {
        pthread_cond_init(wake, nil)
        pthread_cond_init(done, nil)
    }

    /// Claims the pool; false while a loop is running, in a worker or on another thread.
    func enter() -> Bool {
        if forks.load(ordering: .acquiring) != fork_count() { forgetThreads() }
        return busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    /// A forked child has the memory of the pool but none of its threads.
    private func forgetThreads() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard forks.load(ordering: .relaxed) != fork_count() else { return }
        initialise()
        (job, wanted, workers) = (nil, 0, 0)
        busy.store(false, ordering: .relaxed)
        forks.store(fork_count(), ordering: .releasing)
    }

    /// Runs a loop on the pool that was claimed, and leaves it.
    ///
    /// A child that is forked inside the loop, by a report, does not wait for the helpers it lacks:
    /// what they had begun is lost, and its progress is stopped. The pool is no longer claimed.
    func run(_ job: Job) {
        let forks = fork_count()
        let helpers = min(threadCount, job.count) - 1
        pthread_mutex_lock(mutex)
        while workers < helpers, spawn() { workers += 1 }
        self.job = Unmanaged.passUnretained(job)
        wanted = min(helpers, workers)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)

        job.work(polling: true)

        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard forks == fork_count() else { return }
        wanted = 0  // workers that have not woken yet are not needed any more
        self.job = nil
        while job.helpers > 0 {
            waitPolling(job)
            guard forks == fork_count() else { return }
        }
        busy.store(false, ordering: .releasing)
    }

    /// Waits for the helpers, but wakes every 50 ms so that the caller can ask to stop.
    private func waitPolling(_ job: Job) {
        guard let progress = job.progress else {
            pthread_cond_wait(done, mutex)
            return
        }
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_nsec += 50_000_000
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_nsec -= 1_000_000_000
            deadline.tv_sec += 1
        }
        if pthread_cond_timedwait(done, mutex, &deadline) != 0 {
            pthread_mutex_unlock(mutex)
            progress.poll()
            pthread_mutex_lock(mutex)
        }
    }

    private func spawn() -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // Signals belong to the host program's threads.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        return pthread_create(
            &thread, &attributes,
            { _ in
                ThreadPool.shared.serve(); return nil
            }, nil) == 0
    }

    private func serve() {
        pthread_mutex_lock(mutex)
        while true {
            while wanted == 0 || job == nil { pthread_cond_wait(wake, mutex) }
            wanted -= 1
            job!._withUnsafeGuaranteedRef { job in
                job.helpers += 1
                pthread_mutex_unlock(mutex)
                job.work(polling: false)
                pthread_mutex_lock(mutex)
                job.helpers -= 1
                if job.helpers == 0 { pthread_cond_signal(done) }
            }
        }
    }
}
