import Numerics
import Testing

@Suite struct RandomStreamTests {
    /// Known answers of the Random123 distribution.
    @Test func philox() {
        #expect(Philox.block(counter: .zero, key: .zero) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = UInt32.max
        #expect(
            Philox.block(counter: SIMD4(repeating: ones), key: SIMD2(repeating: ones))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0)
            )
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    /// Each lane is a scalar xoshiro256++ whose state word w are the 64-bit words of the Philox
    /// blocks 4 w ... 4 w + 3 of the key, with numbers and steps of up to 56 bits.
    @Test(arguments: [77, 0x30_0000_004D, 0xFF_FFFF_FFFF_FFFF] as [UInt64], [5, 0xFE_0000_0000_0005] as [UInt64])
    func lanesAreXoshiro(number: UInt64, step: UInt64) {
        let seed = UInt64(0x1234_5678_9abc_def0)
        var stream = RandomStream(seed: seed, purpose: .lattice, stream: number, step: step)
        var words: [UInt64] = []
        for block in 0..<16 {
            let (tagged, position) = (number | 1 << 56, step << 8 | UInt64(block))
            let halves = [tagged & 0xFFFF_FFFF, tagged >> 32, position & 0xFFFF_FFFF, position >> 32]
            let counter = SIMD4<UInt32>(halves.map { UInt32($0) })
            let bits = Philox.block(counter: counter, key: SIMD2<UInt32>(0x9abc_def0, 0x1234_5678))
            let pair = unsafeBitCast(bits, to: SIMD2<UInt64>.self)
            words += [pair[0], pair[1]]
        }
        var lanes = (0..<8).map { (lane: Int) -> [UInt64] in
            [words[lane], words[8 + lane], words[16 + lane], words[24 + lane] | 1]
        }
        for _ in 0..<100 {
            let bits = stream.nextBits()
            for lane in 0..<8 { #expect(bits[lane] == next(&lanes[lane])) }
        }
    }

    private func next(_ s: inout [UInt64]) -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
        let result = rotated(s[0] &+ s[3], 23) &+ s[0]
        let t = s[1] << 17
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 45)
        return result
    }

    /// Keys that differ in one field give unrelated bits: the number of equal bits among n = 512000
    /// stays within 5 standard deviations, sqrt(n) / 2 each. Chance of a false alarm: 2e-6.
    @Test func differentKeysAreUnrelated() {
        let first = RandomStream(seed: 1, purpose: .test, stream: 3, step: 4)
        for other in [
            RandomStream(seed: 2, purpose: .test, stream: 3, step: 4),
            RandomStream(seed: 1, purpose: .lattice, stream: 3, step: 4),
            RandomStream(seed: 1, purpose: .test, stream: 2, step: 4),
            RandomStream(seed: 1, purpose: .test, stream: 3, step: 5),
        ] {
            var (a, b) = (first, other)
            var differing = 0
            for _ in 0..<1000 {
                let bits = a.nextBits() ^ b.nextBits()
                for lane in 0..<8 { differing += bits[lane].nonzeroBitCount }
            }
            #expect(abs(Double(differing) - 256_000) < 5 * 357.8)
        }
    }

    /// Each of the 64 positions is 1 in half of n = 160000 words, within 5 standard deviations.
    /// Chance of a false alarm in any of them: 4e-5.
    @Test func bitsAreBalanced() {
        var stream = RandomStream(seed: 3, purpose: .test)
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<20_000 {
            let bits = stream.nextBits()
            for lane in 0..<8 {
                for position in 0..<64 { counts[position] += Int(bits[lane] >> UInt64(position) & 1) }
            }
        }
        for count in counts { #expect(abs(Double(count) - 80_000) < 5 * 200) }
    }

    /// Kolmogorov and Smirnov: sqrt(n) D < 2.63 except with chance 2e-6.
    @Test func uniformNumbersFollowTheirDistribution() throws {
        let count = 100_003
        let (x, y) = (try Buffer<Double>(count: count), try Buffer<Float>(count: count))
        var stream = RandomStream(seed: 4, purpose: .test)
        stream.fillUniform(x.base, count: count)
        stream.fillUniform(y.base, count: count)
        for values in [(0..<count).map { x[$0] }, (0..<count).map { Double(y[$0]) }] {
            #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
            #expect(kolmogorovSmirnov(values) { $0 } < 2.63)
        }
    }
}

/// sqrt(n) times the largest distance between the empirical and the given distribution function.
func kolmogorovSmirnov(_ values: [Double], _ distribution: (Double) -> Double) -> Double {
    let n = Double(values.count)
    var distance = 0.0
    for (i, value) in values.sorted().enumerated() {
        let exact = distribution(value)
        distance = max(distance, max(exact - Double(i) / n, Double(i + 1) / n - exact))
    }
    return distance * n.squareRoot()
}
