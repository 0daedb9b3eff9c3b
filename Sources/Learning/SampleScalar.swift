import Numerics

/// The precision in which the network kernels work: `Double` for whatever is trained or reported,
/// `Float`, twice as fast, for what only guides a sampler.
///
/// The kernels are generic over it, and specialised for these two. Arithmetic on vectors is Swift's
/// own; here are the functions that generic code could not find by itself.
public protocol SampleScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable
where SIMD8Storage: BitwiseCopyable {
    /// One cache line of samples.
    associatedtype Vector: SIMD where Vector.Scalar == Self

    /// a * b + c, rounded once.
    static func multiplyAdd(_ a: SIMD8<Self>, _ b: SIMD8<Self>, _ c: SIMD8<Self>) -> SIMD8<Self>
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    static func squareRoot(_ x: SIMD8<Self>) -> SIMD8<Self>

    static func exp(_ x: Vector) -> Vector
    static func log(_ x: Vector) -> Vector
    static func tanh(_ x: Vector) -> Vector
    static func logCosh(_ x: Vector) -> Vector
    /// 1 where x > 0, else 0. (A comparison in generic code is made lane by lane.)
    static func step(_ x: Vector) -> Vector
    /// min(x, 0)
    static func negativePart(_ x: Vector) -> Vector
    static func elu(_ x: Vector) -> Vector
    /// In single precision the accuracy is absolute instead of relative.
    static func quickElu(_ x: Vector) -> Vector
    static func eluDerivative(_ x: Vector) -> Vector
}

extension Double: SampleScalar {
    public typealias Vector = SIMD8<Double>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func squareRoot(_ x: Vector) -> Vector { Numerics.squareRoot(x) }
    @inlinable @inline(__always)
    public static func exp(_ x: Vector) -> Vector { Numerics.exp(x) }
    @inlinable @inline(__always)
    public static func log(_ x: Vector) -> Vector { Numerics.log(x) }
    @inlinable @inline(__always)
    public static func tanh(_ x: Vector) -> Vector { Numerics.tanh(x) }
    @inlinable @inline(__always)
    public static func logCosh(_ x: Vector) -> Vector { Numerics.logCosh(x) }
    @inlinable @inline(__always)
    public static func step(_ x: Vector) -> Vector { Vector(repeating: 0).replacing(with: 1, where: x .> 0) }
    @inlinable @inline(__always)
    public static func negativePart(_ x: Vector) -> Vector { Numerics.negativePart(x) }
    @inlinable @inline(__always)
    public static func elu(_ x: Vector) -> Vector { Numerics.elu(x) }
    @inlinable @inline(__always)
    public static func quickElu(_ x: Vector) -> Vector { Numerics.elu(x) }
    @inlinable @inline(__always)
    public static func eluDerivative(_ x: Vector) -> Vector { Numerics.eluDerivative(x) }
}

extension Float: SampleScalar {
    public typealias Vector = SIMD16<Float>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: SIMD8<Float>, _ b: SIMD8<Float>, _ c: SIMD8<Float>) -> SIMD8<Float> {
        c.addingProduct(a, b)
    }
    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func squareRoot(_ x: SIMD8<Float>) -> SIMD8<Float> { Numerics.squareRoot(x) }
    @inlinable @inline(__always)
    public static func exp(_ x: Vector) -> Vector { Numerics.exp(x) }
    @inlinable @inline(__always)
    public static func log(_ x: Vector) -> Vector { Numerics.log(x) }
    @inlinable @inline(__always)
    public static func tanh(_ x: Vector) -> Vector { Numerics.tanh(x) }
    @inlinable @inline(__always)
    public static func logCosh(_ x: Vector) -> Vector { Numerics.logCosh(x) }
    @inlinable @inline(__always)
    public static func step(_ x: Vector) -> Vector { Vector(repeating: 0).replacing(with: 1, where: x .> 0) }
    @inlinable @inline(__always)
    public static func negativePart(_ x: Vector) -> Vector { Numerics.negativePart(x) }
    @inlinable @inline(__always)
    public static func elu(_ x: Vector) -> Vector { Numerics.elu(x) }
    @inlinable @inline(__always)
    public static func quickElu(_ x: Vector) -> Vector { Numerics.quickElu(x) }
    @inlinable @inline(__always)
    public static func eluDerivative(_ x: Vector) -> Vector { Numerics.eluDerivative(x) }
}
