/// Bits to bytes: 1 becomes +1, 0 becomes -1.
enum SpinBytes {
    /// Writes the lowest `count` bits of `word`, 1 to 64 of them.
    @inline(__always)
    static func write(_ word: UInt64, count: Int, to spins: UnsafeMutablePointer<Int8>) {
        var rest = word
        var k = 0
        while k &+ 8 <= count {
            UnsafeMutableRawPointer(spins + k).storeBytes(of: eight(rest), as: UInt64.self)
            rest &>>= 8
            k &+= 8
        }
        while k < count {
            spins[k] = Int8(truncatingIfNeeded: (rest & 1) &<< 1) &- 1
            rest &>>= 1
            k &+= 1
        }
    }

    /// Byte j is +1 where bit j of the lowest byte is set, -1 elsewhere.
    @inline(__always)
    private static func eight(_ bits: UInt64) -> UInt64 {
        let picked = ((bits & 0xFF) &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
        let ones = (picked &+ 0x7F7F_7F7F_7F7F_7F7F) &>> 7 & 0x0101_0101_0101_0101
        return UInt64(littleEndian: ~(ones &* 0xFE))
    }

    /// Bit k of the lower half of `word` goes to bit 2k.
    @inline(__always)
    static func spread(_ word: UInt64) -> UInt64 {
        var x = word & 0xFFFF_FFFF
        x = (x | x &<< 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x &<< 8) & 0x00FF_00FF_00FF_00FF
        x = (x | x &<< 4) & 0x0F0F_0F0F_0F0F_0F0F
        x = (x | x &<< 2) & 0x3333_3333_3333_3333
        return (x | x &<< 1) & 0x5555_5555_5555_5555
    }

    /// Transposes 64 words of 64 bits in place.
    static func transpose(_ words: UnsafeMutablePointer<UInt64>) {
        var width = 32
        var mask: UInt64 = 0x0000_0000_FFFF_FFFF
        while width > 0 {
            var k = 0
            while k < 64 {
                let low = words[k], high = words[k | width]
                let swap = (low &>> UInt64(width) ^ high) & mask
                words[k] = low ^ swap &<< UInt64(width)
                words[k | width] = high ^ swap
                k = ((k | width) &+ 1) & ~width
            }
            width &>>= 1
            mask ^= mask &<< UInt64(width)
        }
    }
}
