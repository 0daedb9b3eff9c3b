#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Fields of the classes whose conditional probabilities are known exactly, for all codes.
///
/// Bit k of a code is set where neighbour k is -1.
enum ExactField {
    /// A site C or D: its four neighbours.
    static let aroundBond = Neighbourhood(exact: [(1, 0), (-1, 0), (0, 1), (0, -1)])

    /// A site B of the odd half: four corners, and the four even sites B two steps away. Between them
    /// lie the four sites C and D that are its neighbours and are not drawn yet.
    static let aroundCentre = Neighbourhood(
        exact: [(1, 1), (1, -1), (-1, 1), (-1, -1), (2, 0), (-2, 0), (0, 2), (0, -2)])

    /// h + K times the sum of the neighbours.
    static func bond(coupling: Double, field: Double) -> [Double] {
        (0..<16).map { field + coupling * Double(4 - 2 * $0.nonzeroBitCount) }
    }

    /// With the four neighbours t summed, each with u = h + K times the sum of its three others:
    /// h + (1/2) sum_t [ln cosh(u + K) - ln cosh(u - K)].
    static func centre(coupling: Double, field: Double) -> [Double] {
        let displacements = aroundCentre.displacements
        return (0..<256).map { code in
            func spin(_ row: Int, _ column: Int) -> Double {
                let k = displacements.firstIndex(of: Displacement(row: row, column: column))!
                return code >> k & 1 == 0 ? 1 : -1
            }
            var sum = 2 * field
            for (row, column) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                let others =
                    spin(2 * row, 2 * column) + spin(row + column, column + row) + spin(row - column, column - row)
                let u = field + coupling * others
                sum += logCosh(u + coupling) - logCosh(u - coupling)
            }
            return sum / 2
        }
    }

    private static func logCosh(_ x: Double) -> Double { abs(x) + log1p(exp(-2 * abs(x))) - log(2) }
}

extension Neighbourhood {
    /// Neighbours in an order that a table of fields has.
    fileprivate init(exact displacements: [(Int, Int)]) {
        self.init(displacements: displacements.map { Displacement(row: $0.0, column: $0.1) })
    }
}
