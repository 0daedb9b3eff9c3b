import CForks
import CIsingRG
import Numerics
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// No two handles are the same number, so that one of another method is unknown and not mistaken.
private let nextHandle = Atomic<UInt>(1)

/// Objects that C holds by handle. A handle is a number dressed as a pointer, never an address: it
/// is looked up at every use, so a handle that was destroyed, or never existed, is an error and
/// not a crash.
final class HandleTable<Object: Sendable>: Sendable {
    private struct Call {
        let key: UInt
        let thread: pthread_t
        let exclusive: Bool
    }

    private struct State: @unchecked Sendable {
        var objects: [UInt: Object] = [:]
        /// Those that use an object now.
        var calls: [Call] = []
        var forks = fork_count()
    }

    private let state = Locked(State())
    private let name: String

    init(name: String) { self.name = name }

    func insert(_ object: Object) -> OpaquePointer {
        let key = nextHandle.wrappingAdd(1, ordering: .relaxed).oldValue << 4
        state.withLock { $0.objects[key] = object }
        return OpaquePointer(bitPattern: key)!
    }

    /// Forgets the handle; the object lives until the last call that uses it returns.
    func remove(_ handle: OpaquePointer?) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        let removed = state.withLock { $0.objects.removeValue(forKey: key) }
        if removed == nil { throw .closed("the \(name) was closed") }
    }

    /// Runs `body` with the object, alone with it if `exclusive`.
    func use(
        _ handle: OpaquePointer?, exclusive: Bool = false, _ body: (Object) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        let object = try begin(key, exclusive).get()
        defer { end(key) }
        do throws(Failure) { try body(object) } catch { throw .failure(error) }
    }

    /// Runs `body` with several different objects, alone with all of them.
    func useAll(
        _ handles: [OpaquePointer?], _ body: ([Object]) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let keys = handles.map { UInt(bitPattern: $0) }
        var objects: [Object] = []
        defer { for key in keys.prefix(objects.count) { end(key) } }
        for key in keys { objects.append(try begin(key, true).get()) }
        do throws(Failure) { try body(objects) } catch { throw .failure(error) }
    }

    private func begin(_ key: UInt, _ exclusive: Bool) -> Result<Object, HandleFailure> {
        state.withLock { state in
            if state.forks != fork_count() { forgetLostReaders(&state) }
            guard let object = state.objects[key] else {
                return .failure(.closed("the \(name) was closed"))
            }
            guard !state.calls.contains(where: { $0.key == key && ($0.exclusive || exclusive) }) else {
                return .failure(.busy("the \(name) is in use by another thread"))
            }
            state.calls.append(Call(key: key, thread: pthread_self(), exclusive: exclusive))
            return .success(object)
        }
    }

    private func end(_ key: UInt) {
        state.withLock { state in
            let own = state.calls.lastIndex { $0.key == key && pthread_equal($0.thread, pthread_self()) != 0 }
            if let own { state.calls.remove(at: own) }
        }
    }

    /// In a forked child: calls of threads that it does not have will never end. Those that only
    /// read are over; what one was changing may be half changed, and stays in use.
    private func forgetLostReaders(_ state: inout State) {
        state.forks = fork_count()
        state.calls.removeAll { !$0.exclusive && pthread_equal($0.thread, fork_survivor()) == 0 }
    }
}

enum HandleFailure: Error {
    case closed(String)
    case busy(String)
    case failure(Failure)
}

/// The body of an entry point that takes a handle.
func handleStatus(_ body: () throws(HandleFailure) -> Void) -> isingrg_status {
    do throws(HandleFailure) {
        try body()
        return isingrg_status(ISINGRG_OK)
    } catch {
        switch error {
        case .closed(let message):
            setLastError(message)
            return isingrg_status(ISINGRG_CLOSED)
        case .busy(let message):
            setLastError(message)
            return isingrg_status(ISINGRG_BUSY)
        case .failure(let failure):
            return status { () throws(Failure) in throw failure }
        }
    }
}
