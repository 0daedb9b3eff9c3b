/// The logistic function 1 / (1 + e^-x) to 3 ulp, down to the denormals it ends in.
@inlinable @inline(__always)
public func sigmoid(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let t = exp(-magnitude(x))
    return SIMD16<Float>(repeating: 1).replacing(with: t, where: x .< 0) / (1 + t)
}

/// The logistic function 1 / (1 + e^-x) to 3 ulp, down to the denormals it ends in.
@inlinable @inline(__always)
public func sigmoid(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let t = exp(-magnitude(x))
    return SIMD8<Double>(repeating: 1).replacing(with: t, where: x .< 0) / (1 + t)
}

/// log(1 + e^x) to 3 ulp: e^x where x is very negative, x where it is large.
@inlinable @inline(__always)
public func softplus(_ x: SIMD16<Float>) -> SIMD16<Float> {
    x.replacing(with: 0, where: x .< 0) + boundedLog1p(exp(-magnitude(x)))
}

/// log(1 + e^x) to 3 ulp: e^x where x is very negative, x where it is large.
@inlinable @inline(__always)
public func softplus(_ x: SIMD8<Double>) -> SIMD8<Double> {
    x.replacing(with: 0, where: x .< 0) + boundedLog1p(exp(-magnitude(x)))
}

/// x for x > 0, e^x - 1 to 2 ulp below.
@inlinable @inline(__always)
public func elu(_ x: SIMD16<Float>) -> SIMD16<Float> {
    x.replacing(with: boundedExpm1(x), where: x .< 0)
}

/// x for x > 0, e^x - 1 to 2 ulp below.
@inlinable @inline(__always)
public func elu(_ x: SIMD8<Double>) -> SIMD8<Double> {
    x.replacing(with: boundedExpm1(x), where: x .< 0)
}

/// `elu` to an absolute 1.5e-7, for networks: near zero it lacks the relative accuracy, and costs
/// twelve instructions where `elu` takes twice as many.
@inlinable @inline(__always)
public func quickElu(_ x: SIMD16<Float>) -> SIMD16<Float> {
    // As integers negative numbers rank by magnitude, below the positive ones: one minimum takes
    // x < -87, where the result is -1 anyway, and x > 0, where it is not asked for, to -87.
    let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
    let deepest = SIMD16<Int32>(repeating: -0x3D52_0000)
    let low = unsafeBitCast(bits.replacing(with: deepest, where: bits .> deepest), to: SIMD16<Float>.self)
    // e^low = 2^n 2^f, f in -1/2...1/2. What is added for rounding leaves n + 127 in the low bits,
    // the exponent of 2^n once they are in its place.
    let magic = SIMD16<Float>(repeating: 0x1.8p23 + 127)
    let shifted = magic.addingProduct(low, 1.442695)
    let f = (magic - shifted).addingProduct(low, 1.442695)
    var p = SIMD16<Float>(repeating: 0.00132546026725322)
    p = SIMD16(repeating: 0.009671999141573906).addingProduct(p, f)
    p = SIMD16(repeating: 0.05550779402256012).addingProduct(p, f)
    p = SIMD16(repeating: 0.24022231996059418).addingProduct(p, f)
    p = SIMD16(repeating: 0.6931469440460205).addingProduct(p, f)
    p = SIMD16(repeating: 1).addingProduct(p, f)
    let power = unsafeBitCast(unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23, to: SIMD16<Float>.self)
    let below = SIMD16(repeating: -1).addingProduct(p, power)
    return x.replacing(with: below, where: x .< below)
}

/// min(x, 0): a comparison of the bits as integers, because a bound of exactly zero would be compiled
/// to a comparison and a mask.
@inlinable @inline(__always)
public func negativePart(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (bits, zero) = (unsafeBitCast(x, to: SIMD16<Int32>.self), SIMD16<Int32>(repeating: 0))
    return unsafeBitCast(bits.replacing(with: zero, where: bits .> zero), to: SIMD16<Float>.self)
}

/// min(x, 0)
@inlinable @inline(__always)
public func negativePart(_ x: SIMD8<Double>) -> SIMD8<Double> { x.replacing(with: 0, where: x .> 0) }

/// The derivative of `elu`: 1 for x > 0, e^x below.
@inlinable @inline(__always)
public func eluDerivative(_ x: SIMD16<Float>) -> SIMD16<Float> {
    exp(x.replacing(with: 0, where: x .> 0))
}

/// The derivative of `elu`: 1 for x > 0, e^x below.
@inlinable @inline(__always)
public func eluDerivative(_ x: SIMD8<Double>) -> SIMD8<Double> {
    exp(x.replacing(with: 0, where: x .> 0))
}

/// x sigmoid(x) to 3 ulp above -87; below that the absolute error is less than 2e-43.
@inlinable @inline(__always)
public func silu(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let bounded = x.replacing(with: -120, where: x .< -120)  // -inf times 0 would be NaN
    return bounded * sigmoid(bounded)
}

/// x sigmoid(x) to 3 ulp above -708; below that the absolute error is less than 1e-320.
@inlinable @inline(__always)
public func silu(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let bounded = x.replacing(with: -760, where: x .< -760)
    return bounded * sigmoid(bounded)
}

/// The derivative of `silu`, s (1 + x (1 - s)) with s = sigmoid(x); it crosses zero near -1.278.
@inlinable @inline(__always)
public func siluDerivative(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let bounded = bound(x, -120, 120)
    let t = exp(-magnitude(bounded))
    let d = 1 / (1 + t)
    let s = d.replacing(with: t * d, where: x .< 0)
    return s.addingProduct(bounded * d, t * d)
}

/// The derivative of `silu`, s (1 + x (1 - s)) with s = sigmoid(x); it crosses zero near -1.278.
@inlinable @inline(__always)
public func siluDerivative(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let bounded = bound(x, -760, 760)
    let t = exp(-magnitude(bounded))
    let d = 1 / (1 + t)
    let s = d.replacing(with: t * d, where: x .< 0)
    return s.addingProduct(bounded * d, t * d)
}
