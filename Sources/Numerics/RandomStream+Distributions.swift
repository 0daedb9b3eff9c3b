extension RandomStream {
    // MARK: Normal

    /// Sixteen independent standard normal numbers (Box and Muller, doi:10.1214/aoms/1177706645).
    /// The logarithm's argument is a multiple of 2^-52, so that none exceeds 8.5.
    @inlinable @inline(__always)
    public mutating func nextNormalPair() -> (SIMD8<Double>, SIMD8<Double>) {
        let radius = squareRoot(-2 * log(1 - nextUniform()))
        let (sin, cos) = sinCos2Pi(nextUniform())
        return (radius * cos, radius * sin)
    }

    /// Eight independent standard normal numbers; `nextNormalPair` gives sixteen at the same cost.
    @inlinable @inline(__always)
    public mutating func nextNormal() -> SIMD8<Double> { nextNormalPair().0 }

    /// 32 independent standard normal numbers. The logarithm's argument is a multiple of 2^-23, so
    /// that none exceeds 5.65, which would be reached once in 6e7 draws.
    @inlinable @inline(__always)
    public mutating func nextNormalFloatPair() -> (SIMD16<Float>, SIMD16<Float>) {
        let radius = squareRoot(-2 * log(1 - nextUniformFloat()))
        let (sin, cos) = sinCos2Pi(nextUniformFloat())
        return (radius * cos, radius * sin)
    }

    // MARK: Bits and integers

    /// 512 independent bits, each one with the probability of the threshold. Costs one draw of
    /// `nextBits` for every binary digit of the threshold up to its last 1.
    @inlinable @inline(__always)
    public mutating func nextBernoulli(_ threshold: BernoulliThreshold) -> SIMD8<UInt64> {
        // From the last digit to the first: r | x has probability (1 + P(r)) / 2, r & x has P(r) / 2.
        var result = SIMD8<UInt64>(repeating: threshold.isCertain ? ~0 : 0)
        var digits = threshold.digits
        for _ in 0..<threshold.count {
            let x = nextBits()
            let one = SIMD8<UInt64>(repeating: 0 &- (digits & 1))
            result = (result & x) | ((result ^ x) & one)
            digits &>>= 1
        }
        return result
    }

    /// A uniform integer in 0 ..< bound without bias (Lemire, doi:10.1145/3230636). Draws at least
    /// 512 bits, so keep it out of hot loops.
    /// - Precondition: `bound > 0`.
    public mutating func nextIndex(below bound: Int) -> Int {
        precondition(bound > 0)
        let range = UInt64(bound)
        let rejected = (0 &- range) % range
        while true {
            let product = nextBits()[0].multipliedFullWidth(by: range)
            if product.low >= rejected { return Int(product.high) }
        }
    }

    // MARK: Arrays

    /// Fills an array with uniform numbers in [0, 1).
    public mutating func fillUniform(_ target: UnsafeMutablePointer<Double>, count: Int) {
        for start in stride(from: 0, to: count, by: 8) {
            store(nextUniform(), to: target + start, room: count - start)
        }
    }

    /// Fills an array with uniform numbers in [0, 1).
    public mutating func fillUniform(_ target: UnsafeMutablePointer<Float>, count: Int) {
        for start in stride(from: 0, to: count, by: 16) {
            store(nextUniformFloat(), to: target + start, room: count - start)
        }
    }

    /// Fills an array with standard normal numbers.
    public mutating func fillNormal(_ target: UnsafeMutablePointer<Double>, count: Int) {
        for start in stride(from: 0, to: count, by: 16) {
            let (first, second) = nextNormalPair()
            store(first, to: target + start, room: count - start)
            store(second, to: target + (start + 8), room: count - start - 8)
        }
    }

    /// Fills an array with standard normal numbers.
    public mutating func fillNormal(_ target: UnsafeMutablePointer<Float>, count: Int) {
        for start in stride(from: 0, to: count, by: 32) {
            let (first, second) = nextNormalFloatPair()
            store(first, to: target + start, room: count - start)
            store(second, to: target + (start + 16), room: count - start - 16)
        }
    }
}

/// A probability rounded to a multiple of 2^-32, prepared for `RandomStream.nextBernoulli`.
public struct BernoulliThreshold: Sendable {
    /// The binary digits up to the last 1, the last one in bit 0.
    @usableFromInline let digits: UInt64
    @usableFromInline let count: Int
    @usableFromInline let isCertain: Bool

    /// - Precondition: `probability` is in 0...1.
    public init(_ probability: Double) {
        precondition(probability >= 0 && probability <= 1)
        let numerator = UInt64((probability * 0x1p32).rounded())
        isCertain = numerator == 1 << 32
        let zeros = numerator.trailingZeroBitCount
        count = numerator == 0 || isCertain ? 0 : 32 - zeros
        digits = count == 0 ? 0 : numerator >> UInt64(zeros)
    }

    /// The probability after rounding.
    public var probability: Double {
        isCertain ? 1 : Double(digits) / Double(UInt64(1) << UInt64(count))
    }
}

/// Stores the lanes that fit into the `room` left, unaligned.
@inline(__always)
private func store(_ value: SIMD8<Double>, to target: UnsafeMutablePointer<Double>, room: Int) {
    if room >= 8 {
        UnsafeMutableRawPointer(target).storeBytes(of: value, as: SIMD8<Double>.self)
    } else {
        for lane in 0..<max(room, 0) { target[lane] = value[lane] }
    }
}

@inline(__always)
private func store(_ value: SIMD16<Float>, to target: UnsafeMutablePointer<Float>, room: Int) {
    if room >= 16 {
        UnsafeMutableRawPointer(target).storeBytes(of: value, as: SIMD16<Float>.self)
    } else {
        for lane in 0..<max(room, 0) { target[lane] = value[lane] }
    }
}
