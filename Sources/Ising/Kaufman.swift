#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Exact thermodynamics of the L x L torus, totals over the lattice (not per site).
public struct TorusThermodynamics: Equatable, Sendable {
    /// ln Z with Z = sum_s exp(K sum_<ij> s_i s_j).
    public let logPartition: Double
    /// Mean energy <E/J>, with E/J = -sum_<ij> s_i s_j. It is -d ln Z/dK.
    public let energy: Double
    /// Heat capacity K^2 (<(E/J)^2> - <E/J>^2) = K^2 d^2 ln Z/dK^2, in units of k_B.
    public let heatCapacity: Double
}

/// ln Z of the square-lattice Ising model on the L x L torus. See `torusThermodynamics`.
public func logPartition(size: Int, coupling: Double) throws(Failure) -> Double {
    try torusThermodynamics(size: size, coupling: coupling).logPartition
}

/// ln Z, mean energy and heat capacity of the L x L torus, exact for every finite L
/// (Kaufman, doi:10.1103/PhysRev.76.1232; Ferdinand and Fisher, doi:10.1103/PhysRev.185.832).
///
/// For L = 2 the two bonds between a pair of neighbours both count: 8 bonds on 4 spins. Rounding
/// is of the order of 1e-15 per site in each of ln Z, dlnZ/dK and d^2 lnZ/dK^2, so far inside the
/// ordered phase (K > 5), where the heat capacity falls below that, it is zero within rounding.
///
/// - Parameters:
///   - size: L, from 2 to 4096. Time grows like L: 1 ms at 4096.
///   - coupling: K = J/T, |K| <= 100. An odd L needs K >= 0: an antiferromagnet on an odd torus
///     is frustrated, so it is not the mirror image of the ferromagnet.
/// - Throws: `Failure.invalidArgument`.
public func torusThermodynamics(size: Int, coupling: Double) throws(Failure) -> TorusThermodynamics {
    guard size >= 2, size <= 4096 else {
        throw .invalidArgument("size must be from 2 to 4096, got \(size)")
    }
    guard abs(coupling) <= 100 else {
        throw .invalidArgument("coupling must be finite and between -100 and 100, got \(coupling)")
    }
    guard coupling >= 0 || size % 2 == 0 else {
        throw .invalidArgument(
            "coupling must not be negative for odd size \(size): the antiferromagnet is frustrated there")
    }
    let logZ = kaufmanSum(size: size, coupling: abs(coupling))
    return TorusThermodynamics(
        logPartition: logZ.value,
        energy: coupling < 0 ? logZ.first : -logZ.first,
        heatCapacity: coupling * coupling * logZ.second)
}

/// Kaufman's four products, arranged so that nothing cancels and nothing overflows.
///
/// With s = sinh 2K and u_k = (1 - s)^2 + 2 s sin^2(pi k / 2L), Kaufman's
/// cosh gamma_k = cosh^2 2K / sinh 2K - cos(pi k / L) gives
///
///     s exp(gamma_k) = v_k = u_k + s + sqrt(u_k (u_k + 2s)),   exp(-gamma_k) = s / v_k,
///
/// whose limit s -> 0 is regular, so that the diverging gamma_k and ln sinh 2K never appear apart.
/// The dual point s -> 1/s has the same gamma_k, which covers K > K_c with s < 1 as well. Then
///
///     2 Z = z^N [ prod_odd (v/2)^(L/2) (1 + q) + prod_odd (v/2)^(L/2) (1 - q)
///               + prod_even (v/2)^(L/2) (1 + q) +- prod_even (v/2)^(L/2) (1 - q) ],
///
/// q_k = exp(-L gamma_k), z = 2 below and 2 sinh 2K above K_c. The sign is that of
/// gamma_0 = 2K + ln tanh K: the last product passes through zero at K_c, where its factor
/// k = 0 is linear in K - K_c. Factors stay outside the logarithm for that reason.
private func kaufmanSum(size: Int, coupling: Double) -> KaufmanJet {
    let ordered = sinh(2 * coupling) > 1
    let s: KaufmanJet
    let siteFactor: KaufmanJet  // ln z
    if ordered {
        let p = KaufmanJet(-2 * coupling, -2).exponential
        s = 2 * p / (1 - p * p)
        siteFactor = KaufmanJet(2 * coupling, 2) + (-1 * p * p).logarithmOfOnePlus
    } else {
        s = KaufmanJet(sinh(2 * coupling), 2 * cosh(2 * coupling), 4 * sinh(2 * coupling))
        siteFactor = KaufmanJet(log(2))
    }
    let gap = 1 - s
    let halfSize = 0.5 * Double(size)

    var logs = (even: KaufmanJet(0), odd: KaufmanJet(0))  // sum of ln(v/2)
    var plus = (even: KaufmanJet(1), odd: KaufmanJet(1))  // product of 1 + q
    var minus = (even: KaufmanJet(1), odd: KaufmanJet(1))  // product of 1 - q
    for k in 0..<2 * size {
        let sine = sin(Double.pi * Double(k) / Double(2 * size))
        let u = gap * gap + 2 * sine * sine * s
        // At k = 0 the root is |1 - s| sqrt(1 + s^2); without the modulus it is smooth through K_c.
        let root = k == 0 ? gap * (1 + s * s).squareRoot : (u * (u + 2 * s)).squareRoot
        let v = u + s + root
        let logarithm = (0.5 * v).logarithm
        let q = (s / v).power(size)
        if k % 2 == 0 {
            logs.even += logarithm
            plus.even *= 1 + q
            minus.even *= 1 - q
        } else {
            logs.odd += logarithm
            plus.odd *= 1 + q
            minus.odd *= 1 - q
        }
    }
    let even = ordered ? plus.even + minus.even : plus.even - minus.even
    let ratio = (halfSize * (logs.even - logs.odd)).exponential
    let bracket = plus.odd + minus.odd + ratio * even
    return Double(size * size) * siteFactor + halfSize * logs.odd + (0.5 * bracket).logarithm
}
