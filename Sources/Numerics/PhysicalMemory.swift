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

/// Whether a limited address space (`ulimit -v`) has another MiB. Small objects of the language take
/// theirs from it, and one that cannot be had ends the process: buffers fail before, with an error.
func leavesRoomForObjects() -> Bool {
    var limit = rlimit()
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
    let resource = RLIMIT_AS
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t.max >> 1 else { return true }
    let pages = mmap(nil, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages, pages != MAP_FAILED else { return false }
    munmap(pages, 1 << 20)
    return true
}
