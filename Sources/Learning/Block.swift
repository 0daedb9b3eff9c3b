import Numerics

/// 32 samples side by side: the unit in which the fused network kernels work. A weight is
/// broadcast once and used for eight (AVX2) or four (AVX-512) registers of samples.
///
/// Four vectors and not a `SIMD32`, whose multiply-add is compiled to 32 scalar ones.
public struct Block: BitwiseCopyable, Sendable {
    public typealias Vector = SIMD8<Double>

    @usableFromInline var v0, v1, v2, v3: Vector

    /// Number of samples.
    public static let width = 32

    @inlinable @inline(__always)
    init(_ v0: Vector, _ v1: Vector, _ v2: Vector, _ v3: Vector) {
        (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
    }

    @inlinable @inline(__always)
    public init(repeating value: Double) {
        let vector = Vector(repeating: value)
        self.init(vector, vector, vector, vector)
    }

    /// One sample. For the edges of a computation, not for its loops.
    public subscript(lane: Int) -> Double {
        get {
            precondition(lane >= 0 && lane < Block.width)
            return withUnsafeBytes(of: self) { $0.load(fromByteOffset: 8 * lane, as: Double.self) }
        }
        set {
            precondition(lane >= 0 && lane < Block.width)
            withUnsafeMutableBytes(of: &self) { $0.storeBytes(of: newValue, toByteOffset: 8 * lane, as: Double.self) }
        }
    }

    /// self + a * b, rounded once.
    @inlinable @inline(__always)
    public func addingProduct(_ a: Block, _ b: Block) -> Block {
        Block(
            v0.addingProduct(a.v0, b.v0), v1.addingProduct(a.v1, b.v1),
            v2.addingProduct(a.v2, b.v2), v3.addingProduct(a.v3, b.v3))
    }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Double, _ b: Block) -> Block {
        let a = Vector(repeating: a)
        return Block(
            v0.addingProduct(a, b.v0), v1.addingProduct(a, b.v1),
            v2.addingProduct(a, b.v2), v3.addingProduct(a, b.v3))
    }

    @inlinable @inline(__always)
    public static func + (a: Block, b: Block) -> Block {
        Block(a.v0 + b.v0, a.v1 + b.v1, a.v2 + b.v2, a.v3 + b.v3)
    }

    @inlinable @inline(__always)
    public static func - (a: Block, b: Block) -> Block {
        Block(a.v0 - b.v0, a.v1 - b.v1, a.v2 - b.v2, a.v3 - b.v3)
    }

    @inlinable @inline(__always)
    public static func * (a: Block, b: Block) -> Block {
        Block(a.v0 * b.v0, a.v1 * b.v1, a.v2 * b.v2, a.v3 * b.v3)
    }

    @inlinable @inline(__always)
    public static func * (a: Block, b: Double) -> Block { a * Block(repeating: b) }

    @inlinable @inline(__always)
    public static func += (a: inout Block, b: Block) { a = a + b }

    @inlinable @inline(__always)
    public static func -= (a: inout Block, b: Block) { a = a - b }

    @inlinable @inline(__always)
    public static func *= (a: inout Block, b: Block) { a = a * b }

    @inlinable @inline(__always)
    public static func *= (a: inout Block, b: Double) { a = a * b }

    /// 1 / sqrt(self)
    @inlinable @inline(__always)
    public var inverseSquareRoot: Block {
        Block(1 / squareRoot(v0), 1 / squareRoot(v1), 1 / squareRoot(v2), 1 / squareRoot(v3))
    }

    /// Sum over the samples.
    @inlinable @inline(__always)
    public func sum() -> Double { ((v0 + v1) + (v2 + v3)).sum() }
}
