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
    private let spinMatters: Bool
    /// Bits of a number of neighbours, then the spin: of classes whose probability is neither 0 nor 1,
    /// each in 5 words of all ones or zeros.
    private let classes: [UInt64]
    private let count: Int
    /// The same of the classes in which it is 1; none if that is so of all others.
    private let certain: [UInt64]
    private let othersAreCertain: Bool
    /// Bit by bit, the 33 steps of the probability of each class; see `ThresholdBits`.
    private let steps: [UInt64]

    package init(degree: Int, strength: Double, field: Double, isHeatBath: Bool, proposal: Double) {
        self.isHeatBath = isHeatBath
        spinMatters = !isHeatBath && field != 0
        var classes: [UInt64] = [], certain: [UInt64] = []
        var probabilities: [Double] = []
        var othersAreCertain = true
        for number in 0...degree {
            for spin in spinMatters ? [0, 1] : [0] {
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
                } else {
                    othersAreCertain = false
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
        (self.classes, self.steps, self.othersAreCertain) = (classes, steps, othersAreCertain)
        self.certain = othersAreCertain ? [] : certain
        count = probabilities.count
    }

    /// The rule of each group of a lattice whose bonds have one strength but for their signs.
    static func rules(_ setting: LatticeSetting) -> [PackedRule] {
        let strength = setting.coupling * abs(setting.lattice.strengths[0])
        return setting.lattice.groups.map {
            PackedRule(
                degree: $0.degree, strength: strength, field: setting.field,
                isHeatBath: setting.algorithm == .heatBath, proposal: setting.proposesHalf ? 0.5 : 1)
        }
    }

    /// The rule as a loop applies it to 512 spins after the other: pointers, which are not counted.
    package struct Kernel {
        private let isHeatBath: Bool
        private let spinMatters: SIMD8<UInt64>
        /// All ones if neighbours are counted that are as the spin, not those that are up.
        let countsEqual: SIMD8<UInt64>
        private let classes, certain, steps: UnsafePointer<UInt64>
        private let count, certainCount: Int
        private let others: SIMD8<UInt64>
        /// Room for the lanes of each class.
        private let masks: UnsafeMutablePointer<SIMD8<UInt64>>

        fileprivate init(
            _ rule: PackedRule, _ classes: UnsafePointer<UInt64>, _ certain: UnsafePointer<UInt64>,
            _ steps: UnsafePointer<UInt64>, _ masks: UnsafeMutablePointer<SIMD8<UInt64>>
        ) {
            isHeatBath = rule.isHeatBath
            spinMatters = SIMD8(repeating: rule.spinMatters ? ~0 : 0)
            countsEqual = SIMD8(repeating: rule.isHeatBath ? 0 : ~0)
            (self.classes, self.certain, self.steps, self.masks) = (classes, certain, steps, masks)
            (count, certainCount) = (rule.count, rule.certain.count / 5)
            others = SIMD8(repeating: rule.othersAreCertain ? ~0 : 0)
        }

        /// - Parameters:
        ///   - b0, b1, b2, b3: bits of the number of neighbours that are up, or as the spin.
        @inline(__always)
        package func updated(
            _ spins: SIMD8<UInt64>, _ b0: SIMD8<UInt64>, _ b1: SIMD8<UInt64>, _ b2: SIMD8<UInt64>,
            _ b3: SIMD8<UInt64>, _ stream: inout RandomStream
        ) -> SIMD8<UInt64> {
            var random = stream  // a copy that stays in registers
            defer { stream = random }
            @inline(__always)
            func lanes(_ bits: UnsafePointer<UInt64>) -> SIMD8<UInt64> {
                ~((b0 ^ SIMD8(repeating: bits[0])) | (b1 ^ SIMD8(repeating: bits[1]))
                    | (b2 ^ SIMD8(repeating: bits[2])) | (b3 ^ SIMD8(repeating: bits[3]))
                    | (spins & spinMatters ^ SIMD8(repeating: bits[4])))
            }
            var tied = SIMD8<UInt64>()
            for k in 0..<count {
                masks[k] = lanes(classes + 5 &* k)
                tied |= masks[k]
            }
            var result = others & ~tied
            for k in 0..<certainCount { result |= lanes(certain + 5 &* k) }
            var bit = 0
            while bit <= 32 {
                var step = SIMD8<UInt64>()
                for k in 0..<count { step ^= masks[k] & SIMD8(repeating: steps[bit &* count &+ k]) }
                result ^= tied & step
                if bit >= ThresholdBits.unconditional, !isNonzero(tied) { break }
                tied &= random.nextBits()
                bit &+= 1
            }
            return isHeatBath ? result : spins ^ result
        }

        @inline(__always)
        private func isNonzero(_ vector: SIMD8<UInt64>) -> Bool {
            let four = vector.lowHalf | vector.highHalf
            let two = four.lowHalf | four.highHalf
            return two[0] | two[1] != 0
        }
    }

    package func withKernel(_ body: (Kernel) -> Void) {
        withUnsafeTemporaryAllocation(of: SIMD8<UInt64>.self, capacity: max(count, 1)) { masks in
            classes.withUnsafeBufferPointer { classes in
                certain.withUnsafeBufferPointer { certain in
                    steps.withUnsafeBufferPointer { steps in
                        let none = UnsafePointer<UInt64>(bitPattern: 8)!
                        body(
                            Kernel(
                                self, classes.baseAddress ?? none, certain.baseAddress ?? none,
                                steps.baseAddress ?? none, masks.baseAddress!))
                    }
                }
            }
        }
    }
}
