#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

/// A stationary series whose rho(t) is known.
struct Process: CustomTestStringConvertible, Sendable {
    /// x_t = first x_(t-1) + second x_(t-2) + noise.
    let first, second: Double
    let testDescription: String

    /// rho(t) = rho^t.
    static func real(_ rho: Double) -> Process { Process(first: rho, second: 0, testDescription: "\(rho)") }

    /// rho(t) oscillates with the frequency omega while it falls like radius^t.
    static func complex(radius: Double, omega: Double) -> Process {
        Process(
            first: 2 * radius * cos(omega), second: -radius * radius, testDescription: "\(radius), \(omega)")
    }

    /// The spectrum at frequency 0, 1 / (1 - first - second)^2, over the variance.
    var time: Double {
        let part = 1 - second
        let variance = part / ((1 + second) * (part * part - first * first))
        return 1 / ((1 - first - second) * (1 - first - second) * variance)
    }

    /// max(1, tau, sum of rho^2 over all lags of both signs).
    var length: Double {
        var (sum, previous, rho) = (1.0, 1.0, first / (1 - second))
        for _ in 0..<10_000 {
            sum += 2 * rho * rho
            (previous, rho) = (rho, first * rho + second * previous)
        }
        return max(1, time, sum)
    }

    /// Chains (chains, samples) of normal numbers, after 1000 steps each that are left out.
    func series(chains: Int, samples: Int, seed: UInt64) -> [Double] {
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
            var (previous, x) = (0.0, 0.0)
            for step in -1000..<samples {
                (previous, x) = (x, first * x + second * previous + normal())
                if step >= 0 { series.append(x) }
            }
        }
        return series
    }
}

private func autoregressive(rho: Double, chains: Int, samples: Int, seed: UInt64) -> [Double] {
    Process.real(rho).series(chains: chains, samples: samples, seed: seed)
}

@Suite struct AutocorrelationTests {
    static let processes: [Process] =
        [-0.99, -0.9, -0.8, -0.7, -0.5, 0, 0.5, 0.9, 0.98].map(Process.real)
        + [0.3, 1, 2.5, 3].map { .complex(radius: 0.9, omega: $0) }

    @Test func knownTimesThemselves() {
        #expect(abs(Process.real(-0.7).time - 0.3 / 1.7) < 1e-12)
        #expect(abs(Process.real(-0.9).time - 0.1 / 1.9) < 1e-12)
        #expect(abs(Process.real(0.9).length - 19) < 1e-9)
        #expect(abs(Process.real(-0.9).length - 1.81 / 0.19) < 1e-9)
        #expect(abs(Process.complex(radius: 0.9, omega: 1).time - 0.3488) < 1e-4)
        #expect(abs(Process.complex(radius: 0.9, omega: 2.5).time - 0.01188) < 1e-5)
    }

    /// Bands of 5 standard deviations, sqrt(17.5 l / n) relative, and 2 % for the bias of the window,
    /// which follows the noise: a false alarm of 6e-7 for each of the 26 cases.
    @Test(arguments: processes)
    func knownTimes(process: Process) throws {
        for (chains, samples) in [(1, 200_000), (8, 50_000)] {
            let series = process.series(chains: chains, samples: samples, seed: 1)
            let time = try integratedAutocorrelationTime(series: series, chains: chains, samples: samples)
            let deviation = (17.5 * process.length / Double(chains * samples)).squareRoot()
            #expect(abs(time / process.time - 1) < 5 * deviation + 0.02)
        }
    }

    /// A shift and a scale change nothing, but for the digits that -1e15 + 8 x has lost.
    @Test func affineCovariance() throws {
        let series = autoregressive(rho: 0.7, chains: 3, samples: 5000, seed: 5)
        let plain = try integratedAutocorrelationTime(series: series, chains: 3, samples: 5000)
        for offset in [1e6, -1e15] {
            let moved = try integratedAutocorrelationTime(
                series: series.map { offset - 8 * $0 }, chains: 3, samples: 5000)
            #expect(abs(moved / plain - 1) < 1e-3)
        }
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
        #expect(throws: Failure.self) { try integratedAutocorrelationTime(series: series, chains: 160, samples: 49) }
    }

    /// Two chains that sit in different minima are one long correlation, however white each is.
    @Test func chainsThatDisagreeAreRefused() {
        var series = autoregressive(rho: 0, chains: 2, samples: 5000, seed: 4)
        for i in 0..<5000 { series[i] += 10 }
        #expect(throws: Failure.self) { try integratedAutocorrelationTime(series: series, chains: 2, samples: 5000) }
    }

    @Test func refusesWhatHasNoTime() throws {
        let constant = [Double](repeating: 0.1, count: 1000)
        let failure = #expect(throws: Failure.self) {
            try integratedAutocorrelationTime(series: constant, chains: 1, samples: 1000)
        }
        guard case .invalidArgument(let message)? = failure else {
            Issue.record("expected invalidArgument, got \(String(describing: failure))")
            return
        }
        #expect(message.contains("constant"))
        for period in [2.0, 3, 6.3] {
            let periodic = (0..<100_000).map { cos(2 * .pi / period * Double($0)) }
            #expect(throws: Failure.self) {
                try integratedAutocorrelationTime(series: periodic, chains: 1, samples: 100_000)
            }
        }
        for bad in [Double.nan, .infinity, 1e308] {
            var series = autoregressive(rho: 0, chains: 1, samples: 1000, seed: 2)
            series[500] = bad
            #expect(throws: Failure.self) {
                try integratedAutocorrelationTime(series: series, chains: 1, samples: 1000)
            }
        }
        #expect(throws: Failure.self) { try integratedAutocorrelationTime(series: constant, chains: 0, samples: 100) }
        #expect(throws: Failure.self) { try integratedAutocorrelationTime(series: constant, chains: 1, samples: 0) }
    }
}
