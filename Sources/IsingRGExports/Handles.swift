import CForks
import CIsingRG
import Ising
import Learning
import Numerics
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What C holds by handle: the models of all methods, and lattices. A handle is a number dressed as a
/// pointer, never an address: it is looked up at every use, so a handle that was destroyed, never
/// existed or belongs to something else is an error and not a crash. No number is used twice.
private final class HandleTable: Sendable {
    private struct Call {
        let key: UInt
        let thread: pthread_t
        let exclusive: Bool
    }

    private struct State: @unchecked Sendable {
        var held: [UInt: any AnyObject & Sendable] = [:]
        /// Those that use one of them now.
        var calls: [Call] = []
        var forks = fork_count()
    }

    private let state = Locked(State())
    private let nextHandle = Atomic<UInt>(1)

    func insert(_ one: any AnyObject & Sendable) -> OpaquePointer {
        let key = nextHandle.wrappingAdd(1, ordering: .relaxed).oldValue << 4
        state.withLock { $0.held[key] = one }
        return OpaquePointer(bitPattern: key)!
    }

    /// Forgets the handle; what it stood for lives until the last call that uses it returns.
    func remove<Held>(_ handle: OpaquePointer?, _ type: Held.Type) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        // Released after the lock.
        let removed: Result<Held, HandleFailure> = state.withLock { state in
            let found: Result<Held, HandleFailure> = HandleTable.find(key, state)
            if case .success = found { state.held[key] = nil }
            return found
        }
        _ = try removed.get()
    }

    private static func find<Held>(_ key: UInt, _ state: State) -> Result<Held, HandleFailure> {
        guard let found = state.held[key] else { return .failure(.closed(noun(of: Held.self))) }
        guard let held = found as? Held else { return .failure(.wrong(found: type(of: found), Held.self)) }
        return .success(held)
    }

    /// Runs `body` with several different ones, alone with all of them if `exclusive`.
    func use<Held>(
        _ handles: [OpaquePointer?], exclusive: Bool, _ body: ([Held]) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let keys = handles.map { UInt(bitPattern: $0) }
        var used: [Held] = []
        defer { for key in keys.prefix(used.count) { end(key) } }
        for key in keys { used.append(try begin(key, exclusive).get()) }
        do throws(Failure) { try body(used) } catch { throw .failure(error) }
    }

    private func begin<Held>(_ key: UInt, _ exclusive: Bool) -> Result<Held, HandleFailure> {
        state.withLock { state in
            if state.forks != fork_count() { forgetLostReaders(&state) }
            let found: Result<Held, HandleFailure> = HandleTable.find(key, state)
            guard case .success = found else { return found }
            guard !state.calls.contains(where: { $0.key == key && ($0.exclusive || exclusive) }) else {
                return .failure(.busy)
            }
            state.calls.append(Call(key: key, thread: pthread_self(), exclusive: exclusive))
            return found
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

private let table = HandleTable()

// MARK: - Bodies of the entry points

/// The body of an entry point that makes a model, or a lattice, and gives its handle out.
func creating(
    _ output: UnsafeMutablePointer<OpaquePointer?>?, _ name: String = "model",
    _ make: () throws(Failure) -> any AnyObject & Sendable
) -> isingrg_status {
    status { () throws(Failure) in
        let output = try required(output, name)
        output.pointee = table.insert(try make())
    }
}

func destroying<Held>(_ handle: OpaquePointer?, _ type: Held.Type) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try table.remove(handle, type) }
}

/// The body of an entry point that reads a model or a lattice; others may read it at the same time.
func reading<Held>(_ handle: OpaquePointer?, _ body: (Held) throws(Failure) -> Void) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try table.use([handle], exclusive: false) { (used: [Held]) throws(Failure) in try body(used[0]) }
    }
}

/// The body of an entry point that changes a model, which is alone with it.
func changing<Model>(_ handle: OpaquePointer?, _ body: (Model) throws(Failure) -> Void) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try table.use([handle], exclusive: true) { (models: [Model]) throws(Failure) in try body(models[0]) }
    }
}

/// The body of an entry point that changes `count` models, all different.
func changing<Model>(
    _ handles: UnsafePointer<OpaquePointer?>?, _ count: Int64, _ body: ([Model]) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try table.use(try distinct(handles, count), exclusive: true, body)
    }
}

private func distinct(
    _ handles: UnsafePointer<OpaquePointer?>?, _ count: Int64
) throws(HandleFailure) -> [OpaquePointer?] {
    do throws(Failure) {
        let first = try required(handles, "models")
        let count = try integer(count, "n", 1...1 << 20)
        let all = (0..<count).map { first[$0] }
        guard Set(all).count == count else { throw .invalidArgument("models must be different ones") }
        return all
    } catch {
        throw .failure(error)
    }
}

/// What messages call something that is held.
private func noun(of type: Any.Type) -> String { type == Lattice.self ? "lattice" : "model" }

/// The same with the method of a model. A function that takes `any TrainedModel` takes those of all.
private func kind(of type: Any.Type) -> String {
    if type == Lattice.self { return "a lattice" }
    return (type as? any TrainedModel.Type).map { "a model of \($0.method)" } ?? "a model"
}

private enum HandleFailure: Error {
    case closed(String), busy
    /// The function takes something else.
    case wrong(found: Any.Type, Any.Type)
    case failure(Failure)
}

private func handleStatus(_ body: () throws(HandleFailure) -> Void) -> isingrg_status {
    do throws(HandleFailure) {
        try body()
        return isingrg_status(ISINGRG_OK)
    } catch {
        switch error {
        case .closed(let noun): return failed(ISINGRG_CLOSED, "the \(noun) was closed")
        case .busy: return failed(ISINGRG_BUSY, "the model is in use by another call")
        case .wrong(let found, let expected):
            let message = "the \(noun(of: expected)) must be \(kind(of: expected)), not \(kind(of: found))"
            return failed(ISINGRG_WRONG_METHOD, message)
        case .failure(let failure): return failed(failure.code, failure.message)
        }
    }
}
