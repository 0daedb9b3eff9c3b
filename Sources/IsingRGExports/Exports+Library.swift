import CIsingRG
import Numerics

@_cdecl("isingrg_abi_version")
public func isingrg_abi_version() -> Int32 { ISINGRG_ABI_VERSION }

/// A C string that lives as long as the library.
private struct StaticText: @unchecked Sendable {
    let pointer: UnsafePointer<CChar>

    init(_ text: String) {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
        for (i, byte) in text.utf8CString.enumerated() { copy[i] = byte }
        pointer = UnsafePointer(copy)
    }
}

private let versionText = StaticText("0.1.0")
private let emptyText = StaticText("")

@_cdecl("isingrg_version")
public func isingrg_version() -> UnsafePointer<CChar> { versionText.pointer }

@_cdecl("isingrg_instruction_set")
public func isingrg_instruction_set() -> UnsafePointer<CChar> { isingrg_compiled_for() }

@_cdecl("isingrg_last_error")
public func isingrg_last_error() -> UnsafePointer<CChar> { lastError() ?? emptyText.pointer }

@_cdecl("isingrg_set_num_threads")
public func isingrg_set_num_threads(_ count: Int32) -> isingrg_status {
    status(needsThreads: false) { () throws(Failure) in
        threadCount = try integer(Int64(count), "count", 1...1024)
    }
}

@_cdecl("isingrg_get_num_threads")
public func isingrg_get_num_threads() -> Int32 {
    guard let fault = threadCountFault else { return Int32(threadCount) }
    setLastError(fault)
    return 0
}
