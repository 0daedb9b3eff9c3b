/// Complete elliptic integrals of one modulus by the arithmetic-geometric mean
/// (Abramowitz and Stegun 17.6; DLMF 19.8).
///
/// The combinations that vanish with the modulus are divided by their power of it, and the iteration
/// carries the gap (a - b) / k^2 itself instead of subtracting: every result is a sum of positive
/// terms with full relative accuracy for all k, 0 and 1 included, and none underflows with k^2.
public struct CompleteElliptic: Sendable {
    /// K(k) = int_0^(pi/2) dt / sqrt(1 - k^2 sin^2 t); infinite for k = 1.
    public let first: Double
    /// (K(k) - E(k)) / k^2, with E(k) = int_0^(pi/2) dt sqrt(1 - k^2 sin^2 t); pi/4 for k = 0.
    public let difference: Double
    /// (K(k) - pi/2) / k^2; pi/8 for k = 0.
    public let excess: Double
    /// (1 - (2/pi) (1 - k) K(k)) / k; 1 for k = 0 and for k = 1.
    public let deficit: Double

    /// - Parameters:
    ///   - modulus: k in [0, 1].
    ///   - gap: 1 - k, given apart because near k = 1 it cannot be had from k.
    public init(modulus: Double, gap: Double) {
        guard gap > 0 else {
            (first, difference, excess, deficit) = (.infinity, .infinity, .infinity, 1)
            return
        }
        let square = modulus * modulus
        let root = gap.squareRoot()
        var a = 1.0
        var b = root * (1 + modulus).squareRoot()
        var step = 1 / (1 + b)  // (a - b) / k^2
        var fall = 0.0  // (1 - a) / k^2
        var rise = 2 * root / ((1 + modulus).squareRoot() + root)  // (b - gap) / k
        var sum = 0.5  // of 2^(n-1) c_n^2 / k^2, c_0 = k, c_(n+1) = (a - b) / 2
        var weight = 0.25
        repeat {
            sum += weight * square * step * step
            weight *= 2
            fall += 0.5 * step
            let (rootA, rootB) = (a.squareRoot(), b.squareRoot())
            let part = step / (rootA + rootB)
            rise += modulus * rootB * part
            a = 0.5 * (a + b)
            b = rootA * rootB
            step = 0.5 * square * part * part
        } while square * step > 1e-17 * a
        first = 0.5 * Double.pi / a
        difference = first * sum
        excess = first * fall
        deficit = rise / a
    }
}
