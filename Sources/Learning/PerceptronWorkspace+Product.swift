import Numerics

extension PerceptronWorkspace {
    /// out[o] = bias[o] + sum_i W[o, i] values[i] on blocks, the one matrix product of all passes.
    ///
    /// Two outputs of half a block are summed at a time, in eight of AVX2's sixteen registers:
    /// values are loaded once for both, so that multiply-adds and not loads set the pace, and half
    /// of 80 blocks of input leave room in a first-level cache. An odd last output is done twice.
    ///
    /// - Parameters:
    ///   - weights: element (o, i) at o * rowStride + i * columnStride, so that W^T is W with
    ///     strides exchanged.
    ///   - bias: (outputs) numbers, or nil for zeros.
    ///   - out: (outputs) blocks that are not among the values.
    func product(
        _ weights: UnsafePointer<Double>, rowStride: Int, columnStride: Int, inputs: Int, outputs: Int,
        bias: UnsafePointer<Double>?, _ values: UnsafePointer<Block>, into out: UnsafeMutablePointer<Block>
    ) {
        typealias Vector = Block.Vector
        let source = UnsafeRawPointer(values).assumingMemoryBound(to: Vector.self)
        let target = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Vector.self)
        for half in 0..<2 {
            var o = 0
            while o < outputs {
                let next = o + 1 < outputs ? o + 1 : o
                var (first, second) = (weights + o * rowStride, weights + next * rowStride)
                var value = source + 2 * half
                var a0 = Vector(repeating: bias?[o] ?? 0)
                var b0 = Vector(repeating: bias?[next] ?? 0)
                var (a1, b1) = (a0, b0)
                for _ in 0..<inputs {
                    let (w, u) = (Vector(repeating: first.pointee), Vector(repeating: second.pointee))
                    let (x0, x1) = (value[0], value[1])
                    a0 = a0.addingProduct(w, x0)
                    a1 = a1.addingProduct(w, x1)
                    b0 = b0.addingProduct(u, x0)
                    b1 = b1.addingProduct(u, x1)
                    first += columnStride
                    second += columnStride
                    value += 4
                }
                let (p, q) = (target + (4 * o + 2 * half), target + (4 * next + 2 * half))
                (p[0], p[1]) = (a0, a1)
                (q[0], q[1]) = (b0, b1)
                o += 2
            }
        }
    }
}
