import Numerics

/// The product of two matrices, op(a) op(b), where op transposes if the flag says so.
///
/// - Parameters:
///   - a: shape (m, k), or (k, m) if transposed.
///   - b: shape (k, n), or (n, k) if transposed.
/// - Returns: shape (m, n).
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    precondition(a.rank == 2 && b.rank == 2, "shapes \(a.shape) and \(b.shape) are not matrices")
    let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (inner, n) = transposeB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    precondition(k == inner, "shapes \(a.shape) and \(b.shape) have no product")
    let values = [Double](unsafeUninitializedCapacity: m * n) { product, written in
        if let product = product.baseAddress {
            Numerics.matmul(
                transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k,
                a.values, lda: a.shape[1], b.values, ldb: b.shape[1], product, ldc: n)
        }
        written = m * n
    }
    return Tensor(
        values, shape: [m, n],
        edges: [
            Tensor.Edge(parent: a) { g, _ in
                transposeA
                    ? matmul(b, g, transposeA: transposeB, transposeB: true)
                    : matmul(g, b, transposeB: !transposeB)
            },
            Tensor.Edge(parent: b) { g, _ in
                transposeB
                    ? matmul(g, a, transposeA: true, transposeB: transposeA)
                    : matmul(a, g, transposeA: !transposeA)
            },
        ])
}
