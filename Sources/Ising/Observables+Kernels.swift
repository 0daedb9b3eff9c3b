import Numerics

/// The loops over bytes, eight at a time in each lane of a word vector: vectors of bytes proper
/// fall into generic code in Swift 6.3 and run a thousand times slower.
///
/// A spin is 0x01 or 0xFF, so that bit 1 is set in -1 only, and in the exclusive or of two spins
/// exactly if they differ.
enum Observables {
    private typealias Words = SIMD8<UInt64>
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let twos: UInt64 = 0x0202_0202_0202_0202
    /// How many times 2 can be added to a byte without a carry into its neighbour.
    private static let loadsPerFlush = 127

    /// How many of a[0..<count] differ from b[0..<count].
    static func unequal(_ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, count: Int) -> Int {
        let (a, b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
        var total = 0
        var i = 0
        while i &+ 64 <= count {
            let end = min(count, i &+ 64 &* loadsPerFlush)
            var bits = Words()
            while i &+ 64 <= end {
                let x = a.loadUnaligned(fromByteOffset: i, as: Words.self)
                let y = b.loadUnaligned(fromByteOffset: i, as: Words.self)
                bits = bits &+ ((x ^ y) & Words(repeating: twos))
                i &+= 64
            }
            total &+= byteSum(bits)
        }
        while i &+ 8 <= count {
            let x = a.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            let y = b.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            total &+= 2 &* ((x ^ y) & twos).nonzeroBitCount
            i &+= 8
        }
        while i < count {
            let x = a.load(fromByteOffset: i, as: UInt8.self)
            total &+= Int((x ^ b.load(fromByteOffset: i, as: UInt8.self)) & 2)
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
            var bits = Words()
            while i &+ 64 <= end {
                let x = spins.loadUnaligned(fromByteOffset: i, as: Words.self)
                bits = bits &+ (x & Words(repeating: twos))
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

    /// Whether every byte is 0x01 or 0xFF: bit 0 is set and bits 1 to 7 are equal.
    static func areSpins(_ spins: UnsafePointer<Int8>, count: Int) -> Bool {
        let spins = UnsafeRawPointer(spins)
        var wrong = Words()
        var i = 0
        while i &+ 64 <= count {
            let x = spins.loadUnaligned(fromByteOffset: i, as: Words.self)
            wrong |= (x ^ x &>> 1) & Words(repeating: 0x7E7E_7E7E_7E7E_7E7E)
            wrong |= ~x & Words(repeating: ones)
            i &+= 64
        }
        var rest = wrong[0] | wrong[1] | wrong[2] | wrong[3] | wrong[4] | wrong[5] | wrong[6] | wrong[7]
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
        let everyPair: UInt64 = 0x0001_0001_0001_0001
        let words = count &>> 2
        for word in 0..<words {
            let x = a.loadUnaligned(fromByteOffset: 8 &* word, as: UInt64.self)
            let y = b.loadUnaligned(fromByteOffset: 8 &* word, as: UInt64.self)
            let columns = (x & twos) &+ (y & twos)
            // Twice the number of -1 in each block, in 16 bits; adding 2 carries 3 or 4 of them to bit 3.
            let blocks = (columns &+ columns &>> 8) & (0x00FF &* everyPair)
            let down = (blocks &+ 2 &* everyPair) &>> 3 & everyPair
            let spins = (down &<< 8 &- down &<< 1) | everyPair  // 0xFF or 0x01 in 16 bits
            let packed = (spins | spins &>> 8) & 0x0000_FFFF_0000_FFFF
            let four = UInt32(truncatingIfNeeded: packed | packed &>> 16)
            target.storeBytes(of: four, toByteOffset: 4 &* word, as: UInt32.self)
        }
        for i in 4 &* words..<count {
            let sum = Int(upper[2 &* i]) &+ Int(upper[2 &* i &+ 1]) &+ Int(lower[2 &* i]) &+ Int(lower[2 &* i &+ 1])
            output[i] = sum < 0 ? -1 : 1
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
}
