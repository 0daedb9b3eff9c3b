import Numerics

/// The mean of a Monte Carlo series with the error bar that its own correlations demand.
public struct MeanAndError: Equatable, Sendable {
    public let mean: Double
    /// Standard error of the mean, sqrt(variance x time / (chains x samples)).
    public let error: Double
    /// Integrated autocorrelation time in samples, 1 + 2 sum_t rho(t): 1 for independent samples.
    public let autocorrelationTime: Double
}

/// Integrated autocorrelation time tau = 1 + 2 sum_{t >= 1} rho(t), in samples.
///
/// An independent series gives 1, which is twice the tau of Sokal's lectures. See `meanAndError`
/// for the estimator, the arguments and the errors.
public func integratedAutocorrelationTime(
    series: UnsafePointer<Double>, chains: Int, samples: Int, progress: Progress = .none
) throws(Failure) -> Double {
    try meanAndError(series: series, chains: chains, samples: samples, progress: progress).autocorrelationTime
}

/// Mean, standard error and integrated autocorrelation time of one or more chains of equal law.
///
/// The autocovariance is taken about the mean of all chains and averaged over them, so chains that
/// disagree count as correlated. The sum is cut by Sokal's self-consistent window, the smallest M
/// with M >= 5 tau(M) (Sokal, doi:10.1007/978-1-4899-0319-8_6); tau then has the relative standard
/// deviation sqrt(2 (2M + 1) / (chains x samples)), about 0.6 for samples = 50 tau and one chain.
/// The variance is corrected for the mean being an estimate. Time grows like samples x M.
///
/// - Parameters:
///   - series: (chains, samples), C order.
///   - chains: at least 1.
///   - samples: of each chain, in equilibrium; at least 50 tau.
///   - progress: is not counted, as the window is not known before; may stop it.
/// - Throws: `Failure.interrupted`; `Failure.notConverged` if a chain is shorter than 50 tau, with the length it needs;
///   `Failure.invalidArgument` for an empty or a constant series; `Failure.nonFinite`.
public func meanAndError(
    series: UnsafePointer<Double>, chains: Int, samples: Int, progress: Progress = .none
) throws(Failure) -> MeanAndError {
    guard chains >= 1, samples >= 1 else {
        throw .invalidArgument("the series must not be empty, got \(chains) chains of \(samples) samples")
    }
    let (total, overflow) = chains.multipliedReportingOverflow(by: samples)
    guard !overflow else { throw .invalidArgument("\(chains) chains of \(samples) samples are too many") }
    guard samples >= 50 else {
        throw .notConverged("a chain needs at least 50 samples for an autocorrelation time, got \(samples)")
    }

    var mean = 0.0
    for i in 0..<total {
        if i & 0xF_FFFF == 0 { try progress.check(interruption) }
        mean += (series[i] - mean) / Double(i &+ 1)
    }
    guard mean.isFinite else { throw .nonFinite("the series holds a number that is not finite, or too large") }
    if (0..<total).allSatisfy({ series[$0] == series[0] }) {
        throw .invalidArgument("the series is constant (\(series[0])): it has no autocorrelation time")
    }
    let deviations = try Buffer<Double>(count: total)
    for i in 0..<total { deviations.base[i] = series[i] - mean }

    func autocovariance(_ lag: Int) throws(Failure) -> Double {
        var sum = 0.0
        for chain in 0..<chains {
            let start = deviations.base + chain &* samples
            sum += product(start, start + lag, count: samples - lag)
            try progress.check(interruption)
        }
        return sum / Double(chains * (samples - lag))
    }

    let variance = try autocovariance(0)
    guard variance.isFinite, variance > 0 else {
        throw .nonFinite("the variance of the series is out of the range of a double")
    }
    var time = 1.0
    var lag = 0
    repeat {
        lag += 1
        time += 2 * (try autocovariance(lag)) / variance
        if 50 * time > Double(samples) {
            let needed = (50 * time).rounded(.up)
            throw .notConverged(
                "\(samples) samples per chain are too few: the autocorrelation time is at least \(tenths(time)), "
                    + "which needs at least \(Int(needed)) samples per chain")
        }
        // An anticorrelated series has tau < 1; its sum still needs a few lags.
    } while Double(lag) < 5 * max(time, 1)
    guard time > 0 else {
        throw .notConverged(
            "the series is so strongly anticorrelated that its autocorrelation time cannot be told from zero")
    }
    let independent = Double(total) / time
    let error = (variance / (independent - 1)).squareRoot()
    return MeanAndError(mean: mean, error: error, autocorrelationTime: time)
}

private let interruption = "the autocorrelation time was interrupted"

/// sum_i a_i b_i.
private func product(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
    let (rawA, rawB) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var (even, odd) = (SIMD8<Double>(), SIMD8<Double>())
    var i = 0
    while i &+ 16 <= count {
        even.addProduct(
            rawA.loadUnaligned(fromByteOffset: 8 &* i, as: SIMD8<Double>.self),
            rawB.loadUnaligned(fromByteOffset: 8 &* i, as: SIMD8<Double>.self))
        odd.addProduct(
            rawA.loadUnaligned(fromByteOffset: 8 &* i &+ 64, as: SIMD8<Double>.self),
            rawB.loadUnaligned(fromByteOffset: 8 &* i &+ 64, as: SIMD8<Double>.self))
        i &+= 16
    }
    var sum = (even + odd).sum()
    while i < count {
        sum += a[i] * b[i]
        i &+= 1
    }
    return sum
}

private func tenths(_ x: Double) -> String { "\((10 * x).rounded() / 10)" }
