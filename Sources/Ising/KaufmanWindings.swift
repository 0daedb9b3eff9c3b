#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Thermodynamics of the L x L torus away from K_c, for K >= 0: the infinite lattice and what winds
/// around the torus.
///
/// The logarithm of each of Kaufman's four products is N times the value of the infinite lattice plus
/// terms T(m, n), one for each pair of numbers of windings around the two directions, with the sign
/// that the boundary conditions of the product give to odd m and to odd n. (Poisson's formula for the
/// sum over theta gives m, the power of q gives n.) Sums over classes of parity,
///
///     t = sum T(even, even) without (0, 0),  a = -sum T(even, odd) = -sum T(odd, even),
///     c = -sum T(odd, odd),
///
/// turn the sum of the four products into
///
///     Z = Z_bulk exp(t) [exp(c) + exp(-c) sinh 2a]           below K_c,
///     Z = 2 Z_bulk exp(t) [cosh c + exp(-c) sinh^2 a]        above.
///
/// With A_even and A_odd the sums of artanh q over Kaufman's even and odd modes, and B that of
/// ln(1 - q^2) / 2 over both,
///
///     a = (A_even + A_odd) / 2,  c = (A_even - A_odd) / 2,
///     t = B / 2 + L <ln(1 - q^2) / 2>.
///
/// The second term of t are the T(even, 0): by the symmetry of the square the same as the T(0, even),
/// a mean over all theta.
///
/// Far from K_c, ln v is of order s, and the derivatives of ln Z_bulk are of order s^4 above K_c and
/// of order K below: a sum over modes would cancel, the closed forms of `InfiniteSquareLattice` do
/// not. All that winds is computed from q ~ s^L without loss, but for c, which cancels to the
/// accuracy of a and counts only beside a (below K_c) or its square (above).
func windingSum(size: Int, coupling: Double) throws(Failure) -> TorusThermodynamics {
    // Derivatives with respect to ln K for large K, where the second would underflow before K^2
    // times it does.
    let scale = max(1, coupling)
    let modes = KaufmanModes(coupling: coupling, scale: scale)
    // Means over a multiple of Kaufman's 2L angles, enough for rounding: ln v is analytic, and its
    // harmonics fall like exp(-n gamma_0), gamma_0 > 1.2.
    let refinement = max(1, 64 / (2 * size))
    let count = 2 * size * refinement

    var logs = 0.0  // sum of ln(v/2) over all angles
    var squares = (modes: KaufmanJet(0), all: KaufmanJet(0))  // sum of ln(1 - q^2) / 2
    var odds = (even: KaufmanJet(0), odd: KaufmanJet(0))  // sum of artanh q
    for k in 0...count / 2 {
        let v = modes.v(k, of: count)
        let q = (modes.s / v).power(size)
        let weight: Double = k == 0 || k == count / 2 ? 1 : 2  // theta and -theta
        logs += weight * log(0.5 * v.value)
        let square = 0.5 * weight * (-1 * q * q).logarithmOfOnePlus
        squares.all += square
        guard k % refinement == 0 else { continue }
        squares.modes += square
        if k / refinement % 2 == 0 {
            odds.even += weight * q.inverseHyperbolicTangent
        } else {
            odds.odd += weight * q.inverseHyperbolicTangent
        }
    }
    let a = 0.5 * (odds.even + odds.odd)
    let c = 0.5 * (odds.even - odds.odd)
    let t = 0.5 * squares.modes + Double(size) / Double(count) * squares.all

    let wound: KaufmanJet  // the bracket - 1
    if modes.isOrdered {
        let (sine, half) = (a.hyperbolicSine, (0.5 * c).hyperbolicSine)
        wound = (-1 * c).exponential * sine * sine + 2 * half * half
    } else {
        wound = c.exponentialMinusOne + (-1 * c).exponential * (2 * a).hyperbolicSine
    }
    let windings = t + wound.logarithmOfOnePlus

    let sites = Double(size * size)
    let bulk = try InfiniteSquareLattice(coupling: coupling)
    let bulkLogarithm = sites * (modes.siteFactor.value + 0.5 * logs / Double(count))
    let relative = coupling / scale
    return TorusThermodynamics(
        logPartition: bulkLogarithm + windings.value + (modes.isOrdered ? log(2) : 0),
        energy: sites * bulk.internalEnergyDensity() - windings.first / scale,
        heatCapacity: bulk.heatCapacity(sites: sites) + relative * (relative * windings.second))
}
