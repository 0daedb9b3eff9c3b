/// Natural logarithm to 1 ulp, denormal arguments included. log(0) = -inf, NaN below zero.
@inlinable @inline(__always)
public func log(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let tiny = x .< Float.leastNormalMagnitude
    let scaled = x.replacing(with: x * 0x1p24, where: tiny)
    let bits = unsafeBitCast(scaled, to: SIMD16<Int32>.self)
    // x = 2^n (1 + f) with 1 + f from sqrt(1/2) to sqrt(2).
    let n = (bits &- 0x3F35_04F3) &>> 23
    let f = unsafeBitCast(bits &- (n &<< 23), to: SIMD16<Float>.self) - 1
    let shift = SIMD16<Float>(repeating: 0).replacing(with: 24, where: tiny)
    let result = logarithm(exponent: floatingPoint(n) - shift, onePlus: f)
    return withLogarithmLimits(x, result)
}

/// Natural logarithm to 1 ulp, denormal arguments included. log(0) = -inf, NaN below zero.
@inlinable @inline(__always)
public func log(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let tiny = x .< Double.leastNormalMagnitude
    let scaled = x.replacing(with: x * 0x1p54, where: tiny)
    let bits = unsafeBitCast(scaled, to: SIMD8<UInt64>.self)
    let n = (bits &- 0x3FE6_A09E_667F_3BCD &+ 0x4000_0000_0000_0000) &>> 52
    let f = unsafeBitCast(bits &- ((n &- 1024) &<< 52), to: SIMD8<Double>.self) - 1
    let shift = SIMD8<Double>(repeating: 1024).replacing(with: 1078, where: tiny)
    let result = logarithm(exponent: floatingPoint(n) - shift, onePlus: f)
    return withLogarithmLimits(x, result)
}

/// log(1 + c) to 1 ulp for c in 0...2^20, denormals included; a NaN is kept.
@inlinable @inline(__always)
func boundedLog1p(_ c: SIMD16<Float>) -> SIMD16<Float> {
    let bits = unsafeBitCast(1 + c, to: SIMD16<Int32>.self)
    let n = (bits &- 0x3F35_04F3) &>> 23
    let scale = unsafeBitCast(SIMD16<Int32>(repeating: 0x3F80_0000) &- (n &<< 23), to: SIMD16<Float>.self)
    // 2^-n - 1 is exact here, so that f is rounded once and a small c loses nothing.
    return logarithm(exponent: floatingPoint(n), onePlus: (scale - 1).addingProduct(scale, c))
}

/// log(1 + c) to 1 ulp for c in 0...2^50, denormals included; a NaN is kept.
@inlinable @inline(__always)
func boundedLog1p(_ c: SIMD8<Double>) -> SIMD8<Double> {
    let bits = unsafeBitCast(1 + c, to: SIMD8<UInt64>.self)
    let n = (bits &- 0x3FE6_A09E_667F_3BCD) &>> 52
    let scale = unsafeBitCast(SIMD8<UInt64>(repeating: 0x3FF0_0000_0000_0000) &- (n &<< 52), to: SIMD8<Double>.self)
    return logarithm(exponent: floatingPoint(n), onePlus: (scale - 1).addingProduct(scale, c))
}

// MARK: log(2^n (1 + f))

@inlinable @inline(__always)
func logarithm(exponent n: SIMD16<Float>, onePlus f: SIMD16<Float>) -> SIMD16<Float> {
    var p = SIMD16<Float>(repeating: -0.07352307)
    p = SIMD16(repeating: 0.12614575).addingProduct(p, f)
    p = SIMD16(repeating: -0.13203672).addingProduct(p, f)
    p = SIMD16(repeating: 0.14228188).addingProduct(p, f)
    p = SIMD16(repeating: -0.16621308).addingProduct(p, f)
    p = SIMD16(repeating: 0.19999763).addingProduct(p, f)
    p = SIMD16(repeating: -0.25000852).addingProduct(p, f)
    p = SIMD16(repeating: 0.33333355).addingProduct(p, f)
    p = SIMD16(repeating: -0.5).addingProduct(p, f)
    // A product and a sum here instead of addingProduct: with it the optimiser breaks up the vector.
    return (f + (f * f * p + n * -1.9046542e-9)).addingProduct(n, 0.6931472)
}

/// With s = f / (2 + f), log(1 + f) = 2 artanh(s) = f - f^2/2 + s (f^2/2 + s^2 Q(s^2)).
@inlinable @inline(__always)
func logarithm(exponent n: SIMD8<Double>, onePlus f: SIMD8<Double>) -> SIMD8<Double> {
    let s = f / (2 + f)
    let z = s * s
    var q = SIMD8<Double>(repeating: 0.14797840067142343)
    q = SIMD8(repeating: 0.1531385313789698).addingProduct(q, z)
    q = SIMD8(repeating: 0.18183572504150583).addingProduct(q, z)
    q = SIMD8(repeating: 0.22222198403083).addingProduct(q, z)
    q = SIMD8(repeating: 0.2857142874423165).addingProduct(q, z)
    q = SIMD8(repeating: 0.39999999999405034).addingProduct(q, z)
    q = SIMD8(repeating: 0.6666666666666736).addingProduct(q, z)
    let half = 0.5 * f * f
    let tail = (n * 2.3190468138462996e-17).addingProduct(s, half.addingProduct(z, q)) - half
    return (f + tail).addingProduct(n, 0.6931471805599453)
}

/// Puts in the logarithms of zero, of negative numbers, of infinity and of NaN. One mask at a time:
/// combined masks become slow integer tests.
@inlinable @inline(__always)
func withLogarithmLimits(_ x: SIMD16<Float>, _ result: SIMD16<Float>) -> SIMD16<Float> {
    let positive = result.replacing(with: Float.infinity, where: x .== Float.infinity)
    let defined = SIMD16<Float>(repeating: .nan).replacing(with: positive, where: x .>= 0)
    return defined.replacing(with: -Float.infinity, where: x .== 0)
}

@inlinable @inline(__always)
func withLogarithmLimits(_ x: SIMD8<Double>, _ result: SIMD8<Double>) -> SIMD8<Double> {
    let positive = result.replacing(with: Double.infinity, where: x .== Double.infinity)
    let defined = SIMD8<Double>(repeating: .nan).replacing(with: positive, where: x .>= 0)
    return defined.replacing(with: -Double.infinity, where: x .== 0)
}

/// Exact for |n| below 2^22.
@inlinable @inline(__always)
func floatingPoint(_ n: SIMD16<Int32>) -> SIMD16<Float> {
    unsafeBitCast(n &+ Int32(bitPattern: Float(0x1.8p23).bitPattern), to: SIMD16<Float>.self) - 0x1.8p23
}

/// Exact for n below 2^52.
@inlinable @inline(__always)
func floatingPoint(_ n: SIMD8<UInt64>) -> SIMD8<Double> {
    unsafeBitCast(n | SIMD8(repeating: 0x4330_0000_0000_0000), to: SIMD8<Double>.self) - 0x1p52
}
