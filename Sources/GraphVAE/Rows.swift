import Learning
import Numerics

/// Rows of features in memory of their own, each row in whole cache lines.
///
/// A row belongs to a site of a configuration, or to a whole configuration; features past the ones
/// asked for are zero, and stay zero through every kernel, because the weights that meet them are.
package struct Rows<Scalar: RowScalar>: @unchecked Sendable {
    typealias Line = Scalar.Vector

    let base: UnsafeMutablePointer<Scalar>
    let width: Int
    /// Cache lines of a row.
    let lines: Int
    private let buffer: Buffer<Scalar>

    /// - Parameter width: a multiple of `Axis.unit`.
    init(count: Int, width: Int) throws(Failure) {
        buffer = try Buffer(count: count * width)
        base = buffer.base
        self.width = width
        lines = width / Line.scalarCount
    }

    private init(_ whole: Rows, from row: Int) {
        (buffer, width, lines) = (whole.buffer, whole.width, whole.lines)
        base = whole.base + row * whole.width
    }

    /// The rows from this one on, in the same memory.
    func suffix(from row: Int) -> Rows { Rows(self, from: row) }

    /// The lines of one row.
    @inline(__always)
    subscript(row: Int) -> UnsafeMutablePointer<Line> {
        UnsafeMutableRawPointer(base + row &* width).assumingMemoryBound(to: Line.self)
    }

    @inline(__always)
    func clear(_ count: Int) { base.update(repeating: 0, count: count &* width) }
}

/// Numbers that begin at a cache line, line by line.
@inline(__always)
func lines<Scalar: RowScalar>(_ base: UnsafePointer<Scalar>) -> UnsafePointer<Scalar.Vector> {
    UnsafeRawPointer(base).assumingMemoryBound(to: Scalar.Vector.self)
}

@inline(__always)
func lines<Scalar: RowScalar>(_ base: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Scalar.Vector> {
    UnsafeMutableRawPointer(base).assumingMemoryBound(to: Scalar.Vector.self)
}

extension Rows {
    /// max(x, 0) in place.
    func rectify(_ count: Int) {
        let values = self[0]
        for i in 0..<count &* lines { values[i] = Scalar.rectified(values[i]) }
    }

    /// Adjoints of what `rectify` took, in place, from those of the `values` it gave.
    func rectifyBackward(_ values: Rows, _ count: Int) {
        let (adjoints, values) = (self[0], values[0])
        for i in 0..<count &* lines { adjoints[i] *= Scalar.step(values[i]) }
    }

    /// Adds the adjoints of what `rectify` took, from `outer` of the `values` it gave, and onto `sum`
    /// the sum over all rows.
    func addRectified(
        _ outer: Rows, _ values: UnsafePointer<Line>, _ count: Int, onto sum: UnsafeMutablePointer<Scalar>
    ) {
        let sums = GraphVAE.lines(sum)
        for row in 0..<count {
            let (own, source) = (self[row], outer[row])
            for f in 0..<lines {
                let value = Scalar.step(values[row &* lines &+ f]) * source[f]
                own[f] += value
                sums[f] += value
            }
        }
    }

    /// Adds the sum of all rows.
    func addSum(_ count: Int, onto sum: UnsafeMutablePointer<Scalar>) {
        let sums = GraphVAE.lines(sum)
        for row in 0..<count {
            let values = self[row]
            for f in 0..<lines { sums[f] += values[f] }
        }
    }
}
