#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Memory aligned to a cache line, owned by one reference and freed with it.
///
/// Kernels work on `base`; nothing checks the index there. Elements start at zero bits, so
/// `Element` must be a plain number or SIMD type.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    public let base: UnsafeMutablePointer<Element>
    public let count: Int

    /// - Throws: `Failure.outOfMemory` when the system has no such block.
    public init(count: Int) throws(Failure) {
        precondition(count >= 0)
        let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        var raw: UnsafeMutableRawPointer?
        guard !overflow, posix_memalign(&raw, 64, bytes) == 0, let raw else {
            throw .outOfMemory("\(count) elements of \(MemoryLayout<Element>.stride) bytes cannot be allocated")
        }
        memset(raw, 0, bytes)
        base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
        self.count = count
    }

    deinit { free(UnsafeMutableRawPointer(base)) }

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
