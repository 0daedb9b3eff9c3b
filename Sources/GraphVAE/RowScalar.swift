import Learning
import Numerics

/// What the kernels on rows of features need of a precision: `Float` for training, `Double` for
/// whatever is reported.
package protocol RowScalar: SampleScalar {
    /// C = alpha op(A) op(B) + beta C; see `Numerics.matmul`.
    static func multiply(
        transposeA: Bool, m: Int, n: Int, k: Int, alpha: Self, _ a: UnsafePointer<Self>, lda: Int,
        _ b: UnsafePointer<Self>, ldb: Int, beta: Self, _ c: UnsafeMutablePointer<Self>, ldc: Int)

    /// max(x, 0), NaN for NaN.
    static func rectified(_ x: Vector) -> Vector
    static func larger(_ a: Vector, _ b: Vector) -> Vector
    static func sigmoid(_ x: Vector) -> Vector
    static func softplus(_ x: Vector) -> Vector
}

extension Float: RowScalar {
    @inline(__always)
    package static func multiply(
        transposeA: Bool, m: Int, n: Int, k: Int, alpha: Float, _ a: UnsafePointer<Float>, lda: Int,
        _ b: UnsafePointer<Float>, ldb: Int, beta: Float, _ c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        matmul(
            transposeA: transposeA, m: m, n: n, k: k, alpha: alpha, a, lda: lda, b, ldb: ldb, beta: beta, c, ldc: ldc)
    }

    @inline(__always)
    package static func rectified(_ x: Vector) -> Vector { x.replacing(with: 0, where: x .< 0) }
    @inline(__always)
    package static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: a .< b) }
    @inline(__always)
    package static func sigmoid(_ x: Vector) -> Vector { Numerics.sigmoid(x) }
    @inline(__always)
    package static func softplus(_ x: Vector) -> Vector { Numerics.softplus(x) }
}

extension Double: RowScalar {
    @inline(__always)
    package static func multiply(
        transposeA: Bool, m: Int, n: Int, k: Int, alpha: Double, _ a: UnsafePointer<Double>, lda: Int,
        _ b: UnsafePointer<Double>, ldb: Int, beta: Double, _ c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        matmul(
            transposeA: transposeA, m: m, n: n, k: k, alpha: alpha, a, lda: lda, b, ldb: ldb, beta: beta, c, ldc: ldc)
    }

    @inline(__always)
    package static func rectified(_ x: Vector) -> Vector { x.replacing(with: 0, where: x .< 0) }
    @inline(__always)
    package static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: a .< b) }
    @inline(__always)
    package static func sigmoid(_ x: Vector) -> Vector { Numerics.sigmoid(x) }
    @inline(__always)
    package static func softplus(_ x: Vector) -> Vector { Numerics.softplus(x) }
}
