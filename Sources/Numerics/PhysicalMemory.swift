#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Bytes of memory this machine has. What needs more is refused before it allocates: the system
/// would grant it, and kill the process when it is touched.
public func physicalMemory() -> Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let bytes = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && bytes > 0 ? pages * bytes : .max
}

/// Bytes kept free for small objects of the language. One that cannot be had ends the process, so that
/// buffers fail before, with an error.
private let objectBytes = 1 << 20

/// Whether a limited address space (`ulimit -v`) has so many bytes, and a MiB beside them for small objects
/// of the language: these take theirs from it, and one that cannot be had ends the process.
public func leavesRoomForObjects(beside bytes: Int) -> Bool {
    room().map { bytes <= $0 - objectBytes } ?? true
}

/// Bytes left in a limited address space, or nil where there is no limit.
private func room() -> Int? {
    var limit = rlimit()
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
    let resource = RLIMIT_AS
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t.max >> 1, let used = usedPages() else {
        return nil
    }
    return Int(limit.rlim_cur) - used * sysconf(Int32(_SC_PAGESIZE))
}

/// Pages of the address space of this process, read without an allocation.
private func usedPages() -> Int? {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
        let count = max(0, read(file, digits.baseAddress!, digits.count))
        let number = digits[..<count].prefix { $0 != UInt8(ascii: " ") }
        return number.isEmpty ? nil : number.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
