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

/// A layer of linear bijectors of four sites, which share A and b: decoding is y = A x + b.
public struct LinearLayer: Sendable {
    /// A, row by row, and b.
    static let parameterCount = 20
    /// Four for each block.
    let sites: [Int32]
    /// Of A among the parameters.
    let offset: Int

    var blockCount: Int { sites.count / 4 }

    /// A is the Haar matrix, which is its own inverse, or the unit matrix, and b is zero.
    func initialise(_ parameters: UnsafeMutablePointer<Double>, isHaar: Bool) {
        let own = parameters + offset
        for i in 0..<4 {
            for j in 0..<4 {
                // Bit 0 of a site is its column, bit 1 its row.
                let haar = (i & j).nonzeroBitCount.isMultiple(of: 2) ? 0.5 : -0.5
                own[4 * i + j] = isHaar ? haar : (i == j ? 1 : 0)
            }
            own[16 + i] = 0
        }
    }
}

/// What one thread needs to run linear layers, forward and backward, for 32 samples.
///
/// A singular A gives numbers that are not finite, which callers look for.
final class LinearKernel<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>
    typealias Blocks = UnsafeMutablePointer<Block>

    /// A and its inverse, row by row, and b, of the layer at hand.
    private let matrix, shift, inverse: UnsafeMutablePointer<Scalar>
    private let storage: Buffer<Scalar>
    /// Adjoints of the parameters of one layer, before the lanes are summed.
    private let sums: Buffer<Block>
    private var check: StopCheck

    /// - Parameter progress: polled all the time; once it is stopped, what is computed is undefined.
    init(progress: Progress?) throws(Failure) {
        storage = try Buffer(count: 36)
        (matrix, shift, inverse) = (storage.base, storage.base + 16, storage.base + 20)
        sums = try Buffer(count: LinearLayer.parameterCount)
        check = StopCheck(progress)
    }

    /// y = A x + b in place; adds ln |det A| of each block to `logDeterminant`.
    func decode(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ logDeterminant: Blocks) {
        logDeterminant.pointee += Block(repeating: load(layer, parameters))
        eachBlock(layer, x) { x in forward(x) }
    }

    /// x = A^-1 (y - b) in place; subtracts ln |det A| of each block from `logDeterminant`.
    func encode(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks, _ logDeterminant: Blocks) {
        logDeterminant.pointee -= Block(repeating: load(layer, parameters))
        eachBlock(layer, y) { y in backward(y) }
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
        eachBlock(layer, y, adjoint) { y, outer in
            let x = backward(y)
            if gradient != nil { accumulate(outer, x) }
            return (x, product(matrix, outer, transposed: true))
        }
        if let gradient { collect(layer, 1, weight, gradient) }
    }

    /// Undoes `encode`, likewise; subtracts ln |det A| of each block from `logDeterminant`, as that did.
    func encodeBackward(
        _ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ adjoint: Blocks,
        _ logDeterminant: Blocks, weight: Block, gradient: UnsafeMutablePointer<Double>?
    ) {
        logDeterminant.pointee -= Block(repeating: load(layer, parameters))
        eachBlock(layer, x, adjoint) { x, inner in
            // d(A^-1 (y - b)) = A^-1 (dy - dA x - db)
            let outer = product(inverse, inner, transposed: true)
            if gradient != nil { accumulate(outer, x) }
            return (forward(x), outer)
        }
        if let gradient { collect(layer, -1, weight, gradient) }
    }

    // MARK: - Blocks

    private typealias Four = (Block, Block, Block, Block)

    @inline(__always)
    private func eachBlock(_ layer: LinearLayer, _ values: Blocks, _ body: (Four) -> Four) {
        eachBlock(layer, values, values) { value, _ in (body(value), nil) }
    }

    @inline(__always)
    private func eachBlock(
        _ layer: LinearLayer, _ values: Blocks, _ adjoints: Blocks, _ body: (Four, Four) -> (Four, Four?)
    ) {
        for first in stride(from: 0, to: layer.sites.count, by: 4) {
            guard check.mayGoOn(32 * Block.width) else { return }
            let (a, b) = (Int(layer.sites[first]), Int(layer.sites[first + 1]))
            let (c, d) = (Int(layer.sites[first + 2]), Int(layer.sites[first + 3]))
            let (value, adjoint) = body(
                (values[a], values[b], values[c], values[d]), (adjoints[a], adjoints[b], adjoints[c], adjoints[d]))
            (values[a], values[b], values[c], values[d]) = value
            if let adjoint { (adjoints[a], adjoints[b], adjoints[c], adjoints[d]) = adjoint }
        }
    }

    @inline(__always)
    private func forward(_ x: Four) -> Four {
        let y = product(matrix, x, transposed: false)
        let (a, b) = (y.0 + Block(repeating: shift[0]), y.1 + Block(repeating: shift[1]))
        return (a, b, y.2 + Block(repeating: shift[2]), y.3 + Block(repeating: shift[3]))
    }

    @inline(__always)
    private func backward(_ y: Four) -> Four {
        let (a, b) = (y.0 - Block(repeating: shift[0]), y.1 - Block(repeating: shift[1]))
        let (c, d) = (y.2 - Block(repeating: shift[2]), y.3 - Block(repeating: shift[3]))
        return product(inverse, (a, b, c, d), transposed: false)
    }

    @inline(__always)
    private func product(_ m: UnsafePointer<Scalar>, _ x: Four, transposed: Bool) -> Four {
        @inline(__always)
        func row(_ i: Int) -> Block {
            let (first, stride) = transposed ? (i, 4) : (4 * i, 1)
            var sum = x.0 * m[first]
            sum = sum.addingProduct(m[first + stride], x.1)
            sum = sum.addingProduct(m[first + 2 * stride], x.2)
            return sum.addingProduct(m[first + 3 * stride], x.3)
        }
        return (row(0), row(1), row(2), row(3))
    }

    // MARK: - Parameters

    /// Takes A and b of a layer and inverts A.
    /// - Returns: ln |det A| times the number of blocks.
    private func load(_ layer: LinearLayer, _ parameters: UnsafePointer<Scalar>) -> Scalar {
        let own = parameters + layer.offset
        matrix.update(from: own, count: LinearLayer.parameterCount)  // and b behind it
        let (found, logDeterminant) = inverted((0..<16).map { Double(own[$0]) })
        for i in 0..<16 { inverse[i] = Scalar(found[i]) }
        return Scalar(Double(layer.blockCount) * logDeterminant)
    }

    /// The inverse of a 4 x 4 matrix by elimination with pivots, and ln |det|.
    private func inverted(_ matrix: [Double]) -> (inverse: [Double], logDeterminant: Double) {
        var (a, b) = (matrix, [Double](repeating: 0, count: 16))
        for i in 0..<4 { b[5 * i] = 1 }
        var determinant = 1.0
        for k in 0..<4 {
            let pivot = (k..<4).max { abs(a[4 * $0 + k]) < abs(a[4 * $1 + k]) }!
            for j in 0..<4 where pivot != k {
                a.swapAt(4 * k + j, 4 * pivot + j)
                b.swapAt(4 * k + j, 4 * pivot + j)
            }
            determinant *= a[5 * k]
            let scale = 1 / a[5 * k]
            for j in 0..<4 { (a[4 * k + j], b[4 * k + j]) = (scale * a[4 * k + j], scale * b[4 * k + j]) }
            for i in 0..<4 where i != k {
                let factor = a[4 * i + k]
                for j in 0..<4 {
                    a[4 * i + j] -= factor * a[4 * k + j]
                    b[4 * i + j] -= factor * b[4 * k + j]
                }
            }
        }
        return (b, log(SIMD8(repeating: abs(determinant)))[0])
    }

    private func accumulate(_ outer: Four, _ x: Four) {
        for (i, adjoint) in [outer.0, outer.1, outer.2, outer.3].enumerated() {
            let row = sums.base + 4 * i
            row[0] = row[0].addingProduct(adjoint, x.0)
            row[1] = row[1].addingProduct(adjoint, x.1)
            row[2] = row[2].addingProduct(adjoint, x.2)
            row[3] = row[3].addingProduct(adjoint, x.3)
            sums[16 + i] += adjoint
        }
    }

    /// Moves the sums over the blocks of a layer, with a sign, to the gradient; the derivative of
    /// ln |det A| in A is the transposed inverse.
    private func collect(
        _ layer: LinearLayer, _ sign: Double, _ weight: Block, _ gradient: UnsafeMutablePointer<Double>
    ) {
        let own = gradient + layer.offset
        let share = sign * Double(layer.blockCount) * Double(weight.sum())
        for i in 0..<4 {
            for j in 0..<4 { own[4 * i + j] += share * Double(inverse[4 * j + i]) }
        }
        for i in 0..<LinearLayer.parameterCount {
            own[i] += sign * Double(sums[i].sum())
            sums[i] = Block(repeating: 0)
        }
    }
}
