/// Philox4x32-10, the counter-based generator of Salmon et al., SC'11 (doi:10.1145/2063384.2063405).
///
/// Every random number of the library starts here: a 64-bit key (the user's seed) and a 128-bit
/// counter give 128 bits, with no state in between. See `RandomStream` for the fast expansion.
public enum Philox {
    @inlinable
    public static func block(
        counter: SIMD4<UInt32>, key: SIMD2<UInt32>
    ) -> SIMD4<UInt32> {
        var c = counter
        var k = key
        for _ in 0..<10 {
            let p0 = UInt64(c[0]) &* 0xD251_1F53
            let p1 = UInt64(c[2]) &* 0xCD9E_8D57
            c = SIMD4(
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k[0],
                UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k[1],
                UInt32(truncatingIfNeeded: p0))
            k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return c
    }

    /// The blocks of eight counters that follow each other, side by side in the lanes of vectors.
    ///
    /// - Parameter counter: its lower and upper 64 bits; the upper ones count, from a multiple of 8.
    /// - Returns: the lower and the upper 64 bits of each block.
    @inlinable
    static func eightBlocks(
        counter: (UInt64, UInt64), key: UInt64
    ) -> (SIMD8<UInt64>, SIMD8<UInt64>) {
        let lower = SIMD8<UInt64>(repeating: 0xFFFF_FFFF)
        var c0 = SIMD8<UInt64>(repeating: counter.0 & 0xFFFF_FFFF)
        var c1 = SIMD8<UInt64>(repeating: counter.0 >> 32)
        var c2 = SIMD8<UInt64>(repeating: counter.1 & 0xFFFF_FFFF) | SIMD8(0, 1, 2, 3, 4, 5, 6, 7)
        var c3 = SIMD8<UInt64>(repeating: counter.1 >> 32)
        var (k0, k1) = (key & 0xFFFF_FFFF, key >> 32)
        for _ in 0..<10 {
            let p0 = (c0 & lower) &* SIMD8(repeating: 0xD251_1F53)
            let p1 = (c2 & lower) &* SIMD8(repeating: 0xCD9E_8D57)
            (c0, c1, c2, c3) = (
                p1 &>> 32 ^ c1 ^ SIMD8(repeating: k0), p1 & lower,
                p0 &>> 32 ^ c3 ^ SIMD8(repeating: k1), p0 & lower
            )
            k0 = (k0 &+ 0x9E37_79B9) & 0xFFFF_FFFF
            k1 = (k1 &+ 0xBB67_AE85) & 0xFFFF_FFFF
        }
        return (c0 | c1 &<< 32, c2 | c3 &<< 32)
    }
}
