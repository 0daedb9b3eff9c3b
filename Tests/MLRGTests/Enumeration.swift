import MLRG

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The A1 machines of Eqs. 10 and 12 (Hou & You) by plain enumeration of visible and hidden spins:
/// the oracle of this folder. Corner k is bit k, set for +1.
enum Enumeration {
    private static func spin(_ bits: Int, _ k: Int) -> Double { bits >> k & 1 == 1 ? 1 : -1 }

    /// sum_z exp(-E) on the square graph, for the 16 states of the corners.
    static func teacherWeights(_ j: Double) -> [Double] {
        (0..<16).map { x in
            (0..<16).reduce(0) { sum, z in
                let field = (0..<4).reduce(0.0) { $0 + spin(z, $1) * (spin(x, $1) + spin(x, ($1 + 1) % 4)) }
                return sum + exp(j * field)
            }
        }
    }

    /// sum_z exp(-E) on the cross graph.
    static func studentWeights(_ j: Double) -> [Double] {
        (0..<16).map { x in
            let field = (0..<4).reduce(0.0) { $0 + spin(x, $1) }
            return exp(j * field) + exp(-j * field)
        }
    }

    static func divergence(teacher: Double, student: Double) -> Double {
        let (p, q) = (teacherWeights(teacher), studentWeights(student))
        let (zp, zq) = (p.reduce(0, +), q.reduce(0, +))
        return zip(p, q).reduce(0) { $0 + $1.0 / zp * log($1.0 / zp / ($1.1 / zq)) }
    }
}
