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
