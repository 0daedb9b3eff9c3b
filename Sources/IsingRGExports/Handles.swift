import CForks
import CIsingRG
import Learning
import Numerics
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The models that C holds by handle, of all methods. A handle is a number dressed as a pointer,
/// never an address: it is looked up at every use, so a handle that was destroyed, never existed
/// or belongs to another method is an error and not a crash. No number is used twice.
private final class HandleTable: Sendable {
    private struct Call {
        let key: UInt
        let thread: pthread_t
        let exclusive: Bool
    }

    private struct State: @unchecked Sendable {
        var models: [UInt: any TrainedModel] = [:]
        /// Those that use a model now.
        var calls: [Call] = []
        var forks = fork_count()
    }

    private let state = Locked(State())
    private let nextHandle = Atomic<UInt>(1)

    func insert(_ model: any TrainedModel) -> OpaquePointer {
        let key = nextHandle.wrappingAdd(1, ordering: .relaxed).oldValue << 4
        state.withLock { $0.models[key] = model }
        return OpaquePointer(bitPattern: key)!
    }

    /// Forgets the handle; the model lives until the last call that uses it returns.
    func remove(_ handle: OpaquePointer?) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        let removed = state.withLock { $0.models.removeValue(forKey: key) }
        if removed == nil { throw .closed }
    }

    /// Runs `body` with several different models, alone with all of them if `exclusive`.
    func use<Model>(
        _ handles: [OpaquePointer?], exclusive: Bool, _ body: ([Model]) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let keys = handles.map { UInt(bitPattern: $0) }
        var models: [Model] = []
        defer { for key in keys.prefix(models.count) { end(key) } }
        for key in keys { models.append(try begin(key, exclusive).get()) }
        do throws(Failure) { try body(models) } catch { throw .failure(error) }
    }

    private func begin<Model>(_ key: UInt, _ exclusive: Bool) -> Result<Model, HandleFailure> {
        state.withLock { state in
            if state.forks != fork_count() { forgetLostReaders(&state) }
            guard let found = state.models[key] else { return .failure(.closed) }
            guard let model = found as? Model else {
                return .failure(.wrongMethod(type(of: found).method, expected: method(of: Model.self)))
            }
            guard !state.calls.contains(where: { $0.key == key && ($0.exclusive || exclusive) }) else {
                return .failure(.busy)
            }
            state.calls.append(Call(key: key, thread: pthread_self(), exclusive: exclusive))
            return .success(model)
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

private let models = HandleTable()

// MARK: - Bodies of the entry points

/// The body of an entry point that makes a model and gives its handle out.
func creating(
    _ output: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws(Failure) -> any TrainedModel
) -> isingrg_status {
    status { () throws(Failure) in
        let output = try required(output, "model")
        output.pointee = models.insert(try make())
    }
}

func destroying(_ handle: OpaquePointer?) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in try models.remove(handle) }
}

/// The body of an entry point that reads a model; others may read it at the same time.
func reading<Model>(_ handle: OpaquePointer?, _ body: (Model) throws(Failure) -> Void) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try models.use([handle], exclusive: false) { (models: [Model]) throws(Failure) in try body(models[0]) }
    }
}

/// The body of an entry point that changes a model, which is alone with it.
func changing<Model>(_ handle: OpaquePointer?, _ body: (Model) throws(Failure) -> Void) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try models.use([handle], exclusive: true) { (models: [Model]) throws(Failure) in try body(models[0]) }
    }
}

/// The body of an entry point that changes `count` models, all different.
func changing<Model>(
    _ handles: UnsafePointer<OpaquePointer?>?, _ count: Int64, _ body: ([Model]) throws(Failure) -> Void
) -> isingrg_status {
    handleStatus { () throws(HandleFailure) in
        try models.use(try distinct(handles, count), exclusive: true, body)
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

/// The method of the models that a function takes. One that takes `any TrainedModel` refuses none.
private func method<Model>(of type: Model.Type) -> String {
    (type as? any TrainedModel.Type)?.method ?? "any method"
}

private enum HandleFailure: Error {
    case closed, busy
    /// The handle is a model of one method, the function takes models of another.
    case wrongMethod(String, expected: String)
    case failure(Failure)
}

private func handleStatus(_ body: () throws(HandleFailure) -> Void) -> isingrg_status {
    do throws(HandleFailure) {
        try body()
        return isingrg_status(ISINGRG_OK)
    } catch {
        switch error {
        case .closed: return failed(ISINGRG_CLOSED, "the model was closed")
        case .busy: return failed(ISINGRG_BUSY, "the model is in use by another call")
        case .wrongMethod(let method, let expected):
            return failed(ISINGRG_WRONG_METHOD, "the model must be one of \(expected), not of \(method)")
        case .failure(let failure): return failed(failure.code, failure.message)
        }
    }
}
