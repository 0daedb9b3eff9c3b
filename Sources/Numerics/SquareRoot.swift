import CLanes

/// Square root of each lane, correctly rounded; NaN for negative numbers.
///
/// To be used instead of `squareRoot()`, which works lane by lane on vectors.
@inlinable @inline(__always)
public func squareRoot(_ x: SIMD8<Double>) -> SIMD8<Double> { lanes_square_root_f64(x) }

@inlinable @inline(__always)
public func squareRoot(_ x: SIMD16<Float>) -> SIMD16<Float> { lanes_square_root_f32(x) }

@inlinable @inline(__always)
public func squareRoot(_ x: SIMD8<Float>) -> SIMD8<Float> { lanes_square_root_f32x8(x) }
