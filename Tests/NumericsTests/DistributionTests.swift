#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Testing

@Suite struct DistributionTests {
    /// Kolmogorov and Smirnov, chance of a false alarm 2e-6 each; mean and variance within 5
    /// standard errors; sine and cosine halves uncorrelated within 5 standard errors.
    @Test func normalNumbersFollowTheirDistribution() throws {
        let count = 160_000
        let (x, y) = (try Buffer<Double>(count: count), try Buffer<Float>(count: count))
        var stream = RandomStream(seed: 11, purpose: .test)
        stream.fillNormal(x.base, count: count)
        stream.fillNormal(y.base, count: count)
        let n = Double(count)
        for (values, half) in [((0..<count).map { x[$0] }, 8), ((0..<count).map { Double(y[$0]) }, 16)] {
            #expect(kolmogorovSmirnov(values) { 0.5 * erfc(-$0 / 2.0.squareRoot()) } < 2.63)
            let mean = values.reduce(0, +) / n
            let variance = values.reduce(0) { $0 + $1 * $1 } / n
            #expect(abs(mean) < 5 / n.squareRoot())
            #expect(abs(variance - 1) < 5 * (2 / n).squareRoot())
            var (product, squares) = (0.0, 0.0)
            for i in 0..<count where i / half % 2 == 0 {
                product += values[i] * values[i + half]
                squares += (values[i] * values[i] - 1) * (values[i + half] * values[i + half] - 1)
            }
            #expect(abs(product) < 5 * (n / 2).squareRoot())
            #expect(abs(squares) < 5 * (2 * n).squareRoot())
        }
    }

    /// The logarithm's argument is never 0, which one uniform number in 2^23 is: 2^27 normal numbers
    /// from 2^26 radii, of which each of their 2^23 values comes up except with chance e^-8.
    @Test func normalNumbersAreFinite() {
        var stream = RandomStream(seed: 14, purpose: .test)
        var largest = SIMD16<Float>()
        for _ in 0..<1 << 22 {
            let (a, b) = stream.nextNormalFloatPair()
            largest = pointwiseMax(largest, a * a + b * b)
        }
        // (-2 ln 2^-23) = 31.88
        #expect(largest.max() > 25 && largest.max() < 31.9)
    }

    /// A fill of any length is the beginning of a longer one and stays within its array.
    @Test func fillsOfAnyLengthAgree() throws {
        for count in [0, 1, 7, 8, 9, 15, 17, 31, 33] {
            let (x, y) = (try Buffer<Double>(count: 65), try Buffer<Double>(count: 64))
            let (u, v) = (try Buffer<Float>(count: 65), try Buffer<Float>(count: 64))
            x[count] = 99
            u[count] = 99
            var (short, long) = (RandomStream(seed: 8, purpose: .test), RandomStream(seed: 8, purpose: .test))
            short.fillNormal(x.base, count: count)
            long.fillNormal(y.base, count: 64)
            (short, long) = (RandomStream(seed: 8, purpose: .test), RandomStream(seed: 8, purpose: .test))
            short.fillNormal(u.base, count: count)
            long.fillNormal(v.base, count: 64)
            #expect((0..<count).allSatisfy { x[$0] == y[$0] && u[$0] == v[$0] })
            #expect(x[count] == 99 && u[count] == 99)
        }
    }

    @Test func bernoulliThresholdRoundsToMultiples() {
        for numerator in [0, 1, 2, 3, 1 << 16, (1 << 31) + 1, (1 << 32) - 1, 1 << 32] as [UInt64] {
            let p = Double(numerator) / 0x1p32
            #expect(BernoulliThreshold(p).probability == p)
        }
        #expect(BernoulliThreshold(0.3).probability == (0.3 * 0x1p32).rounded() / 0x1p32)
    }

    /// Counts of n = 1024000 bits within 5 standard deviations, also in each word position pairwise
    /// with its neighbour; p = 0 and 1 are exact. Chance of a false alarm below 1e-5.
    @Test(arguments: [0, 1, 0.5, 0.25, 0.3, 0.9, 0x1p-9, 1 - 0x1p-12, 0.4406867935])
    func bernoulliBitsHaveTheirProbability(p: Double) {
        let threshold = BernoulliThreshold(p)
        var stream = RandomStream(seed: 12, purpose: .test)
        var (ones, neighbours) = (0, 0)
        for _ in 0..<2000 {
            let bits = stream.nextBernoulli(threshold)
            for lane in 0..<8 {
                ones += bits[lane].nonzeroBitCount
                neighbours += (bits[lane] & (bits[lane] << 1 | bits[lane] >> 63)).nonzeroBitCount
            }
        }
        let n = 1_024_000.0
        #expect(abs(Double(ones) - n * p) <= 5 * (n * p * (1 - p)).squareRoot())
        // Var(sum b_i b_i+1) = n (p^2 + 2 p^3 - 3 p^4)
        let spread = (n * p * p * (1 - p) * (1 + 3 * p)).squareRoot()
        #expect(abs(Double(neighbours) - n * p * p) <= 5 * spread)
    }

    /// Chi-square with 6 degrees of freedom exceeds 40 with chance 5e-7.
    @Test func indicesAreUniform() {
        var stream = RandomStream(seed: 13, purpose: .test)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[stream.nextIndex(below: 7)] += 1 }
        #expect(counts.reduce(0) { $0 + pow(Double($1) - 10_000, 2) / 10_000 } < 40)
        #expect(stream.nextIndex(below: 1) == 0)
        // Taking the remainder would make the lower third twice as frequent: 1/2 instead of 1/3.
        let bound = Int.max / 3 * 2
        let low = (0..<9000).count { _ in stream.nextIndex(below: bound) < bound / 3 }
        #expect(abs(low - 3000) < 5 * 45)
        // Without rejection the 2^64 products fall on 2/5 of as many integers, in the lower half two
        // on each even and three on each odd one, in the upper half the reverse: 2/5 instead of 1/2.
        let fine = 0x6666_6666_6666_6666
        let agreeing = (0..<9000).count { _ in
            let index = stream.nextIndex(below: fine)
            return (index % 2 == 0) == (index < fine / 2)
        }
        #expect(abs(agreeing - 4500) < 5 * 48)
    }
}
