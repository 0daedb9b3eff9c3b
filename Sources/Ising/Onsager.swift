#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// K_c = ln(1 + sqrt 2) / 2 of the square lattice, where sinh 2K = 1.
public let squareCriticalCoupling = 0.440686793509771512616304662489896154514

/// The infinite square lattice with coupling K = J/T, per site
/// (Onsager, doi:10.1103/PhysRev.65.117; Yang, doi:10.1103/PhysRev.85.808).
///
/// K < 0 is the antiferromagnet: by flipping one sublattice it has the free energy of |K|.
public struct InfiniteSquareLattice: Sendable {
    public let coupling: Double
    /// sinh 2|K| or its inverse, whichever is at most 1: the dual points K and K* share it.
    private let s: Double
    private let isOrdered: Bool

    /// - Parameter coupling: K, |K| <= 100.
    /// - Throws: `Failure.invalidArgument`.
    public init(coupling: Double) throws(Failure) {
        guard abs(coupling) <= 100 else {
            throw .invalidArgument("coupling must be finite and between -100 and 100, got \(coupling)")
        }
        self.coupling = coupling
        isOrdered = abs(coupling) > squareCriticalCoupling
        if abs(coupling) == squareCriticalCoupling {
            s = 1
        } else {
            let sine = sinh(2 * abs(coupling))
            s = min(isOrdered ? 1 / sine : sine, 1)
        }
    }

    /// f = -ln Z / N, to about 1e-15. At K_c it is -(ln 2)/2 - 2G/pi with Catalan's constant G.
    /// - Throws: `Failure.notConverged` if the quadrature fails, which no K is known to cause.
    public func freeEnergyDensity() throws(Failure) -> Double {
        // ln(2 sinh 2K)/2 + (1/2pi) int_0^pi gamma dw, with s exp(gamma) = u + s + sqrt(u(u + 2s))
        // as in Kaufman's sum, which is regular at K = 0 and has a kink at w = 0 at K_c.
        let gap = 1 - s
        let integral = try integrate(length: .pi) { w in
            let sine = sin(0.5 * w)
            let u = gap * gap + 2 * s * sine * sine
            return log(u + s + (u * (u + 2 * s)).squareRoot())
        }
        let k = abs(coupling)
        let siteFactor = isOrdered ? 2 * k + log1p(-exp(-4 * k)) : log(2)
        return -siteFactor + 0.5 * (log(2) - integral / .pi)
    }

    /// E/J per site: 0 at K = 0, -sqrt 2 at K_c, -2 for K -> infinity, odd in K.
    public func internalEnergyDensity() -> Double {
        // To rounding; much smaller K have no s^2 in the range of doubles.
        guard abs(coupling) > 1e-9 else { return 0 - 2 * coupling }
        // -coth 2K [1 + (2/pi) kappa K(k)], kappa = 2 tanh^2 2K - 1 = -k' below and +k' above K_c.
        let energy = -1 / tanh(2 * abs(coupling)) * energyBracket(elliptic)
        return coupling < 0 ? -energy : energy
    }

    /// Specific heat C/k_B per site, infinite at K_c. The absolute error is about
    /// 1e-16 K^2 exp(-4K), which exceeds the value 64 K^2 exp(-8K) itself for K > 10.
    public func specificHeat() -> Double {
        guard s > 0 else { return 0 }
        let elliptic = elliptic
        guard elliptic.first.isFinite else { return .infinity }
        let k = abs(coupling)
        let tangent = tanh(2 * k)
        let cosine = cosh(2 * k)
        let bracket = elliptic.difference - 0.5 * .pi * energyBracket(elliptic) / (cosine * cosine)
        return 4 / .pi * (k / tangent) * (k / tangent) * bracket
    }

    /// Mean spin of a ferromagnet in an infinitesimal field, (1 - sinh^-4 2K)^(1/8) for K > K_c.
    ///
    /// 0 for K <= K_c; for K < -K_c too, where the order is staggered and the uniform mean is 0.
    public func spontaneousMagnetization() -> Double {
        guard coupling > squareCriticalCoupling else { return 0 }
        return pow((1 - s) * (1 + s) * (1 + s * s), 0.125)
    }

    /// Onsager's modulus k = 2 sinh 2K / cosh^2 2K and k' = |2 tanh^2 2K - 1|.
    private var elliptic: CompleteElliptic {
        let square = 1 + s * s
        return CompleteElliptic(modulus: 2 * s / square, complement: (1 - s) * (1 + s) / square)
    }

    /// 1 + (2/pi) kappa K(k).
    private func energyBracket(_ elliptic: CompleteElliptic) -> Double {
        isOrdered ? 2 - elliptic.deficit : elliptic.deficit
    }
}
