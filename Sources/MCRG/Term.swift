import Numerics

/// Products of spins whose sums over a lattice are measured: each belongs to an operator, the sum of
/// all its images under the symmetries of the lattice.
public struct Term: Sendable {
    /// The operator that this product is a part of.
    public let operatorIndex: Int
    /// Where its spins are, as (x, y, z) from any site; at least one, and in two dimensions z = 0.
    public let points: [SIMD3<Int>]

    public init(operatorIndex: Int, points: [SIMD3<Int>]) {
        self.operatorIndex = operatorIndex
        self.points = points
    }

    /// The largest |x|, |y| or |z|.
    public var reach: Int {
        points.reduce(0) { max($0, abs($1.x), abs($1.y), abs($1.z)) }
    }
}
