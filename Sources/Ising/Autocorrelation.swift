import Numerics

/// Integrated autocorrelation time tau = 1 + 2 sum_{t >= 1} rho(t) of one or more chains of equal
/// law, in samples.
///
/// An independent series gives 1, which is twice the tau of Sokal's lectures. The error of a mean
/// is sqrt(variance x tau / (chains x samples)) with the variance that divides by n - 1.
///
/// The autocovariance is taken about the mean of all chains and averaged over them, so chains that
/// disagree count as correlated. Correlations last for l = max(1, tau, tau_2) samples, with
/// Bartlett's tau_2 = sum_t rho(t)^2 over all t of both signs: where rho changes its sign, tau is
/// small however slowly rho decays, and tau_2 is not. The window is self-consistent (Sokal,
/// doi:10.1007/978-1-4899-0319-8_6): the sums that give l end at the first t >= 8 l. In the sum
/// that gives tau, the weight of a lag is 1 up to 2 l and falls smoothly to 0 at 8 l. A sum that
/// breaks off would take up the noise of oscillations of every frequency, which can exceed tau.
///
/// The relative standard deviation of tau is sqrt(17.5 l / (chains x samples)), that is 0.6 for
/// the shortest series that is accepted. Two biases are removed: the mean is an estimate, which
/// lowers all covariances by tau / (chains x samples), and the squares of white noise add to tau_2.
/// Time grows like samples x l.
///
/// - Parameters:
///   - series: (chains, samples), C order.
///   - chains: at least 1.
///   - samples: of each chain, in equilibrium; at least 50 l.
///   - progress: is not counted, as the window is not known before; may stop it.
/// - Throws: `Failure.interrupted`; `Failure.notConverged` if a chain is shorter than 50 l, with the length it needs;
///   `Failure.invalidArgument` for an empty or a constant series; `Failure.nonFinite`.
public func integratedAutocorrelationTime(
    series: UnsafePointer<Double>, chains: Int, samples: Int, progress: Progress = .none
) throws(Failure) -> Double {
    guard chains >= 1, samples >= 1 else {
        throw .invalidArgument("the series must not be empty, got \(chains) chains of \(samples) samples")
    }
    let (total, overflow) = chains.multipliedReportingOverflow(by: samples)
    guard !overflow else { throw .invalidArgument("\(chains) chains of \(samples) samples are too many") }
    guard samples >= 50 else {
        throw .notConverged("a chain needs at least 50 samples for an autocorrelation time, got \(samples)")
    }
    let deviations = try deviations(of: series, count: total, progress: progress)

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
    var rho: [Double] = []
    var (sum, squares, length) = (1.0, 1.0, 1.0)
    repeat {
        let next = try autocovariance(rho.count + 1) / variance
        rho.append(next)
        sum += 2 * next
        squares += 2 * (next * next - 1 / Double(total))
        length = max(1, sum, squares)
        if 50 * length > Double(samples) {
            throw .notConverged(
                "\(samples) samples per chain are too few: they stay correlated over at least \(tenths(length)), "
                    + "which needs at least \(Int((50 * length).rounded(.up))) samples per chain")
        }
    } while Double(rho.count) < 8 * length

    var (time, width) = (1.0, 1.0)
    for (lag, value) in zip(1..., rho) {
        let u = min(max((Double(lag) / length - 2) / 6, 0), 1)
        let weight = 1 - u * u * u * (10 - 15 * u + 6 * u * u)
        time += 2 * weight * value
        width += 2 * weight
    }
    guard time > 0 else {
        throw .notConverged("\(samples) samples per chain are too few to tell the autocorrelation time from zero")
    }
    return time * (1 - 1 / Double(total)) / (1 - width / Double(total))
}

/// Deviations from the mean, in two passes: digits that all numbers share are not lost.
private func deviations(
    of series: UnsafePointer<Double>, count: Int, progress: Progress
) throws(Failure) -> Buffer<Double> {
    let result = try Buffer<Double>(count: count)
    let values = result.base
    var sum = 0.0
    var varies = false
    for i in 0..<count {
        if i & 0xF_FFFF == 0 { try progress.check(interruption) }
        values[i] = series[i] - series[0]
        varies = varies || values[i] != 0
        sum += values[i]
    }
    guard sum.isFinite else { throw .nonFinite("the series holds a number that is not finite, or too large") }
    guard varies else {
        throw .invalidArgument("the series is constant (\(series[0])): it has no autocorrelation time")
    }
    let mean = sum / Double(count)
    for i in 0..<count { values[i] -= mean }
    return result
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
