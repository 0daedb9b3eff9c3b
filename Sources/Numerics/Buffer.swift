#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Held from the look at the room to the allocation, so that two threads do not both take the last of it.
private let oneAtATime = Locked(())

/// Memory aligned to a cache line, owned by one reference and freed with it.
///
/// Kernels work on `base`; nothing checks the index there. Elements start at zero bits, so
/// `Element` must be a plain number or SIMD type. A large buffer takes its pages from the system
/// as they are touched: making one costs nothing, and no second of zeroing delays an interrupt.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    public let base: UnsafeMutablePointer<Element>
    public let count: Int
    private let bytes: Int

    /// - Throws: `Failure.outOfMemory` when the system has no such block.
    public init(count: Int) throws(Failure) {
        precondition(count >= 0)
        let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        self.count = count
        self.bytes = bytes
        guard !overflow, let raw = Buffer.allocateBesideObjects(bytes) else {
            throw .outOfMemory("\(count) elements of \(MemoryLayout<Element>.stride) bytes cannot be allocated")
        }
        base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    private static func allocateBesideObjects(_ bytes: Int) -> UnsafeMutableRawPointer? {
        if bytes < 4096 { return allocate(bytes) }  // as most are, which shall not cost a system call each
        return oneAtATime.withLock { _ in leavesRoomForObjects(beside: bytes) ? allocate(bytes) : nil }
    }

    private static func isMapped(_ bytes: Int) -> Bool { bytes >= 1 << 20 }

    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        if isMapped(bytes) {
            let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            return pages == MAP_FAILED ? nil : pages
        }
        var raw: UnsafeMutableRawPointer?
        guard posix_memalign(&raw, 64, bytes) == 0, let raw else { return nil }
        memset(raw, 0, bytes)
        return raw
    }

    deinit {
        if Buffer.isMapped(bytes) { munmap(base, bytes) } else { free(base) }
    }

    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            base[index] = newValue
        }
    }
}
