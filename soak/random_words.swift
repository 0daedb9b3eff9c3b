#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes the random words of neighbouring streams for ever, for `random_streams.py`.
///
/// It is compiled together with `RandomStream` and `Philox`, whose words no caller of the library
/// sees. Of each stream in turn it takes one word, so that what neighbours have in common stands
/// side by side.
///
///     random_words KIND COUNT
///
/// KIND says in what neighbouring streams differ. COUNT of them go on for ever; 0 takes the first
/// 512 bits of one stream after the other, as training does with its steps.
@main struct RandomWords {
    static func main() {
        guard CommandLine.argc == 3, let count = Int(CommandLine.arguments[2]) else { exit(2) }
        let kind = CommandLine.arguments[1]
        var start = UInt64(0)
        while count == 0 {
            write(
                (start..<start + 512).map { index in
                    var fresh = stream(kind, index)
                    return fresh.nextBits()
                })
            start += 512
        }
        var streams = (0..<UInt64(count)).map { stream(kind, $0) }
        while true { write(streams.indices.map { streams[$0].nextBits() }) }
    }

    /// Number `index` among neighbours.
    static func stream(_ kind: String, _ index: UInt64) -> RandomStream {
        switch kind {
        case "seeds": RandomStream(seed: index, purpose: .lattice)
        case "chains": RandomStream(seed: 1, purpose: .lattice, stream: index << 12)
        case "bands": RandomStream(seed: 1, purpose: .lattice, stream: index)
        case "steps": RandomStream(seed: 1, purpose: .latent, step: index)
        case "all":
            RandomStream(
                seed: index & 3, purpose: index & 4 == 0 ? .teacher : .student, stream: index >> 3 & 7,
                step: index >> 6)
        default: exit(2)
        }
    }

    /// The first word of each stream, the second of each, and so on.
    static func write(_ rows: [SIMD8<UInt64>]) {
        var words: [UInt64] = []
        words.reserveCapacity(8 * rows.count)
        for lane in 0..<8 { for row in rows { words.append(row[lane]) } }
        let written = words.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stdout) }
        if written < 8 * words.count { exit(0) }  // the reader has enough
    }
}
