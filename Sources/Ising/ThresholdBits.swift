import Numerics

/// Compares 512 uniform numbers at once with a probability, bit by bit.
///
/// A number u < t is decided at the first bit, from the top, in which u and t differ, and then
/// the bit of t is the answer. Let d_i be 1 while u and t agree in the first i bits; the d_i are
/// products of fair coins, and
///     [u < t] = d_0 t_1 xor d_1 (t_1 xor t_2) xor d_2 (t_2 xor t_3) xor ...
/// so a bit costs one random vector, two ands and one xor, and no random bit has to be compared
/// with t itself. After a fixed number of bits the few undecided lanes continue in a loop, until
/// all 32 bits are used: the probability is exact to 2^-32.
///
/// Two probabilities are compared with the same u; each lane says which of them it needs.
struct ThresholdBits {
    /// Taken without a branch. More waste random bits, fewer waste branch misses; measured.
    static let unconditional = 11

    /// Words 2i and 2i + 1: all ones where bit i+1 of the weak probability differs from bit i,
    /// and the same of (weak xor strong). Bits 0 and 33 count as zero.
    private let masks: Buffer<UInt64>
    var base: UnsafePointer<UInt64> { UnsafePointer(masks.base) }

    /// - Parameters: probabilities from 0 to 1; 1 is rounded to 1 - 2^-32.
    init(weak: Double, strong: Double) throws(Failure) {
        func steps(_ probability: Double) -> UInt64 {
            let bits = UInt64(min((probability * 0x1p32).rounded(), 0x1p32 - 1))
            return bits ^ bits << 1  // bit 32 - i holds t_i xor t_(i+1)
        }
        masks = try Buffer(count: 66)
        for i in 0...32 {
            masks[2 * i] = 0 &- (steps(weak) >> UInt64(32 - i) & 1)
            masks[2 * i + 1] = 0 &- ((steps(weak) ^ steps(strong)) >> UInt64(32 - i) & 1)
        }
    }

    /// - Parameters:
    ///   - active: the lanes that need an answer; the others are free to use `coin`.
    ///   - strong: the lanes compared with the strong probability.
    ///   - coin: receives the first random vector.
    /// - Returns: [u < t] in the active lanes, zero elsewhere.
    @inline(__always)
    static func below(
        _ masks: UnsafePointer<UInt64>, active: SIMD8<UInt64>, strong: SIMD8<UInt64>,
        coin: inout SIMD8<UInt64>, random: inout RandomStream
    ) -> SIMD8<UInt64> {
        var tied = active
        var weakSum = tied & SIMD8(repeating: masks[0])
        var differenceSum = tied & SIMD8(repeating: masks[1])
        coin = random.nextBits()
        tied &= coin
        weakSum ^= tied & SIMD8(repeating: masks[2])
        differenceSum ^= tied & SIMD8(repeating: masks[3])
        for bit in 2...unconditional {
            tied &= random.nextBits()
            weakSum ^= tied & SIMD8(repeating: masks[2 &* bit])
            differenceSum ^= tied & SIMD8(repeating: masks[2 &* bit &+ 1])
        }
        var bit = unconditional &+ 1
        while isNonzero(tied) && bit <= 32 {
            tied &= random.nextBits()
            weakSum ^= tied & SIMD8(repeating: masks[2 &* bit])
            differenceSum ^= tied & SIMD8(repeating: masks[2 &* bit &+ 1])
            bit &+= 1
        }
        return weakSum ^ (differenceSum & strong)
    }

    /// The same with one probability, the weak one.
    @inline(__always)
    static func below(_ masks: UnsafePointer<UInt64>, random: inout RandomStream) -> SIMD8<UInt64> {
        var coin = SIMD8<UInt64>()
        return below(masks, active: SIMD8(repeating: ~0), strong: SIMD8(), coin: &coin, random: &random)
    }

    @inline(__always)
    private static func isNonzero(_ vector: SIMD8<UInt64>) -> Bool {
        let four = vector.lowHalf | vector.highHalf
        let two = four.lowHalf | four.highHalf
        return two[0] | two[1] != 0
    }
}
