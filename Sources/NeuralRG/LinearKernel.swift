import Learning
import Numerics

/// What the blocks of a network are made of.
public enum Bijector: Int32, CaseIterable, Sendable {
    /// Chains of coupling layers with networks (Fig. 1b of Li & Wang).
    case coupling = 0
    /// y = A x + b. With the Haar matrix in the decimators and the unit matrix in the
    /// disentanglers, the network is the discrete wavelet transform.
    case linear = 1
}

/// What one thread needs to run linear layers, forward and backward, for 32 samples.
///
/// A singular A gives numbers that are not finite, which callers look for.
final class LinearKernel<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>
    typealias Blocks = UnsafeMutablePointer<Block>

    /// A, b and the inverse of A, row by row, of the layer at hand.
    private let matrix, inverse: UnsafeMutablePointer<Scalar>
    private var shift: UnsafeMutablePointer<Scalar>
    private let storage: Buffer<Scalar>
    /// What a block takes and gives: values and adjoints.
    private let values, results, adjoints, slopes: Blocks
    private let blocks: Buffer<Block>
    /// Adjoints of the parameters of one layer, before the lanes are summed.
    private let sums: Buffer<Block>
    private var check: StopCheck

    /// - Parameter progress: polled all the time; once it is stopped, what is computed is undefined.
    init(_ shape: FlowShape, progress: Progress?) throws(Failure) {
        let width = shape.linearLayers.map(\.width).max() ?? 0
        let count = width * (width + 1)
        storage = try Buffer(count: 2 * count)
        (matrix, inverse, shift) = (storage.base, storage.base + count, storage.base)
        blocks = try Buffer(count: 4 * width)
        (values, results) = (blocks.base, blocks.base + width)
        (adjoints, slopes) = (results + width, results + 2 * width)
        sums = try Buffer(count: count)
        check = StopCheck(progress)
    }

    /// y = A x + b in place; adds ln |det A| of each block to `logDeterminant`.
    func decode(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ logDeterminant: Blocks) {
        logDeterminant.pointee += Block(repeating: load(layer, parameters))
        eachBlock(layer, x) { forward(layer.width) }
    }

    /// x = A^-1 (y - b) in place; subtracts ln |det A| of each block from `logDeterminant`.
    func encode(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks, _ logDeterminant: Blocks) {
        logDeterminant.pointee -= Block(repeating: load(layer, parameters))
        eachBlock(layer, y) { backward(layer.width) }
    }

    /// Undoes `decode`: y becomes x again, the adjoint of y that of x, and the gradient receives the
    /// parameters' adjoints.
    ///
    /// - Parameter weight: adjoint of the log-determinant.
    func decodeBackward(
        _ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks, _ adjoint: Blocks,
        weight: Block, gradient: UnsafeMutablePointer<Double>?
    ) {
        _ = load(layer, parameters)
        eachBlock(layer, y, adjoint) {
            backward(layer.width)
            if gradient != nil { accumulate(adjoints, results, layer.width) }
            product(matrix, layer.width, adjoints, transposed: true, into: slopes)
        }
        if let gradient { collect(layer, 1, weight, gradient) }
    }

    /// Undoes `encode`, likewise; subtracts ln |det A| of each block from `logDeterminant`, as that did.
    func encodeBackward(
        _ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ adjoint: Blocks,
        _ logDeterminant: Blocks, weight: Block, gradient: UnsafeMutablePointer<Double>?
    ) {
        logDeterminant.pointee -= Block(repeating: load(layer, parameters))
        eachBlock(layer, x, adjoint) {
            // d(A^-1 (y - b)) = A^-1 (dy - dA x - db)
            product(inverse, layer.width, adjoints, transposed: true, into: slopes)
            if gradient != nil { accumulate(slopes, values, layer.width) }
            forward(layer.width)
        }
        if let gradient { collect(layer, -1, weight, gradient) }
    }

    // MARK: - Blocks

    /// Carries the sites of block after block to `values`, and `results` back, and likewise `adjoints`
    /// and `slopes`.
    @inline(__always)
    private func eachBlock(_ layer: LinearLayer, _ sites: Blocks, _ outer: Blocks? = nil, _ body: () -> Void) {
        let width = layer.width
        layer.sites.withUnsafeBufferPointer { places in
            for first in stride(from: 0, to: places.count, by: width) {
                guard check.mayGoOn(2 * width * width * Block.width) else { return }
                let own = places.baseAddress! + first
                for i in 0..<width {
                    values[i] = sites[Int(own[i])]
                    if let outer { adjoints[i] = outer[Int(own[i])] }
                }
                body()
                for i in 0..<width {
                    sites[Int(own[i])] = results[i]
                    if let outer { outer[Int(own[i])] = slopes[i] }
                }
            }
        }
    }

    @inline(__always)
    private func forward(_ width: Int) {
        product(matrix, width, values, transposed: false, into: results)
        for i in 0..<width { results[i] += Block(repeating: shift[i]) }
    }

    @inline(__always)
    private func backward(_ width: Int) {
        for i in 0..<width { values[i] -= Block(repeating: shift[i]) }
        product(inverse, width, values, transposed: false, into: results)
    }

    @inline(__always)
    private func product(
        _ m: UnsafePointer<Scalar>, _ width: Int, _ x: Blocks, transposed: Bool, into y: Blocks
    ) {
        let (rowStride, stride) = transposed ? (1, width) : (width, 1)
        for i in 0..<width {
            let row = m + i * rowStride
            var sum = x[0] * row[0]
            for j in 1..<width { sum = sum.addingProduct(row[j * stride], x[j]) }
            y[i] = sum
        }
    }

    // MARK: - Parameters

    /// Takes A and b of a layer and inverts A.
    /// - Returns: ln |det A| times the number of blocks.
    private func load(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>) -> Scalar {
        let (own, n) = (parameters + layer.offset, layer.width)
        matrix.update(from: own, count: layer.parameterCount)
        shift = matrix + n * n
        let (found, logDeterminant) = inverted((0..<n * n).map { Double(own[$0]) }, n)
        for i in 0..<n * n { inverse[i] = Scalar(found[i]) }
        return Scalar(Double(layer.blockCount) * logDeterminant)
    }

    /// The inverse of an n x n matrix by elimination with pivots, and ln |det|.
    private func inverted(_ matrix: [Double], _ n: Int) -> (inverse: [Double], logDeterminant: Double) {
        var (a, b) = (matrix, [Double](repeating: 0, count: n * n))
        for i in 0..<n { b[(n + 1) * i] = 1 }
        var determinant = 1.0
        for k in 0..<n {
            let pivot = (k..<n).max { abs(a[n * $0 + k]) < abs(a[n * $1 + k]) }!
            for j in 0..<n where pivot != k {
                a.swapAt(n * k + j, n * pivot + j)
                b.swapAt(n * k + j, n * pivot + j)
            }
            determinant *= a[(n + 1) * k]
            let scale = 1 / a[(n + 1) * k]
            for j in 0..<n { (a[n * k + j], b[n * k + j]) = (scale * a[n * k + j], scale * b[n * k + j]) }
            for i in 0..<n where i != k {
                let factor = a[n * i + k]
                for j in 0..<n {
                    a[n * i + j] -= factor * a[n * k + j]
                    b[n * i + j] -= factor * b[n * k + j]
                }
            }
        }
        return (b, log(SIMD8(repeating: abs(determinant)))[0])
    }

    private func accumulate(_ outer: Blocks, _ x: Blocks, _ width: Int) {
        for i in 0..<width {
            let row = sums.base + width * i
            for j in 0..<width { row[j] = row[j].addingProduct(outer[i], x[j]) }
            sums[width * width + i] += outer[i]
        }
    }

    /// Moves the sums over the blocks of a layer, with a sign, to the gradient; the derivative of
    /// ln |det A| in A is the transposed inverse.
    private func collect(
        _ layer: LinearLayer, _ sign: Double, _ weight: Block, _ gradient: UnsafeMutablePointer<Double>
    ) {
        let (own, n) = (gradient + layer.offset, layer.width)
        let share = sign * Double(layer.blockCount) * Double(weight.sum())
        for i in 0..<n {
            for j in 0..<n { own[n * i + j] += share * Double(inverse[n * j + i]) }
        }
        for i in 0..<layer.parameterCount {
            own[i] += sign * Double(sums[i].sum())
            sums[i] = Block(repeating: 0)
        }
    }
}
