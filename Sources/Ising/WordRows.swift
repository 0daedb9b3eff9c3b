import Numerics

/// Rows of 64-bit words on a torus. A copy of the last row lies before the first and a copy of
/// the first after the last, so that the vertical neighbour of a word is always one row away,
/// and vectors of eight words may start at any word and run past the end.
struct WordRows {
    let rows: Int
    /// Words of a row.
    let stride: Int
    private let words: Buffer<UInt64>

    init(rows: Int, stride: Int) throws(Failure) {
        self.rows = rows
        self.stride = stride
        words = try Buffer(count: (rows + 2) * stride + 8)
    }

    @inline(__always)
    func row(_ y: Int) -> UnsafeMutablePointer<UInt64> { words.base + (y &+ 1) &* stride }

    /// Renews the ghost copies of whichever of the two border rows lie in `band`.
    func copyBorders(of band: Range<Int>) {
        if band.lowerBound == 0 { row(rows).update(from: row(0), count: stride) }
        if band.upperBound == rows { row(-1).update(from: row(rows - 1), count: stride) }
    }
}

@inline(__always)
func load(_ words: UnsafePointer<UInt64>) -> SIMD8<UInt64> {
    UnsafeRawPointer(words).loadUnaligned(as: SIMD8<UInt64>.self)
}

@inline(__always)
func store(_ vector: SIMD8<UInt64>, _ words: UnsafeMutablePointer<UInt64>) {
    UnsafeMutableRawPointer(words).storeBytes(of: vector, as: SIMD8<UInt64>.self)
}

/// `target[k] = source[k + 1]` for the `count` bits of a row that closes on itself.
@inline(__always)
func rotateDown(
    _ source: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>, count: Int
) {
    let last = (count &- 1) &>> 6
    for j in 0..<last { target[j] = source[j] &>> 1 | source[j &+ 1] &<< 63 }
    let top = UInt64(truncatingIfNeeded: (count &- 1) & 63)
    target[last] = (source[last] &>> 1) & ~(1 &<< top) | (source[0] & 1) &<< top
}

/// `target[k] = source[k - 1]` for the `count` bits of a row that closes on itself.
@inline(__always)
func rotateUp(
    _ source: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>, count: Int
) {
    let last = (count &- 1) &>> 6
    let top = UInt64(truncatingIfNeeded: (count &- 1) & 63)
    var carry = source[last] &>> top & 1
    for j in 0...last {
        let word = source[j]
        target[j] = word &<< 1 | carry
        carry = word &>> 63
    }
}

/// Rows a task works on, and a random stream is keyed for: about 4 KiB of spins, whatever the
/// number of threads, and always a multiple of eight rows, so that only the last band ends
/// inside a vector.
func bandRows(stride: Int, words: Int) -> Int { max(8, words / stride & ~7) }
