#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

/// Stationary AR(1) chains x' = rho x + sqrt(1 - rho^2) noise: unit variance, tau = (1 + rho) / (1 - rho).
private func autoregressive(rho: Double, chains: Int, samples: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(seed: seed, purpose: .test)
    var normals: [Double] = []
    func normal() -> Double {
        if normals.isEmpty {
            let (u, v) = (stream.nextUniform(), stream.nextUniform())
            for lane in 0..<8 {
                let radius = (-2 * log(1 - u[lane])).squareRoot()
                normals += [radius * cos(2 * .pi * v[lane]), radius * sin(2 * .pi * v[lane])]
            }
        }
        return normals.removeLast()
    }
    var series: [Double] = []
    series.reserveCapacity(chains * samples)
    for _ in 0..<chains {
        var x = normal()
        for _ in 0..<samples {
            series.append(x)
            x = rho * x + (1 - rho * rho).squareRoot() * normal()
        }
    }
    return series
}

@Suite struct AutocorrelationTests {
    /// Bands of 5 standard deviations, sqrt(2 (2M + 1) / n) relative with M = 5 tau (Sokal): a
    /// false alarm of 6e-7 for each of the 20 cases. The cut at M costs exp(-10) at most, for all.
    @Test(arguments: [-0.5, 0, 0.5, 0.9, 0.98])
    func knownTimes(rho: Double) throws {
        let exact = (1 + rho) / (1 - rho)
        for (chains, samples) in [(1, 200_000), (8, 50_000)] {
            for seed in [UInt64(1), 2] {
                let series = autoregressive(rho: rho, chains: chains, samples: samples, seed: seed)
                let time = try integratedAutocorrelationTime(series: series, chains: chains, samples: samples)
                let window = 5 * max(exact, 1)
                // For tau < 1 the lags are nearly independent, each with the noise 2 / sqrt n of white noise.
                let deviation = max(exact, 1) * (2 * (2 * window + 1) / Double(chains * samples)).squareRoot()
                let cut = rho < 0 ? 2 * pow(abs(rho), 6) : 0
                #expect(abs(time - exact) < 5 * deviation + cut)
            }
        }
    }

    /// The error bar must hold the true mean, 0, in 68.27 % of 200 series: 136.5 +- 6.6. The band
    /// 110...163 is 4 standard deviations, a false alarm of 6e-5 for each rho. An error bar without
    /// tau would cover 26 % at rho = 0.8 and fail.
    @Test(arguments: [0.0, 0.5, 0.8])
    func coverage(rho: Double) throws {
        var covered = 0
        for seed in 0..<200 {
            let series = autoregressive(rho: rho, chains: 2, samples: 10_000, seed: 1000 + UInt64(seed))
            let found = try meanAndError(series: series, chains: 2, samples: 10_000)
            if abs(found.mean) <= found.error { covered += 1 }
        }
        #expect((110...163).contains(covered))
    }

    /// A shift and a scale change nothing but the mean and the unit of the error.
    @Test func affineCovariance() throws {
        let series = autoregressive(rho: 0.7, chains: 3, samples: 5000, seed: 5)
        let plain = try meanAndError(series: series, chains: 3, samples: 5000)
        let moved = try meanAndError(series: series.map { 1e6 - 8 * $0 }, chains: 3, samples: 5000)
        #expect(abs(moved.mean - (1e6 - 8 * plain.mean)) < 1e-8)
        #expect(abs(moved.error / (8 * plain.error) - 1) < 1e-8)
        #expect(abs(moved.autocorrelationTime / plain.autocorrelationTime - 1) < 1e-8)
    }

    /// tau = 19 needs 950 samples; from 400 the estimate itself must say that they are too few.
    @Test func refusesShortChains() throws {
        let series = autoregressive(rho: 0.9, chains: 20, samples: 400, seed: 9)
        let failure = #expect(throws: Failure.self) {
            try integratedAutocorrelationTime(series: series, chains: 20, samples: 400)
        }
        guard case .notConverged(let message)? = failure else {
            Issue.record("expected notConverged, got \(String(describing: failure))")
            return
        }
        let needed = message.split(whereSeparator: { !$0.isNumber && $0 != "." }).compactMap { Double($0) }
        #expect(needed.contains { $0 > 400 && $0 < 1000 })
        #expect(throws: Failure.self) { try meanAndError(series: series, chains: 160, samples: 49) }
    }

    /// Two chains that sit in different minima are one long correlation, however white each is.
    @Test func chainsThatDisagreeAreRefused() {
        var series = autoregressive(rho: 0, chains: 2, samples: 5000, seed: 4)
        for i in 0..<5000 { series[i] += 10 }
        #expect(throws: Failure.self) { try meanAndError(series: series, chains: 2, samples: 5000) }
    }

    @Test func refusesWhatHasNoTime() throws {
        let constant = [Double](repeating: 0.1, count: 1000)
        let failure = #expect(throws: Failure.self) { try meanAndError(series: constant, chains: 1, samples: 1000) }
        guard case .invalidArgument(let message)? = failure else {
            Issue.record("expected invalidArgument, got \(String(describing: failure))")
            return
        }
        #expect(message.contains("constant"))
        let alternating = (0..<1000).map { $0 % 2 == 0 ? 1.0 : -1.0 }
        #expect(throws: Failure.self) { try meanAndError(series: alternating, chains: 1, samples: 1000) }
        for bad in [Double.nan, .infinity, 1e308] {
            var series = autoregressive(rho: 0, chains: 1, samples: 1000, seed: 2)
            series[500] = bad
            #expect(throws: Failure.self) { try meanAndError(series: series, chains: 1, samples: 1000) }
        }
        #expect(throws: Failure.self) { try meanAndError(series: constant, chains: 0, samples: 100) }
        #expect(throws: Failure.self) { try meanAndError(series: constant, chains: 1, samples: 0) }
    }
}
