#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Testing

@Suite(.serialized) struct ReductionTests {
    static let counts = [0, 1, 7, 8, 9, 8191, 8192, 8193, 100_003]

    /// Small integers, so that sums are exact in any order.
    @Test(arguments: counts)
    func integersAreExact(count: Int) throws {
        let (x, y) = (try Buffer<Double>(count: count), try Buffer<Float>(count: count))
        var (total, product, largest) = (0, 0, -Double.infinity)
        for i in 0..<count {
            let value = (i &* 7919) % 201 - 100
            (x[i], y[i]) = (Double(value), Float(value + 1))
            total += value
            product += value * value
            largest = max(largest, Double(value))
        }
        #expect(sum(x.base, count: count) == Double(total))
        #expect(sum(y.base, count: count) == Double(total + count))
        #expect(dot(x.base, x.base, count: count) == Double(product))
        #expect(dot(y.base, y.base, count: count) == Double(product + 2 * total + count))
        #expect(maximum(x.base, count: count) == largest)
        #expect(maximum(y.base, count: count) == largest + 1)
    }

    @Test func meanAndVarianceSurviveALargeOffset() throws {
        let count = 20_001
        let (x, y) = (try Buffer<Double>(count: count), try Buffer<Float>(count: count))
        for i in 0..<count {
            x[i] = 1e9 + Double(i)
            y[i] = Float(1_000_000 + i)
        }
        let exact = Double(count * count - 1) / 12
        let (mean, variance) = meanAndVariance(x.base, count: count)
        #expect(mean == 1e9 + 10_000 && abs(variance / exact - 1) < 1e-14)
        let (meanSingle, varianceSingle) = meanAndVariance(y.base, count: count)
        #expect(meanSingle == 1_010_000 && abs(varianceSingle / exact - 1) < 1e-14)
        #expect(meanAndVariance(x.base, count: 0).mean.isNaN)
    }

    /// log sum_{i<n} e^{a i} = log((e^{a n} - 1) / (e^a - 1)), shifted to where e^x overflows.
    @Test(arguments: [1, 9, 20_000])
    func logSumExpOfAGeometricSeries(count: Int) throws {
        let a = 1.0 / 64
        let x = try Buffer<Double>(count: count)
        let y = try Buffer<Float>(count: count)
        for i in 0..<count {
            x[i] = a * Double(i) + 5000
            y[i] = Float(a * Double(i) - 200)
        }
        let exact = a * Double(count) + log(-expm1(-a * Double(count)) / expm1(a))
        #expect(abs(logSumExp(x.base, count: count) - 5000 - exact) < 3e-12)
        #expect(abs(logSumExp(y.base, count: count) + 200 - exact) < 1e-12)
    }

    @Test func limits() throws {
        let x = try Buffer<Double>(count: 20_000)
        #expect(logSumExp(x.base, count: 0) == -.infinity)
        for i in 0..<x.count { x[i] = -.infinity }
        #expect(logSumExp(x.base, count: x.count) == -.infinity)
        x[12_345] = .infinity
        #expect(logSumExp(x.base, count: x.count) == .infinity)
        for position in [0, 8191, 8192, 19_999] {
            x[position] = .nan
            #expect(maximum(x.base, count: x.count).isNaN && logSumExp(x.base, count: x.count).isNaN)
            x[position] = 1
        }
    }

    /// Doubles whose sums are rounded, so that the order of the sum shows; chunks are whole or not.
    @Test(arguments: [40_000, 300_007]) func bitsDoNotDependOnThreads(count: Int) throws {
        let before = threadCount
        defer { threadCount = before }
        let (x, y) = (try Buffer<Double>(count: count), try Buffer<Float>(count: count))
        var stream = RandomStream(seed: 9, purpose: .test)
        stream.fillNormal(x.base, count: count)
        stream.fillNormal(y.base, count: count)
        var results: [[Double]] = []
        for threads in 1...4 {
            threadCount = threads
            let (mean, variance) = meanAndVariance(x.base, count: count)
            let (meanSingle, varianceSingle) = meanAndVariance(y.base, count: count)
            results.append([
                sum(x.base, count: count), dot(x.base, x.base, count: count), mean, variance,
                logSumExp(x.base, count: count), sum(y.base, count: count), dot(y.base, y.base, count: count),
                meanSingle, varianceSingle, logSumExp(y.base, count: count),
            ])
        }
        #expect(results.allSatisfy { $0 == results[0] })
        // Not exact, so that another order would give other bits.
        #expect(sum(x.base, count: count) != (0..<count).reduce(0) { $0 + x[$1] })
    }
}
