#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The fermion modes of Kaufman's solution at one coupling K >= 0, with derivatives.
///
/// With s = sinh 2K and u = (1 - s)^2 + 2 s sin^2(theta / 2), Kaufman's
/// cosh gamma = cosh^2 2K / sinh 2K - cos theta gives
///
///     s exp(gamma) = v = u + s + sqrt(u (u + 2s)),   exp(-gamma) = s / v,
///
/// whose limit s -> 0 is regular, so that the diverging gamma and ln sinh 2K never appear apart.
/// The dual point s -> 1/s has the same gamma, which covers K > K_c with s < 1 as well.
struct KaufmanModes {
    let isOrdered: Bool
    let s: KaufmanJet
    /// ln z, z = 2 below and 2 sinh 2K above K_c: the factor of each site beside the modes.
    let siteFactor: KaufmanJet
    private let gap: KaufmanJet  // 1 - s

    /// - Parameter scale: derivatives are with respect to K / scale.
    init(coupling: Double, scale: Double) {
        let reduced = ReducedCoupling(coupling)
        isOrdered = reduced.isOrdered
        let k = KaufmanJet(coupling, scale)
        if isOrdered {
            let p = (-2 * k).exponential
            s = 2 * p / (1 - p * p)
            siteFactor = 2 * k + (-1 * p * p).logarithmOfOnePlus
        } else {
            s = (2 * k).hyperbolicSine
            siteFactor = KaufmanJet(log(2))
        }
        gap = KaufmanJet(reduced.gap, -s.first, -s.second)
    }

    /// v of theta = 2 pi k / count.
    ///
    /// At k = 0 the root is |1 - s| sqrt(1 + s^2); without the modulus it is smooth through K_c.
    func v(_ k: Int, of count: Int) -> KaufmanJet {
        let sine = sin(Double.pi * Double(k) / Double(count))
        let u = gap * gap + 2 * sine * sine * s
        let root = k == 0 ? gap * (1 + s * s).squareRoot : (u * (u + 2 * s)).squareRoot
        return u + s + root
    }
}
