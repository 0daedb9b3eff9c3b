/// Hyperbolic tangent to 3 ulp, tanh(x) = x where x is small, denormals and signed zero included.
@inlinable @inline(__always)
public func tanh(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let e = boundedExpm1(bound(2 * magnitude(x), 0, 40))
    return withSign(of: x, e / (e + 2))
}

/// Hyperbolic tangent to 3 ulp, tanh(x) = x where x is small, denormals and signed zero included.
@inlinable @inline(__always)
public func tanh(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let e = boundedExpm1(bound(2 * magnitude(x), 0, 40))
    return withSign(of: x, e / (e + 2))
}

/// log cosh x to 5 ulp: x^2 / 2 where x is small, |x| - log 2 where it is large.
///
/// cosh x = 1 + e^2 / (2 + 2 e) with e = e^|x| - 1 subtracts nothing; beyond the bound on |x| the
/// function is a straight line within rounding.
@inlinable @inline(__always)
public func logCosh(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let size = magnitude(x)
    let bounded = bound(size, 0, 10)
    let e = boundedExpm1(bounded)
    return boundedLog1p(e * (e / (2 + 2 * e))) + (size - bounded)
}

/// log cosh x to 6 ulp: x^2 / 2 where x is small, |x| - log 2 where it is large.
@inlinable @inline(__always)
public func logCosh(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let size = magnitude(x)
    let bounded = bound(size, 0, 20)
    let e = boundedExpm1(bounded)
    return boundedLog1p(e * (e / (2 + 2 * e))) + (size - bounded)
}

// MARK: Signs

@inlinable @inline(__always)
func magnitude(_ x: SIMD16<Float>) -> SIMD16<Float> {
    unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: SIMD16<Float>.self)
}

@inlinable @inline(__always)
func magnitude(_ x: SIMD8<Double>) -> SIMD8<Double> {
    unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt64>.self) & 0x7FFF_FFFF_FFFF_FFFF, to: SIMD8<Double>.self)
}

/// A value that is not negative, with the sign of x.
@inlinable @inline(__always)
func withSign(of x: SIMD16<Float>, _ value: SIMD16<Float>) -> SIMD16<Float> {
    let sign = unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x8000_0000
    return unsafeBitCast(unsafeBitCast(value, to: SIMD16<UInt32>.self) | sign, to: SIMD16<Float>.self)
}

@inlinable @inline(__always)
func withSign(of x: SIMD8<Double>, _ value: SIMD8<Double>) -> SIMD8<Double> {
    let sign = unsafeBitCast(x, to: SIMD8<UInt64>.self) & 0x8000_0000_0000_0000
    return unsafeBitCast(unsafeBitCast(value, to: SIMD8<UInt64>.self) | sign, to: SIMD8<Double>.self)
}
