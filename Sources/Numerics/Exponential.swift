// Elementary functions on one cache line: SIMD16<Float> or SIMD8<Double>. They are free of
// branches and tables; the polynomials are weighted Chebyshev fits made for this library, with
// coefficients rounded one after the other. The stated errors are the largest ones seen in the
// sweeps of NumericsTests, rounded up. A NaN gives a NaN.

/// e^x to 1.1 ulp, denormal results included. Overflows to +inf, e^-inf = 0.
@inlinable @inline(__always)
public func exp(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let bounded = bound(x, -104, 89)
    let (n, p) = exponentialParts(bounded)
    // Two factors, because 2^n itself leaves the normal range before e^x does.
    let half = n &>> 1
    return (1 + p) * powerOfTwo(half) * powerOfTwo(n &- half)
}

/// e^x to 1.1 ulp, denormal results included. Overflows to +inf, e^-inf = 0.
@inlinable @inline(__always)
public func exp(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let bounded = bound(x, -746, 710)
    let (n, p) = exponentialParts(bounded)
    let half = halved(n)
    return (1 + p) * powerOfTwo(half) * powerOfTwo(n &- half)
}

/// e^x - 1 to 2 ulp for x below 80; larger x count as 80.
@inlinable @inline(__always)
func boundedExpm1(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (n, p) = exponentialParts(bound(x, -80, 80))
    let scale = powerOfTwo(n)
    return (scale - 1).addingProduct(scale, p)
}

/// e^x - 1 to 2 ulp for x below 700; larger x count as 700.
@inlinable @inline(__always)
func boundedExpm1(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (n, p) = exponentialParts(bound(x, -700, 700))
    let scale = powerOfTwo(n)
    return (scale - 1).addingProduct(scale, p)
}

// MARK: e^x = 2^n (1 + p)

@inlinable @inline(__always)
func exponentialParts(_ x: SIMD16<Float>) -> (n: SIMD16<Int32>, p: SIMD16<Float>) {
    let magic: Float = 0x1.8p23  // adding it rounds to an integer, left in the low bits
    let shifted = SIMD16(repeating: magic).addingProduct(x, 1.442695)
    let n = shifted - magic
    let r = x.addingProduct(n, -0.6931472).addingProduct(n, 1.9046542e-9)
    var p = SIMD16<Float>(repeating: 0.0013863035)
    p = SIMD16(repeating: 0.008366866).addingProduct(p, r)
    p = SIMD16(repeating: 0.04166752).addingProduct(p, r)
    p = SIMD16(repeating: 0.1666654).addingProduct(p, r)
    p = SIMD16(repeating: 0.49999997).addingProduct(p, r)
    p = r.addingProduct(r * r, p)
    return (unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- Int32(bitPattern: magic.bitPattern), p)
}

@inlinable @inline(__always)
func exponentialParts(_ x: SIMD8<Double>) -> (n: SIMD8<Int64>, p: SIMD8<Double>) {
    let magic = 0x1.8p52
    let shifted = SIMD8(repeating: magic).addingProduct(x, 1.4426950408889634)
    let n = shifted - magic
    let r = x.addingProduct(n, -0.6931471805599453).addingProduct(n, -2.3190468138462996e-17)
    var p = SIMD8<Double>(repeating: 2.505637716898952e-08)
    p = SIMD8(repeating: 2.7626526916212366e-07).addingProduct(p, r)
    p = SIMD8(repeating: 2.7557399675364505e-06).addingProduct(p, r)
    p = SIMD8(repeating: 2.480150402063691e-05).addingProduct(p, r)
    p = SIMD8(repeating: 0.00019841269727710882).addingProduct(p, r)
    p = SIMD8(repeating: 0.0013888888932652103).addingProduct(p, r)
    p = SIMD8(repeating: 0.0083333333333854).addingProduct(p, r)
    p = SIMD8(repeating: 0.041666666666573114).addingProduct(p, r)
    p = SIMD8(repeating: 0.16666666666666596).addingProduct(p, r)
    p = SIMD8(repeating: 0.5000000000000006).addingProduct(p, r)
    p = r.addingProduct(r * r, p)
    return (unsafeBitCast(shifted, to: SIMD8<Int64>.self) &- Int64(bitPattern: magic.bitPattern), p)
}

// MARK: Bits

/// 2^n for n in -126...127.
@inlinable @inline(__always)
func powerOfTwo(_ n: SIMD16<Int32>) -> SIMD16<Float> {
    unsafeBitCast((n &+ 127) &<< 23, to: SIMD16<Float>.self)
}

/// 2^n for n in -1022...1023.
@inlinable @inline(__always)
func powerOfTwo(_ n: SIMD8<Int64>) -> SIMD8<Double> {
    unsafeBitCast((n &+ 1023) &<< 52, to: SIMD8<Double>.self)
}

/// Half of n, rounded down, for n above -2048: AVX2 has no arithmetic shift of 64-bit lanes.
@inlinable @inline(__always)
func halved(_ n: SIMD8<Int64>) -> SIMD8<Int64> {
    let positive = unsafeBitCast(n &+ 2048, to: SIMD8<UInt64>.self) &>> 1
    return unsafeBitCast(positive, to: SIMD8<Int64>.self) &- 1024
}

/// x within low...high; unlike `pointwiseMin` this keeps a NaN, and costs two instructions.
@inlinable @inline(__always)
func bound(_ x: SIMD16<Float>, _ low: Float, _ high: Float) -> SIMD16<Float> {
    let raised = x.replacing(with: low, where: x .< low)
    return raised.replacing(with: high, where: raised .> high)
}

@inlinable @inline(__always)
func bound(_ x: SIMD8<Double>, _ low: Double, _ high: Double) -> SIMD8<Double> {
    let raised = x.replacing(with: low, where: x .< low)
    return raised.replacing(with: high, where: raised .> high)
}
