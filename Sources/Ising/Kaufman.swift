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
/// For L = 2 the two bonds between a pair of neighbours both count: 8 bonds on 4 spins. The relative
/// error of each of the three is below 1e-12 for every L and K, as far as doubles reach (the heat
/// capacity falls below their range for |K| > 93): near K_c by Kaufman's products, elsewhere, where
/// these would cancel, by the windings around the torus (`windingSum`).
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
    let k = abs(coupling)
    // The couplings 0.203 and 0.805 are dual to each other.
    let isNearCritical = tanh(k) > 0.2 && exp(-2 * k) > 0.2
    let result = isNearCritical ? kaufmanSum(size: size, coupling: k) : try windingSum(size: size, coupling: k)
    guard coupling < 0 else { return result }
    return TorusThermodynamics(
        logPartition: result.logPartition, energy: -result.energy, heatCapacity: result.heatCapacity)
}

/// Kaufman's four products, arranged so that near K_c nothing cancels and nothing overflows.
///
/// With v_k and q_k of `KaufmanModes`,
///
///     2 Z = z^N [ prod_odd (v/2)^(L/2) (1 + q) + prod_odd (v/2)^(L/2) (1 - q)
///               + prod_even (v/2)^(L/2) (1 + q) +- prod_even (v/2)^(L/2) (1 - q) ],
///
/// z = 2 below and 2 sinh 2K above K_c. The sign is that of
/// gamma_0 = 2K + ln tanh K: the last product passes through zero at K_c, where its factor
/// k = 0 is linear in K - K_c. Factors stay outside the logarithm for that reason.
private func kaufmanSum(size: Int, coupling: Double) -> TorusThermodynamics {
    let modes = KaufmanModes(coupling: coupling, scale: 1)
    let halfSize = 0.5 * Double(size)

    var logs = (even: KaufmanJet(0), odd: KaufmanJet(0))  // sum of ln(v/2)
    var plus = (even: KaufmanJet(1), odd: KaufmanJet(1))  // product of 1 + q
    var minus = (even: KaufmanJet(1), odd: KaufmanJet(1))  // product of 1 - q
    for k in 0..<2 * size {
        let v = modes.v(k, of: 2 * size)
        let logarithm = (0.5 * v).logarithm
        let q = (modes.s / v).power(size)
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
    let even = modes.isOrdered ? plus.even + minus.even : plus.even - minus.even
    let ratio = (halfSize * (logs.even - logs.odd)).exponential
    let bracket = plus.odd + minus.odd + ratio * even
    let logZ = Double(size * size) * modes.siteFactor + halfSize * logs.odd + (0.5 * bracket).logarithm
    return TorusThermodynamics(
        logPartition: logZ.value, energy: -logZ.first, heatCapacity: coupling * coupling * logZ.second)
}
