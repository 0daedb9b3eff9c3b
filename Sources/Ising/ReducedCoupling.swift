#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// K_c = ln(1 + sqrt 2) / 2 of the square lattice, where sinh 2K = 1.
public let squareCriticalCoupling = 0.440686793509771512616304662489896154514

/// K_c less `squareCriticalCoupling`, which is a double and therefore rounded.
private let criticalRemainder = -1.125272946412933e-17

/// A coupling K >= 0 in the variable that the dual points K and K*, sinh 2K sinh 2K* = 1, share.
struct ReducedCoupling {
    /// sinh 2K or its inverse, whichever is at most 1.
    let s: Double
    /// 1 - s, with full relative accuracy however close to K_c; 0 for `squareCriticalCoupling`.
    let gap: Double
    /// Whether K > K_c.
    let isOrdered: Bool

    init(_ coupling: Double) {
        isOrdered = coupling > squareCriticalCoupling
        let sine = sinh(2 * coupling)
        // sinh 2K - sinh 2K_c = 2 cosh(K + K_c) sinh(K - K_c).
        let offset = (coupling - squareCriticalCoupling) - criticalRemainder
        let excess = 2 * cosh(coupling + squareCriticalCoupling) * sinh(offset)
        if coupling == squareCriticalCoupling {
            (s, gap) = (1, 0)
        } else if isOrdered {
            (s, gap) = (1 / sine, excess / sine)
        } else {
            (s, gap) = (sine, -excess)
        }
    }
}
