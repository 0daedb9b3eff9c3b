import Numerics

/// sum_h log(2 cosh x_h) with one logarithm for all terms: log(2 cosh x) = |x| + log(1 + e^(-2|x|)),
/// and up to a thousand factors of at most 2 cannot overflow. The absolute error is a few ulp of
/// the sum, or of 1.
struct LogCoshSum {
    private var size = SIMD8<Double>(repeating: 0)
    private var product = SIMD8<Double>(repeating: 1)

    /// Adds a term and returns its derivative tanh x, with an absolute error of 2^-52.
    @inline(__always)
    mutating func add(_ x: SIMD8<Double>) -> SIMD8<Double> {
        let signBits = unsafeBitCast(x, to: SIMD8<UInt64>.self) & 0x8000_0000_0000_0000
        let magnitude = unsafeBitCast(
            unsafeBitCast(x, to: SIMD8<UInt64>.self) ^ signBits, to: SIMD8<Double>.self)
        let decay = exp(-2 * magnitude)
        let factor = 1 + decay
        size += magnitude
        product *= factor
        let slope = unsafeBitCast((1 - decay) / factor, to: SIMD8<UInt64>.self)
        return unsafeBitCast(slope | signBits, to: SIMD8<Double>.self)
    }

    var value: SIMD8<Double> {
        @inline(__always) get { size + log(product) }
    }
}
