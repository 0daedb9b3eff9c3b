/// The sum of 64 unsigned bytes, eight in each lane: vectors of bytes proper fall into generic code in
/// Swift 6.3.
@inlinable @inline(__always)
public func byteSum(_ bytes: SIMD8<UInt64>) -> Int {
    let mask = SIMD8<UInt64>(repeating: 0x00FF_00FF_00FF_00FF)
    let pairs = (bytes & mask) &+ (bytes &>> 8 & mask)  // four 16-bit sums, each below 511
    let fours = pairs.lowHalf &+ pairs.highHalf
    let eights = fours.lowHalf &+ fours.highHalf
    let sums = eights[0] &+ eights[1]  // each 16-bit sum below 4081
    return Int(truncatingIfNeeded: (sums &* 0x0001_0001_0001_0001) &>> 48)
}
