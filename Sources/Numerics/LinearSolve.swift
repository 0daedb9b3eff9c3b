/// The solution of A x = b by LU factorisation with partial pivoting, for small dense systems.
///
/// - Parameters:
///   - matrix: A, row-major, shape (n, n).
///   - vector: b, shape (n).
/// - Throws: `invalidArgument` for shapes that do not match, `nonFinite` for NaN or infinities in the
///   input, `notConverged` if A is singular within rounding: a pivot below n eps times the largest
///   element of A.
public func solve(_ matrix: [Double], _ vector: [Double]) throws(Failure) -> [Double] {
    let n = vector.count
    guard matrix.count == n * n else {
        throw .invalidArgument("the matrix has \(matrix.count) elements, but a system of \(n) equations needs \(n * n)")
    }
    var (a, x) = (matrix, vector)
    guard a.allSatisfy(\.isFinite), x.allSatisfy(\.isFinite) else {
        throw .nonFinite("the linear system contains NaN or infinity")
    }
    let smallest = Double(n) * Double.ulpOfOne * (a.lazy.map(\.magnitude).max() ?? 0)
    for column in 0..<n {
        let pivot = (column..<n).max { a[$0 * n + column].magnitude < a[$1 * n + column].magnitude }!
        guard a[pivot * n + column].magnitude > smallest else {
            throw .notConverged("the matrix is singular: no pivot in column \(column)")
        }
        if pivot != column {
            for j in column..<n { a.swapAt(column * n + j, pivot * n + j) }
            x.swapAt(column, pivot)
        }
        for row in column + 1..<n {
            let factor = a[row * n + column] / a[column * n + column]
            for j in column + 1..<n { a[row * n + j] -= factor * a[column * n + j] }
            x[row] -= factor * x[column]
        }
    }
    for row in (0..<n).reversed() {
        for j in row + 1..<n { x[row] -= a[row * n + j] * x[j] }
        x[row] /= a[row * n + row]
    }
    return x
}

/// The eigenvalues of a symmetric matrix in ascending order, by cyclic Jacobi rotations, to an
/// absolute error of a few ulp of the largest one. Costs about 10 n^3 multiplications per sweep
/// and up to ten sweeps.
///
/// - Parameters:
///   - matrix: row-major, shape (n, n); the mean of A and its transpose is used.
///   - n: the number of rows.
/// - Throws: `invalidArgument` for a wrong shape, `nonFinite` for NaN or infinities in the input,
///   `notConverged` after 30 sweeps.
public func symmetricEigenvalues(_ matrix: [Double], n: Int) throws(Failure) -> [Double] {
    guard n >= 0, n < 1 << 31, matrix.count == n * n else {
        throw .invalidArgument("the matrix has \(matrix.count) elements, not \(n) squared")
    }
    guard matrix.allSatisfy(\.isFinite) else { throw .nonFinite("the matrix contains NaN or infinity") }
    var a = matrix
    for i in 0..<n {
        for j in 0..<n { a[i * n + j] = 0.5 * (matrix[i * n + j] + matrix[j * n + i]) }
    }
    let scale = a.lazy.map(\.magnitude).max() ?? 0
    for _ in 0..<30 {
        var rotated = false
        for p in 0..<n {
            for q in p + 1..<n where a[p * n + q].magnitude > 0x1p-54 * scale / Double(n) {
                rotate(&a, n, p, q)
                rotated = true
            }
        }
        if !rotated { return (0..<n).map { a[$0 * n + $0] }.sorted() }
    }
    throw .notConverged("the Jacobi iteration did not reach a diagonal matrix in 30 sweeps")
}

/// The rotation in the plane (p, q) that makes a[p, q] zero (Golub and Van Loan, section 8.5.2).
private func rotate(_ a: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
    let tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
    let t = (tau < 0 ? -1 : 1) / (tau.magnitude + (1 + tau * tau).squareRoot())
    let c = 1 / (1 + t * t).squareRoot()
    let s = t * c
    a[p * n + p] -= t * a[p * n + q]
    a[q * n + q] += t * a[p * n + q]
    a[p * n + q] = 0
    a[q * n + p] = 0
    for k in 0..<n where k != p && k != q {
        let (x, y) = (a[p * n + k], a[q * n + k])
        a[p * n + k] = c * x - s * y
        a[q * n + k] = s * x + c * y
        a[k * n + p] = a[p * n + k]
        a[k * n + q] = a[q * n + k]
    }
}
