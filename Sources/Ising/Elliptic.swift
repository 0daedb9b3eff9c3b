/// Complete elliptic integrals of one modulus by the arithmetic-geometric mean
/// (Abramowitz and Stegun 17.6; DLMF 19.8).
///
/// The iteration carries the gap a - b itself instead of subtracting, so that combinations that
/// vanish with the modulus keep their full relative accuracy.
public struct CompleteElliptic: Sendable {
    /// K(k) = int_0^(pi/2) dt / sqrt(1 - k^2 sin^2 t); infinite for k = 1.
    public let first: Double
    /// E(k) = int_0^(pi/2) dt sqrt(1 - k^2 sin^2 t).
    public let second: Double
    /// K(k) - E(k), without cancellation for small k.
    public let difference: Double
    /// 1 - (2/pi) k' K(k), without cancellation for small k.
    public let deficit: Double

    /// - Parameters:
    ///   - modulus: k in [0, 1].
    ///   - complement: k' = sqrt(1 - k^2), given apart because near k = 1 it cannot be had from k.
    public init(modulus: Double, complement: Double) {
        guard complement > 0 else {
            (first, second, difference, deficit) = (.infinity, 1, .infinity, 1)
            return
        }
        var a = 1.0
        var b = complement
        var gap = modulus * modulus / (1 + complement)
        var excess = 0.0  // mean - k', from the increments of b
        var sum = 0.5 * modulus * modulus  // sum of 2^(n-1) c_n^2, c_(n+1) = gap_n / 2
        var weight = 0.25
        while gap > 1e-17 * excess {
            sum += weight * gap * gap
            weight *= 2
            let (rootA, rootB) = (a.squareRoot(), b.squareRoot())
            excess += rootB * gap / (rootA + rootB)
            let step = gap / (rootA + rootB)
            gap = 0.5 * step * step
            a = 0.5 * (a + b)
            b = rootA * rootB
        }
        first = 0.5 * Double.pi / a
        second = first * (1 - sum)
        difference = first * sum
        deficit = excess / a
    }
}
