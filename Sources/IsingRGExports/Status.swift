import CIsingRG
import Numerics

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The last error of each thread: a C string owned by the thread.
private let lastErrorKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
}()

func setLastError(_ message: String) {
    let previous = pthread_getspecific(lastErrorKey)
    pthread_setspecific(lastErrorKey, UnsafeMutableRawPointer(strdup(message)))
    free(previous)
}

func lastError() -> UnsafePointer<CChar>? {
    pthread_getspecific(lastErrorKey).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
}

extension Failure {
    var code: Int {
        switch self {
        case .invalidArgument: ISINGRG_INVALID_ARGUMENT
        case .outOfMemory: ISINGRG_OUT_OF_MEMORY
        case .notConverged: ISINGRG_NOT_CONVERGED
        case .nonFinite: ISINGRG_NON_FINITE
        case .interrupted: ISINGRG_INTERRUPTED
        }
    }
}

/// The status of a call that failed, whose message is kept for the caller.
func failed(_ code: Int, _ message: String) -> isingrg_status {
    setLastError(message)
    return isingrg_status(code)
}

/// The body of every entry point: its status, and the message where it failed. None but the one that
/// sets the number of threads does anything while that of the environment is faulty.
func status(needsThreads: Bool = true, _ body: () throws(Failure) -> Void) -> isingrg_status {
    do throws(Failure) {
        if needsThreads, let fault = threadCountFault { throw .invalidArgument(fault) }
        try body()
        return isingrg_status(ISINGRG_OK)
    } catch {
        return failed(error.code, error.message)
    }
}

// MARK: - Checks at the boundary

/// - Throws: `invalidArgument` naming the argument when the pointer is NULL.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws(Failure) -> Pointer {
    guard let pointer else { throw .invalidArgument("\(name) must not be NULL") }
    return pointer
}

func integer(_ value: Int64, _ name: String, _ range: ClosedRange<Int64>) throws(Failure) -> Int {
    guard range.contains(value) else {
        throw .invalidArgument("\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    return Int(value)
}

func whole(_ value: UInt64, _ name: String) throws(Failure) -> Int {
    guard let result = Int(exactly: value) else {
        throw .invalidArgument("\(name) is too large: \(value)")
    }
    return result
}

/// Checks that all of `count` numbers are finite and at most `bound` in magnitude.
func finite(
    _ values: UnsafePointer<Double>, count: Int, _ name: String, bound: Double = .greatestFiniteMagnitude
) throws(Failure) {
    for i in 0..<count where !(abs(values[i]) <= bound) {
        let range = bound < .greatestFiniteMagnitude ? "finite and from -\(bound) to \(bound)" : "finite"
        throw .invalidArgument("\(name) must be \(range), value \(i) is \(values[i])")
    }
}

func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
    String(cString: try required(pointer, name))
}

/// A case of an enumeration whose raw values are those of the header.
func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: Int32, _ name: String, _ type: Choice.Type
) throws(Failure) -> Choice where Choice.RawValue == Int32 {
    guard let result = Choice(rawValue: value) else {
        throw .invalidArgument("\(name) must be from 0 to \(Choice.allCases.count - 1), not \(value)")
    }
    return result
}

func progress(
    total: Int, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> Progress {
    guard let function else { return Progress(total: total) }
    return Progress(total: total) { done, total in function(context, done, total) == 0 }
}

/// The most rows of couplings that one call takes.
let rowLimit: Int64 = 1 << 32
