import Numerics

/// The sites i columns + j of a torus of rows x columns, or of a ring, which is a single row.
public struct Grid: Sendable, Equatable {
    public let rows, columns: Int

    public var sites: Int { rows * columns }

    /// - Throws: `invalidArgument` unless both sides are even, from 2 to 64, or there is one row of an
    ///   even number of sites from 2 to 4096.
    public init(rows: Int, columns: Int) throws(Failure) {
        let (sides, most) = rows == 1 ? ([columns], 4096) : ([rows, columns], 64)
        guard sides.allSatisfy({ (2...most).contains($0) && $0.isMultiple(of: 2) }) else {
            throw .invalidArgument(
                "the sides of a lattice must be even, from 2 to 64, or from 2 to 4096 of a single row, not "
                    + "\(rows) x \(columns)")
        }
        (self.rows, self.columns) = (rows, columns)
    }

    /// A square torus.
    public init(size: Int) throws(Failure) { try self.init(rows: size, columns: size) }
}
