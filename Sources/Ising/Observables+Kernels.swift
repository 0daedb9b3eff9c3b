/// The loops over bytes. A spin is 0x01 or 0xFF, so that bit 1 is set in -1 only, and in the
/// exclusive or of two spins exactly if they differ.
enum Observables {
    /// Loads of 64 bytes whose counts of 2 per byte still fit: 127 * 2 < 256.
    private static let loadsPerFlush = 127

    /// How many of a[0..<count] differ from b[0..<count].
    static func unequal(_ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, count: Int) -> Int {
        let (a, b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
        var total = 0
        var i = 0
        while i &+ 64 <= count {
            let end = min(count, i &+ 64 &* loadsPerFlush)
            var bits = SIMD64<UInt8>()
            while i &+ 64 <= end {
                let x = a.loadUnaligned(fromByteOffset: i, as: SIMD64<UInt8>.self)
                let y = b.loadUnaligned(fromByteOffset: i, as: SIMD64<UInt8>.self)
                bits = bits &+ ((x ^ y) & SIMD64(repeating: 2))
                i &+= 64
            }
            total &+= byteSum(bits)
        }
        while i &+ 8 <= count {
            let x = a.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            let y = b.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            total &+= 2 &* ((x ^ y) & 0x0202_0202_0202_0202).nonzeroBitCount
            i &+= 8
        }
        while i < count {
            total &+= Int((a.load(fromByteOffset: i, as: UInt8.self) ^ b.load(fromByteOffset: i, as: UInt8.self)) & 2)
            i &+= 1
        }
        return total &>> 1
    }

    /// How many of the spins are -1.
    static func negative(_ spins: UnsafePointer<Int8>, count: Int) -> Int {
        let spins = UnsafeRawPointer(spins)
        var total = 0
        var i = 0
        while i &+ 64 <= count {
            let end = min(count, i &+ 64 &* loadsPerFlush)
            var bits = SIMD64<UInt8>()
            while i &+ 64 <= end {
                bits = bits &+ (spins.loadUnaligned(fromByteOffset: i, as: SIMD64<UInt8>.self) & SIMD64(repeating: 2))
                i &+= 64
            }
            total &+= byteSum(bits)
        }
        while i < count {
            total &+= Int(spins.load(fromByteOffset: i, as: UInt8.self) & 2)
            i &+= 1
        }
        return total &>> 1
    }

    /// Whether every byte is 0x01 or 0xFF: x + 1 must be 2 or 0.
    static func areSpins(_ spins: UnsafePointer<Int8>, count: Int) -> Bool {
        let spins = UnsafeRawPointer(spins)
        var wrong = SIMD64<UInt8>()
        var i = 0
        while i &+ 64 <= count {
            let x = spins.loadUnaligned(fromByteOffset: i, as: SIMD64<UInt8>.self)
            wrong |= (x &+ SIMD64(repeating: 1)) & SIMD64(repeating: 0xFD)
            i &+= 64
        }
        let words = unsafeBitCast(wrong, to: SIMD8<UInt64>.self)
        var rest = words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]
        while i < count {
            rest |= UInt64((spins.load(fromByteOffset: i, as: UInt8.self) &+ 1) & 0xFD)
            i &+= 1
        }
        return rest == 0
    }

    /// One row of 2 x 2 blocks: `count` blocks from two rows of 2 * count spins.
    static func majorityOfPairs(
        _ upper: UnsafePointer<Int8>, _ lower: UnsafePointer<Int8>, count: Int, into output: UnsafeMutablePointer<Int8>
    ) {
        let (a, b) = (UnsafeRawPointer(upper), UnsafeRawPointer(lower))
        let target = UnsafeMutableRawPointer(output)
        var i = 0
        while i &+ 32 <= count {
            let x = a.loadUnaligned(fromByteOffset: 2 &* i, as: SIMD64<Int8>.self)
            let y = b.loadUnaligned(fromByteOffset: 2 &* i, as: SIMD64<Int8>.self)
            let pairs = unsafeBitCast(x &+ y, to: SIMD32<Int16>.self)  // two column sums in each
            let sums = (pairs &<< 8) &>> 8 &+ pairs &>> 8
            let signs = sums &>> 15 | SIMD32(repeating: 1)
            target.storeBytes(of: SIMD32<Int8>(truncatingIfNeeded: signs), toByteOffset: i, as: SIMD32<Int8>.self)
            i &+= 32
        }
        while i < count {
            let sum = Int(upper[2 &* i]) &+ Int(upper[2 &* i &+ 1]) &+ Int(lower[2 &* i]) &+ Int(lower[2 &* i &+ 1])
            output[i] = sum < 0 ? -1 : 1
            i &+= 1
        }
    }

    /// One row of b x b blocks from b rows of L spins. `sums` is scratch for L/b numbers.
    static func majority(
        _ rows: UnsafePointer<Int8>, size: Int, block: Int, sums: UnsafeMutablePointer<Int32>,
        into output: UnsafeMutablePointer<Int8>
    ) {
        let width = size / block
        for column in 0..<width { sums[column] = 0 }
        for row in 0..<block {
            var spin = rows + row &* size
            for column in 0..<width {
                var sum: Int32 = 0
                for k in 0..<block { sum &+= Int32(spin[k]) }
                sums[column] &+= sum
                spin += block
            }
        }
        for column in 0..<width { output[column] = sums[column] < 0 ? -1 : 1 }
    }

    /// The sum of 64 unsigned bytes.
    @inline(__always)
    private static func byteSum(_ bytes: SIMD64<UInt8>) -> Int {
        let words = unsafeBitCast(bytes, to: SIMD8<UInt64>.self)
        let mask = SIMD8<UInt64>(repeating: 0x00FF_00FF_00FF_00FF)
        let pairs = (words & mask) &+ (words &>> 8 & mask)  // four 16-bit sums, each below 511
        let fours = pairs.lowHalf &+ pairs.highHalf
        let eights = fours.lowHalf &+ fours.highHalf
        let sums = eights[0] &+ eights[1]  // each 16-bit sum below 4081
        return Int(truncatingIfNeeded: (sums &* 0x0001_0001_0001_0001) &>> 48)
    }
}
