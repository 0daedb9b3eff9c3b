import CLanes

// The standard library's `addingProduct` is emitted lane by lane, and what the optimiser makes of
// it afterwards ranges from whole vectors to pairs. These are preferred to it wherever this module
// is imported, being more specific.

extension SIMD8 where Scalar == Double {
    /// self + a * b in each lane, rounded once.
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { lanes_multiply_add_f64(a, b, self) }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { addingProduct(Self(repeating: a), b) }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Scalar) -> Self { addingProduct(a, Self(repeating: b)) }
}

extension SIMD8 where Scalar == Float {
    /// self + a * b in each lane, rounded once.
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { lanes_multiply_add_f32x8(a, b, self) }
}

extension SIMD16 where Scalar == Float {
    /// self + a * b in each lane, rounded once.
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { lanes_multiply_add_f32(a, b, self) }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { addingProduct(Self(repeating: a), b) }

    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Scalar) -> Self { addingProduct(a, Self(repeating: b)) }
}
