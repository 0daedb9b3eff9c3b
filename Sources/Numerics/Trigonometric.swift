/// sin(2 pi u) and cos(2 pi u), each to 2 ulp, for |u| up to 2^20; an infinite u gives NaN.
@inlinable @inline(__always)
public func sinCos2Pi(_ u: SIMD16<Float>) -> (sin: SIMD16<Float>, cos: SIMD16<Float>) {
    let magic: Float = 0x1.8p23
    let shifted = SIMD16(repeating: magic).addingProduct(u, 4)  // the quadrant, in the low bits
    let r = u.addingProduct(shifted - magic, -0.25)  // exact, within an eighth of a turn
    let z = r * r
    var s = SIMD16<Float>(repeating: -75.43621)
    s = SIMD16(repeating: 81.59354).addingProduct(s, z)
    s = SIMD16(repeating: -41.34167).addingProduct(s, z)
    s = SIMD16(repeating: -1.7484555e-07).addingProduct(s, z)
    s = (r * s).addingProduct(r, 6.2831855)
    var c = SIMD16<Float>(repeating: 58.764725)
    c = SIMD16(repeating: -85.42824).addingProduct(c, z)
    c = SIMD16(repeating: 64.93917).addingProduct(c, z)
    c = SIMD16(repeating: -19.739208).addingProduct(c, z)
    c = SIMD16(repeating: 1).addingProduct(c, z)
    // Each quarter turn sends (cos, sin) to (-sin, cos). Integer comparisons are slow, so swap by bits.
    let quadrant = unsafeBitCast(shifted, to: SIMD16<UInt32>.self)
    let (sinBits, cosBits) = (unsafeBitCast(s, to: SIMD16<UInt32>.self), unsafeBitCast(c, to: SIMD16<UInt32>.self))
    let difference = (sinBits ^ cosBits) & (0 &- (quadrant & 1))
    return (
        unsafeBitCast(sinBits ^ difference ^ (quadrant & 2) &<< 30, to: SIMD16<Float>.self),
        unsafeBitCast(cosBits ^ difference ^ ((quadrant &+ 1) & 2) &<< 30, to: SIMD16<Float>.self)
    )
}

/// sin(2 pi u) and cos(2 pi u), each to 2 ulp, for |u| up to 2^49; an infinite u gives NaN.
@inlinable @inline(__always)
public func sinCos2Pi(_ u: SIMD8<Double>) -> (sin: SIMD8<Double>, cos: SIMD8<Double>) {
    let magic = 0x1.8p52
    let shifted = SIMD8(repeating: magic).addingProduct(u, 4)
    let r = u.addingProduct(shifted - magic, -0.25)
    let z = r * r
    var s = SIMD8<Double>(repeating: 3.78125074127479)
    s = SIMD8(repeating: -15.09382368182922).addingProduct(s, z)
    s = SIMD8(repeating: 42.05868540274887).addingProduct(s, z)
    s = SIMD8(repeating: -76.70585970789263).addingProduct(s, z)
    s = SIMD8(repeating: 81.60524927596475).addingProduct(s, z)
    s = SIMD8(repeating: -41.34170224039967).addingProduct(s, z)
    s = SIMD8(repeating: 2.4492935982947064e-16).addingProduct(s, z)
    s = (r * s).addingProduct(r, 6.283185307179586)
    var c = SIMD8<Double>(repeating: -1.6925560976095027)
    c = SIMD8(repeating: 7.902847479415058).addingProduct(c, z)
    c = SIMD8(repeating: -26.42624541068296).addingProduct(c, z)
    c = SIMD8(repeating: 60.244641266923225).addingProduct(c, z)
    c = SIMD8(repeating: -85.45681720616078).addingProduct(c, z)
    c = SIMD8(repeating: 64.93939402266695).addingProduct(c, z)
    c = SIMD8(repeating: -19.739208802178716).addingProduct(c, z)
    c = SIMD8(repeating: 1).addingProduct(c, z)
    let quadrant = unsafeBitCast(shifted, to: SIMD8<UInt64>.self)
    let (sinBits, cosBits) = (unsafeBitCast(s, to: SIMD8<UInt64>.self), unsafeBitCast(c, to: SIMD8<UInt64>.self))
    let difference = (sinBits ^ cosBits) & (0 &- (quadrant & 1))
    return (
        unsafeBitCast(sinBits ^ difference ^ (quadrant & 2) &<< 62, to: SIMD8<Double>.self),
        unsafeBitCast(cosBits ^ difference ^ ((quadrant &+ 1) & 2) &<< 62, to: SIMD8<Double>.self)
    )
}
