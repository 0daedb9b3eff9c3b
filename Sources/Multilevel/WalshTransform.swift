/// x[S] = sum_c (-1)^|S and c| x[c] for all sets S of bits, in place: the sum over all codes c of x times
/// the product of the spins in S, where a spin is -1 if its bit is set. Costs n log2 n additions.
///
/// - Parameter count: a power of two.
package func walshTransform(_ x: UnsafeMutablePointer<Double>, count: Int) {
    var half = 1
    while half < min(count, 8) {
        for start in stride(from: 0, to: count, by: 2 * half) {
            for i in start..<start + half { (x[i], x[i + half]) = (x[i] + x[i + half], x[i] - x[i + half]) }
        }
        half *= 2
    }
    while half < count {
        for start in stride(from: 0, to: count, by: 2 * half) {
            for i in stride(from: start, to: start + half, by: 8) {
                let low = UnsafeMutableRawPointer(x + i).assumingMemoryBound(to: SIMD8<Double>.self)
                let high = UnsafeMutableRawPointer(x + i + half).assumingMemoryBound(to: SIMD8<Double>.self)
                let (a, b) = (low.pointee, high.pointee)
                low.pointee = a + b
                high.pointee = a - b
            }
        }
        half *= 2
    }
}
