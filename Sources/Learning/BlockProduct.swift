import Numerics

/// out[o] = bias[o] + sum_i W[o, i] values[i] on blocks, the one matrix product of all networks.
///
/// Two outputs of two cache lines (half a block, or a whole one in single precision) are summed
/// at a time, in eight of AVX2's sixteen registers: values are loaded once for both, so that
/// multiply-adds and not loads set the pace, and two lines of each of 80 inputs leave room in a
/// first-level cache. An odd last output is done twice.
///
/// - Parameters:
///   - weights: element (o, i) at o * rowStride + i * columnStride, so that W^T is W with
///     strides exchanged.
///   - bias: (outputs) numbers, or nil for zeros.
///   - out: (outputs) blocks that are not among the values.
///   - finish: makes what is stored of a sum and its place, counted in cache lines from `out`.
@inlinable @inline(__always)
public func product<Scalar: SampleScalar>(
    _ weights: UnsafePointer<Scalar>, rowStride: Int, columnStride: Int, inputs: Int, outputs: Int,
    bias: UnsafePointer<Scalar>?, _ values: UnsafePointer<SampleBlock<Scalar>>,
    into out: UnsafeMutablePointer<SampleBlock<Scalar>>,
    finish: (_ sum: Scalar.Vector, _ line: Int) -> Scalar.Vector = { sum, _ in sum }
) {
    typealias Vector = Scalar.Vector
    let lines = SampleBlock<Scalar>.width / Vector.scalarCount
    let source = UnsafeRawPointer(values).assumingMemoryBound(to: Vector.self)
    let target = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Vector.self)
    for line in stride(from: 0, to: lines, by: 2) {
        var o = 0
        while o < outputs {
            let next = o + 1 < outputs ? o + 1 : o
            var (first, second) = (weights + o * rowStride, weights + next * rowStride)
            var value = source + line
            var a0 = Vector(repeating: bias?[o] ?? 0)
            var b0 = Vector(repeating: bias?[next] ?? 0)
            var (a1, b1) = (a0, b0)
            for _ in 0..<inputs {
                let (w, u) = (Vector(repeating: first.pointee), Vector(repeating: second.pointee))
                let (x0, x1) = (value[0], value[1])
                a0 = Scalar.multiplyAdd(w, x0, a0)
                a1 = Scalar.multiplyAdd(w, x1, a1)
                b0 = Scalar.multiplyAdd(u, x0, b0)
                b1 = Scalar.multiplyAdd(u, x1, b1)
                first += columnStride
                second += columnStride
                value += lines
            }
            let (p, q) = (lines * o + line, lines * next + line)
            // All before any is stored: an odd last output is one place, and `finish` may read it.
            (a0, a1, b0, b1) = (finish(a0, p), finish(a1, p + 1), finish(b0, q), finish(b1, q + 1))
            (target[p], target[p + 1]) = (a0, a1)
            (target[q], target[q + 1]) = (b0, b1)
            o += 2
        }
    }
}
