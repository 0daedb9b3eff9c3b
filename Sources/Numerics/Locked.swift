/// A value that one thread at a time reads and changes, also across a fork: see `SharedLock`.
public final class Locked<Value>: @unchecked Sendable {
    private var value: Value

    public init(_ value: Value) { self.value = value }

    /// - Parameter body: short, and does not use this or another `Locked` value.
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        SharedLock.lock()
        defer { SharedLock.unlock() }
        return body(&value)
    }
}
