import Numerics

/// 32 samples side by side: the unit in which the fused network kernels work. A weight is
/// broadcast once and used for eight (AVX2) or four (AVX-512) registers of samples, in
/// single precision for four.
///
/// Four vectors and not a `SIMD32`, whose multiply-add is compiled to 32 scalar ones.
public struct SampleBlock<Scalar: SampleScalar>: BitwiseCopyable, @unchecked Sendable {
    public typealias Vector = SIMD8<Scalar>

    @usableFromInline var v0, v1, v2, v3: Vector

    /// Number of samples.
    @inlinable public static var width: Int { 32 }

    @inlinable @inline(__always)
    init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector) {
        (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
    }

    @inlinable @inline(__always)
    public init(repeating value: Scalar) {
        let vector = Vector(repeating: value)
        self.init(vector, vector, vector, vector)
    }

    /// One sample. For the edges of a computation, not for its loops.
    @inlinable public subscript(lane: Int) -> Scalar {
        get {
            precondition(lane >= 0 && lane < Self.width)
            return withUnsafeBytes(of: self) { $0.assumingMemoryBound(to: Scalar.self)[lane] }
        }
        set {
            precondition(lane >= 0 && lane < Self.width)
            withUnsafeMutableBytes(of: &self) { $0.assumingMemoryBound(to: Scalar.self)[lane] = newValue }
        }
    }

    /// self + a * b, rounded once.
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self(
            Scalar.multiplyAdd(a.v0, b.v0, v0), Scalar.multiplyAdd(a.v1, b.v1, v1),
            Scalar.multiplyAdd(a.v2, b.v2, v2), Scalar.multiplyAdd(a.v3, b.v3, v3))
    }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { addingProduct(Self(repeating: a), b) }

    @inlinable @inline(__always)
    public static func + (a: Self, b: Self) -> Self {
        Self(a.v0 + b.v0, a.v1 + b.v1, a.v2 + b.v2, a.v3 + b.v3)
    }

    @inlinable @inline(__always)
    public static func - (a: Self, b: Self) -> Self {
        Self(a.v0 - b.v0, a.v1 - b.v1, a.v2 - b.v2, a.v3 - b.v3)
    }

    @inlinable @inline(__always)
    public static func * (a: Self, b: Self) -> Self {
        Self(a.v0 * b.v0, a.v1 * b.v1, a.v2 * b.v2, a.v3 * b.v3)
    }

    @inlinable @inline(__always)
    public static func * (a: Self, b: Scalar) -> Self { a * Self(repeating: b) }

    @inlinable @inline(__always)
    public static func += (a: inout Self, b: Self) { a = a + b }

    @inlinable @inline(__always)
    public static func -= (a: inout Self, b: Self) { a = a - b }

    @inlinable @inline(__always)
    public static func *= (a: inout Self, b: Self) { a = a * b }

    @inlinable @inline(__always)
    public static func *= (a: inout Self, b: Scalar) { a = a * b }

    /// 1 / sqrt(self)
    @inlinable @inline(__always)
    public var inverseSquareRoot: Self {
        Self(
            1 / Scalar.squareRoot(v0), 1 / Scalar.squareRoot(v1), 1 / Scalar.squareRoot(v2),
            1 / Scalar.squareRoot(v3))
    }

    /// sum + the products a * b of samples eight apart. The sum is added last: a chain of multiply-adds
    /// that begins with it would have to wait until it is loaded, and was 15 % slower.
    @inlinable @inline(__always)
    public static func folded(_ a: Self, _ b: Self, onto sum: Vector) -> Vector {
        let one = Scalar.multiplyAdd(a.v1, b.v1, a.v0 * b.v0)
        return sum + Scalar.multiplyAdd(a.v3, b.v3, Scalar.multiplyAdd(a.v2, b.v2, one))
    }

    /// sum + samples eight apart.
    @inlinable @inline(__always)
    public static func folded(_ a: Self, onto sum: Vector) -> Vector { sum + ((a.v0 + a.v1) + (a.v2 + a.v3)) }

    /// A function of one cache line, applied to all of them.
    @inlinable @inline(__always)
    public func map(_ function: (Scalar.Vector) -> Scalar.Vector) -> Self {
        var result = self
        withUnsafeMutableBytes(of: &result) { bytes in
            let lines = bytes.assumingMemoryBound(to: Scalar.Vector.self)
            for i in lines.indices { lines[i] = function(lines[i]) }
        }
        return result
    }

    /// Sum over the samples.
    @inlinable @inline(__always)
    public func sum() -> Scalar { ((v0 + v1) + (v2 + v3)).sum() }
}

/// In the precision of all results.
public typealias Block = SampleBlock<Double>
