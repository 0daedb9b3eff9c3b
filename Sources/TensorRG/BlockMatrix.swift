import Numerics

/// A matrix whose rows and columns carry charges, and which is zero unless they are equal: two
/// dense blocks, one after the other, row-major.
struct BlockMatrix: Sendable {
    let rows: [Int]
    let columns: [Int]
    let values: Buffer<Double>

    init(rows: [Int], columns: [Int]) throws(Failure) {
        (self.rows, self.columns) = (rows, columns)
        values = try Buffer(count: rows[0] * columns[0] + rows[1] * columns[1])
    }

    var count: Int { rows[0] * columns[0] + rows[1] * columns[1] }

    func offset(_ charge: Int) -> Int { charge == 0 ? 0 : rows[0] * columns[0] }

    func size(_ charge: Int) -> Int { rows[charge] * columns[charge] }

    subscript(_ charge: Int) -> UnsafeMutablePointer<Double> { values.base + offset(charge) }

    /// self = alpha op(a) op(b) + beta self in the block of one charge.
    func product(
        _ charge: Int, _ a: BlockMatrix, transposeA: Bool = false, _ b: BlockMatrix, transposeB: Bool = false,
        alpha: Double = 1, beta: Double = 0
    ) {
        matmul(
            transposeA: transposeA, transposeB: transposeB, m: rows[charge], n: columns[charge],
            k: transposeA ? a.rows[charge] : a.columns[charge], alpha: alpha,
            a[charge], lda: a.columns[charge], b[charge], ldb: b.columns[charge],
            beta: beta, self[charge], ldc: columns[charge])
    }
}

/// sum x^2.
func sumOfSquares(_ x: UnsafePointer<Double>, _ count: Int) -> Double { dot(x, x, count) }

/// sum x y, in eight lanes whatever the number of threads.
func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
    var lanes = SIMD8<Double>()
    let whole = count & ~7
    var i = 0
    while i < whole {
        let a = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self)
        let b = UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Double>.self)
        lanes = lanes.addingProduct(a, b)
        i &+= 8
    }
    var sum = lanes.sum()
    while i < count {
        sum += x[i] * y[i]
        i &+= 1
    }
    return sum
}
