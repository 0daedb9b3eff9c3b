/// The one error type of the core. The exports translate each case into a status code of
/// `isingrg.h` and keep the message as the thread's last error.
public enum Failure: Error, Equatable {
    /// An argument is outside its permitted range; the message names it and the range.
    case invalidArgument(String)
    /// The request needs more memory than the machine can give; the message states the bytes.
    case outOfMemory(String)
    /// An iteration ended without reaching its tolerance.
    case notConverged(String)
    /// A number became NaN or infinite where a finite one is required.
    case nonFinite(String)
    /// The caller asked to stop; everything up to the last complete step is kept.
    case interrupted(String)

    public var message: String {
        switch self {
        case .invalidArgument(let text), .outOfMemory(let text), .notConverged(let text),
            .nonFinite(let text), .interrupted(let text):
            return text
        }
    }
}
