#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// What becomes of a spin with `degree` neighbours: whether it is up (heat bath), for each number of
/// neighbours that are up, or turns (Metropolis), for each number that are as it is and, in a field,
/// for its own direction.
package struct PackedRule {
    private let isHeatBath: Bool
    /// All ones if neighbours are counted that are as the spin, not those that are up.
    let countsEqual: SIMD8<UInt64>
    /// All ones if the spin itself matters.
    private let spinMatters: SIMD8<UInt64>
    /// Bits of a number of neighbours, then the spin: of classes whose probability is neither 0 nor 1,
    /// each in 5 words of all ones or zeros.
    private let classes: [UInt64]
    private let count: Int
    /// The same of the classes in which it is 1.
    private let certain: [UInt64]
    /// Bit by bit, the 33 steps of the probability of each class; see `ThresholdBits`.
    private let steps: [UInt64]

    package init(degree: Int, strength: Double, field: Double, isHeatBath: Bool, proposal: Double) {
        self.isHeatBath = isHeatBath
        countsEqual = SIMD8(repeating: isHeatBath ? 0 : ~0)
        let matters = !isHeatBath && field != 0
        spinMatters = SIMD8(repeating: matters ? ~0 : 0)
        var classes: [UInt64] = [], certain: [UInt64] = []
        var probabilities: [Double] = []
        for number in 0...degree {
            for spin in matters ? [0, 1] : [0] {
                // Half of what the energy would change, were the spin, or up, turned.
                let local = strength * Double(2 * number - degree) + (spin == 0 && !isHeatBath ? -field : field)
                let p = isHeatBath ? 1 / (1 + exp(-2 * local)) : proposal * min(1, exp(-2 * local))
                let bits = [number & 1, number >> 1 & 1, number >> 2 & 1, number >> 3 & 1, spin]
                let words = bits.map { $0 == 1 ? ~0 : UInt64(0) }
                let rounded = (p * 0x1p32).rounded()
                if rounded >= 0x1p32 {
                    certain += words
                } else if rounded > 0 {
                    classes += words
                    probabilities.append(rounded)
                }
            }
        }
        var steps: [UInt64] = []
        for i in 0...32 {
            for p in probabilities {
                let number = UInt64(p)
                steps.append(0 &- ((number ^ number << 1) >> UInt64(32 - i) & 1))
            }
        }
        (self.classes, self.certain, self.steps) = (classes, certain, steps)
        count = probabilities.count
    }

    /// Room for the lanes of each class.
    package func withMasks(_ body: (UnsafeMutablePointer<SIMD8<UInt64>>) -> Void) {
        withUnsafeTemporaryAllocation(of: SIMD8<UInt64>.self, capacity: max(count, 1)) { body($0.baseAddress!) }
    }

    @inline(__always)
    package func updated(
        _ spins: SIMD8<UInt64>, _ b0: SIMD8<UInt64>, _ b1: SIMD8<UInt64>, _ b2: SIMD8<UInt64>,
        _ b3: SIMD8<UInt64>, _ masks: UnsafeMutablePointer<SIMD8<UInt64>>, _ random: inout RandomStream
    ) -> SIMD8<UInt64> {
        @inline(__always)
        func lanes(_ bits: UnsafePointer<UInt64>) -> SIMD8<UInt64> {
            ~((b0 ^ SIMD8(repeating: bits[0])) | (b1 ^ SIMD8(repeating: bits[1]))
                | (b2 ^ SIMD8(repeating: bits[2])) | (b3 ^ SIMD8(repeating: bits[3]))
                | (spins & spinMatters ^ SIMD8(repeating: bits[4])))
        }
        var result = SIMD8<UInt64>()
        certain.withUnsafeBufferPointer { certain in
            var k = 0
            while k < certain.count {
                result |= lanes(certain.baseAddress! + k)
                k &+= 5
            }
        }
        var tied = SIMD8<UInt64>()
        classes.withUnsafeBufferPointer { classes in
            for k in 0..<count {
                masks[k] = lanes(classes.baseAddress! + 5 &* k)
                tied |= masks[k]
            }
        }
        steps.withUnsafeBufferPointer { steps in
            var bit = 0
            while bit <= 32 {
                var step = SIMD8<UInt64>()
                for k in 0..<count { step ^= masks[k] & SIMD8(repeating: steps[bit &* count &+ k]) }
                result ^= tied & step
                if bit >= ThresholdBits.unconditional, !PackedRule.isNonzero(tied) { break }
                tied &= random.nextBits()
                bit &+= 1
            }
        }
        return isHeatBath ? result : spins ^ result
    }

    @inline(__always)
    private static func isNonzero(_ vector: SIMD8<UInt64>) -> Bool {
        let four = vector.lowHalf | vector.highHalf
        let two = four.lowHalf | four.highHalf
        return two[0] | two[1] != 0
    }
}
