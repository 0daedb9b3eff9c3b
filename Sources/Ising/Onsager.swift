#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// The infinite square lattice with coupling K = J/T, per site
/// (Onsager, doi:10.1103/PhysRev.65.117; Yang, doi:10.1103/PhysRev.85.808).
///
/// K < 0 is the antiferromagnet: by flipping one sublattice it has the free energy of |K|.
public struct InfiniteSquareLattice: Sendable {
    public let coupling: Double
    private let reduced: ReducedCoupling

    /// - Parameter coupling: K, |K| <= 100.
    /// - Throws: `Failure.invalidArgument`.
    public init(coupling: Double) throws(Failure) {
        guard abs(coupling) <= 100 else {
            throw .invalidArgument("coupling must be finite and between -100 and 100, got \(coupling)")
        }
        self.coupling = coupling
        reduced = ReducedCoupling(abs(coupling))
    }

    /// f = -ln Z / N, to about 1e-15. At K_c it is -(ln 2)/2 - 2G/pi with Catalan's constant G.
    /// - Throws: `Failure.notConverged` if the quadrature fails, which no K is known to cause.
    public func freeEnergyDensity() throws(Failure) -> Double {
        // ln(2 sinh 2K)/2 + (1/2pi) int_0^pi gamma dw, with s exp(gamma) = u + s + sqrt(u(u + 2s))
        // as in Kaufman's sum, which is regular at K = 0 and has a kink at w = 0 at K_c.
        let (s, gap) = (reduced.s, reduced.gap)
        let integral = try integrate(length: .pi) { w in
            let sine = sin(0.5 * w)
            let u = gap * gap + 2 * s * sine * sine
            return log(u + s + (u * (u + 2 * s)).squareRoot())
        }
        let k = abs(coupling)
        let siteFactor = reduced.isOrdered ? 2 * k + log1p(-exp(-4 * k)) : log(2)
        return -siteFactor + 0.5 * (log(2) - integral / .pi)
    }

    /// E/J per site: 0 at K = 0, -sqrt 2 at K_c, -2 for K -> infinity, odd in K. The relative
    /// error is about 1e-15 for every K.
    public func internalEnergyDensity() -> Double {
        // -coth 2K [1 + (2/pi) (2 tanh^2 2K - 1) K(k)] with k = 2 sinh 2K / cosh^2 2K. Landen's
        // transformation takes k to m = s^2, where the bracket is 1 +- (2/pi) (1 - m) K(m).
        let s = reduced.s
        let root = (1 + s * s).squareRoot()  // coth 2K above K_c, s coth 2K below
        let energy = root * (reduced.isOrdered ? 2 - s * s * elliptic.deficit : s * elliptic.deficit)
        return coupling < 0 ? energy : 0 - energy
    }

    /// Specific heat C/k_B per site, 2 K^2 for K -> 0, infinite at K_c, 64 K^2 exp(-8 |K|) for large
    /// |K|. The relative error is about 1e-15 for every K, as far as doubles reach.
    public func specificHeat() -> Double { heatCapacity(sites: 1) }

    /// `sites` times the specific heat.
    ///
    /// (4/pi) (K coth 2K)^2 [K - E - (1 - tanh^2 2K) (pi/2 + (2 tanh^2 2K - 1) K)] of modulus k cancels to
    /// all digits far from K_c. In integrals of modulus m = s^2 = sinh^(-2) 2K or sinh^2 2K it is
    ///
    ///     (4/pi) K^2 [2 (K - E) + m (K - pi/2) + m^2 K]        above K_c,
    ///     (4/pi) K^2 [2 (K - E) + (K - pi/2) + m K] / m        below,
    ///
    /// sums of positive terms. Powers of m join one factor K each, so that nothing underflows before
    /// the result does.
    func heatCapacity(sites: Double) -> Double {
        let modulus = reduced.s * reduced.s
        let elliptic = elliptic
        let k = abs(coupling)
        if reduced.isOrdered {
            let rest = 2 * elliptic.difference + modulus * elliptic.excess + elliptic.first
            return k * modulus * (k * modulus * (4 / .pi * sites * rest))
        }
        let rest = modulus * (2 * elliptic.difference + elliptic.excess) + elliptic.first
        return k * (k * (4 / .pi * sites * rest))
    }

    /// Mean spin of a ferromagnet in an infinitesimal field, (1 - sinh^-4 2K)^(1/8) for K > K_c.
    ///
    /// The relative error is about 1e-15. 0 for K <= K_c; for K < -K_c too, where the order is staggered and the uniform mean is 0.
    public func spontaneousMagnetization() -> Double {
        guard coupling > squareCriticalCoupling else { return 0 }
        let s = reduced.s
        return pow(reduced.gap * (1 + s) * (1 + s * s), 0.125)
    }

    /// Integrals of the modulus s^2.
    private var elliptic: CompleteElliptic {
        CompleteElliptic(modulus: reduced.s * reduced.s, gap: reduced.gap * (1 + reduced.s))
    }
}
