#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// How many threads a loop uses where the program sets no number: what the user asks for, or else
// as many as the system lets the process keep busy.

/// What the environment variable ISINGRG_NUM_THREADS says.
public enum RequestedThreads: Equatable, Sendable {
    /// It is not set, or empty.
    case none
    case count(Int)
    /// It is no number of threads; the text says so.
    case fault(String)

    public init(_ text: String?) {
        guard let text, !text.isEmpty else {
            self = .none
            return
        }
        if let count = Int(text), threadCounts.contains(count) {
            self = .count(count)
        } else {
            self = .fault(
                "the environment variable ISINGRG_NUM_THREADS must be a whole number from \(threadCounts.lowerBound) "
                    + "to \(threadCounts.upperBound), not '\(text)'")
        }
    }

    static var ofEnvironment: RequestedThreads {
        RequestedThreads(getenv("ISINGRG_NUM_THREADS").map { String(cString: $0) })
    }
}

/// Permitted numbers of threads.
let threadCounts = 1...1024

/// Processors that this process may keep busy: those of its affinity, or fewer where control groups
/// limit its processor time. Between 1 and 1024.
///
/// - Parameter root: goes before the paths of the system; "" but for tests.
public func availableProcessors(root: String = "") -> Int {
    let processors = processorsOfAffinity(root: root) ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let granted = processorsOfControlGroups(root: root) ?? processors
    return min(max(min(processors, granted), threadCounts.lowerBound), threadCounts.upperBound)
}

/// Processors on which Linux may run the calling thread, as `taskset` and the schedulers of clusters
/// set them: the bits of a mask in words such as "3f,ffffffff". Nil where the system does not say.
private func processorsOfAffinity(root: String) -> Int? {
    let key = "Cpus_allowed:"
    guard let line = lines(root + "/proc/thread-self/status").first(where: { $0.hasPrefix(key) }) else { return nil }
    let digits = line.dropFirst(key.count).compactMap(\.hexDigitValue)
    return digits.reduce(0) { $0 + $1.nonzeroBitCount }
}

/// The lines of a file; none where it cannot be read.
func lines(_ path: String) -> [Substring] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
        let count = read(descriptor, &piece, piece.count)
        guard count > 0 else { break }
        content += piece[..<count]
    }
    return String(decoding: content, as: UTF8.self).split(separator: "\n")
}
