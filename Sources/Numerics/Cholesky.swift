/// The solution of A x = b for a symmetric positive definite A, by the Cholesky factorisation A = L L^T.
/// Costs n^3 / 6 multiplications.
///
/// - Parameters:
///   - matrix: A, row-major, shape (n, n), of which the lower triangle is read; replaced by L there.
///   - vector: b, replaced by x.
/// - Throws: `notConverged` if A is not positive definite within rounding, or not finite.
public func solvePositive(
    _ matrix: UnsafeMutablePointer<Double>, _ vector: UnsafeMutablePointer<Double>, count n: Int
) throws(Failure) {
    for i in 0..<n {
        let row = matrix + i * n
        for j in 0...i {
            let other = matrix + j * n
            let rest = row[j] - product(row, other, count: j)
            guard i == j else {
                row[j] = rest / other[j]
                continue
            }
            guard rest > 0, rest.isFinite else {
                throw .notConverged("the matrix is not positive definite: the pivot of row \(i) is \(rest)")
            }
            row[i] = rest.squareRoot()
        }
        vector[i] = (vector[i] - product(row, vector, count: i)) / row[i]
    }
    for i in (0..<n).reversed() {
        vector[i] /= matrix[i * n + i]
        for j in 0..<i { vector[j] -= matrix[i * n + j] * vector[i] }
    }
}

/// The sum of x[i] y[i], in the order of eight lanes.
private func product(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    var lanes = SIMD8<Double>()
    var i = 0
    while i &+ 8 <= count {
        lanes = lanes.addingProduct(
            UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self),
            UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Double>.self))
        i &+= 8
    }
    var sum = lanes.sum()
    while i < count {
        sum += x[i] * y[i]
        i &+= 1
    }
    return sum
}
