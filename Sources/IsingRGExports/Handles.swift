import CIsingRG
import Numerics
import Synchronization

/// No two handles are the same number, so that one of another method is unknown and not mistaken.
private let nextHandle = Atomic<UInt>(1)

/// Objects that C holds by handle. A handle is a number dressed as a pointer, never an address: it
/// is looked up at every use, so a handle that was destroyed, or never existed, is an error and
/// not a crash.
final class HandleTable<Object: Sendable>: Sendable {
    private struct Entry {
        let object: Object
        /// Calls that read the object now; -1 while one changes it.
        var users = 0
    }

    private let entries = Locked<[UInt: Entry]>([:])
    private let name: String

    init(name: String) { self.name = name }

    func insert(_ object: Object) -> OpaquePointer {
        let key = nextHandle.wrappingAdd(1, ordering: .relaxed).oldValue << 4
        entries.withLock { $0[key] = Entry(object: object) }
        return OpaquePointer(bitPattern: key)!
    }

    /// Forgets the handle; the object lives until the last call that uses it returns.
    func remove(_ handle: OpaquePointer?) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        let removed = entries.withLock { $0.removeValue(forKey: key) != nil }
        if !removed { throw .closed("the \(name) was closed") }
    }

    /// Runs `body` with the object, alone with it if `exclusive`.
    func use(
        _ handle: OpaquePointer?, exclusive: Bool = false, _ body: (Object) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let key = UInt(bitPattern: handle)
        let object = try begin(key, exclusive).get()
        defer { end(key, exclusive) }
        do throws(Failure) { try body(object) } catch { throw .failure(error) }
    }

    /// Runs `body` with several different objects, alone with all of them.
    func useAll(
        _ handles: [OpaquePointer?], _ body: ([Object]) throws(Failure) -> Void
    ) throws(HandleFailure) {
        let keys = handles.map { UInt(bitPattern: $0) }
        var objects: [Object] = []
        defer { for key in keys.prefix(objects.count) { end(key, true) } }
        for key in keys { objects.append(try begin(key, true).get()) }
        do throws(Failure) { try body(objects) } catch { throw .failure(error) }
    }

    private func begin(_ key: UInt, _ exclusive: Bool) -> Result<Object, HandleFailure> {
        entries.withLock { entries in
            guard let entry = entries[key] else {
                return .failure(.closed("the \(name) was closed"))
            }
            guard entry.users == 0 || (entry.users > 0 && !exclusive) else {
                return .failure(.busy("the \(name) is in use by another thread"))
            }
            entries[key]!.users = exclusive ? -1 : entry.users + 1
            return .success(entry.object)
        }
    }

    private func end(_ key: UInt, _ exclusive: Bool) {
        entries.withLock { entries in
            guard let users = entries[key]?.users else { return }
            entries[key]!.users = exclusive ? 0 : users - 1
        }
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
