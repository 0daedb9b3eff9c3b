import Learning
import Numerics

/// What one thread needs to run coupling layers, forward and backward, for 32 samples. Allocated
/// once; nothing is kept from one call to the next.
///
/// A call takes all blocks of a coupling layer, so that its 480 weights and their gradients (2 and
/// 15 kB) stay in the first-level cache. The passes backward invert the coupling and compute the
/// networks again: reading 60 activations of each of 1,700 blocks from memory would take longer.
final class CouplingKernel<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>
    typealias Blocks = UnsafeMutablePointer<Block>

    private let networks: CouplingNetworks<Scalar>
    private var check: StopCheck

    /// - Parameters:
    ///   - trains: whether adjoints of parameters will be wanted.
    ///   - progress: polled all the time; once it is stopped, what is computed is undefined.
    init(_ shape: FlowShape, trains: Bool, progress: Progress?) throws(Failure) {
        networks = try CouplingNetworks(shape, trains: trains)
        check = StopCheck(progress)
    }

    // MARK: - The transformation

    /// y_b = x_b exp(s) + t in place; adds sum s to `logDeterminant`.
    func decode(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ logDeterminant: Blocks
    ) {
        eachBlock(coupling, parameters, x) { sites, s, t, _ in
            for o in 0..<coupling.changed {
                let value = x + Int(sites[o])
                value.pointee = t[o].addingProduct(value.pointee, networks.growth[o])
                logDeterminant.pointee += s[o]
            }
        }
    }

    /// x_b = (y_b - t) exp(-s) in place; subtracts sum s from `logDeterminant`.
    func encode(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks, _ logDeterminant: Blocks
    ) {
        eachBlock(coupling, parameters, y) { sites, s, t, _ in
            for o in 0..<coupling.changed {
                let value = y + Int(sites[o])
                value.pointee = (value.pointee - t[o]) * reciprocal(networks.growth[o])
                logDeterminant.pointee -= s[o]
            }
        }
    }

    // MARK: - Adjoints

    /// Undoes `decode`: y becomes x again, the adjoint of y that of x, and the gradient receives the
    /// parameters' adjoints.
    ///
    /// - Parameter weight: adjoint of the log-determinant.
    func decodeBackward(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks, _ adjoint: Blocks,
        weight: Block, gradient: UnsafeMutablePointer<Double>?
    ) {
        eachBlock(coupling, parameters, y, trains: gradient != nil) { sites, s, t, backward in
            for o in 0..<coupling.changed {
                let (value, outer) = (y + Int(sites[o]), adjoint + Int(sites[o]))
                let shifted = value.pointee - t[o]
                t[o] = outer.pointee
                s[o] = weight.addingProduct(outer.pointee, shifted)
                value.pointee = shifted * reciprocal(networks.growth[o])
                outer.pointee *= networks.growth[o]
            }
            backward(adjoint)
        }
        collect(coupling, gradient)
    }

    /// Undoes `encode`, likewise; subtracts sum s from `logDeterminant`, as that did.
    func encodeBackward(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, _ adjoint: Blocks,
        _ logDeterminant: Blocks, weight: Block, gradient: UnsafeMutablePointer<Double>?
    ) {
        let zero = Block(repeating: 0)
        eachBlock(coupling, parameters, x, trains: gradient != nil) { sites, s, t, backward in
            for o in 0..<coupling.changed {
                let (value, outer) = (x + Int(sites[o]), adjoint + Int(sites[o]))
                let inner = outer.pointee * reciprocal(networks.growth[o])
                logDeterminant.pointee -= s[o]
                s[o] = zero - weight.addingProduct(outer.pointee, value.pointee)
                value.pointee = t[o].addingProduct(value.pointee, networks.growth[o])
                t[o] = zero - inner
                outer.pointee = inner
            }
            backward(adjoint)
        }
        collect(coupling, gradient)
    }

    // MARK: - Blocks

    /// Evaluates the networks for block after block and calls `body` with its changed sites, s and t,
    /// and what takes adjoints of s and t, in their place, on to those of the kept sites.
    @inline(__always)
    private func eachBlock(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks, trains: Bool = false,
        _ body: (_ changed: UnsafePointer<Int32>, _ s: Blocks, _ t: Blocks, _ backward: (Blocks) -> Void) -> Void
    ) {
        let own = parameters + coupling.packedOffset
        let (kept, changed, scales) = (coupling.kept, coupling.changed, coupling.scales)
        let folds = trains ? networks.folds : nil
        let work = Block.width * coupling.packedCount
        coupling.layers.withUnsafeBufferPointer { layers in
            coupling.sites.withUnsafeBufferPointer { blocks in
                for first in stride(from: 0, to: blocks.count, by: coupling.width) {
                    guard check.mayGoOn(work) else { return }
                    let sites = blocks.baseAddress! + first
                    for i in 0..<kept { networks.values[i] = x[Int(sites[i])] }
                    let (s, t) = networks.evaluate(layers, own, scales: own + scales, changed: changed)
                    body(sites + kept, s, t) { adjoint in
                        networks.backward(layers, own, scales: scales, changed: changed, s, folds)
                        for i in 0..<kept { adjoint[Int(sites[i])] += networks.values[i] }
                    }
                }
            }
        }
    }

    /// Moves the sums over the blocks of a coupling layer to the gradient.
    private func collect(_ coupling: CouplingLayer, _ gradient: UnsafeMutablePointer<Double>?) {
        guard let gradient, let folds = networks.folds else { return }
        for i in 0..<coupling.packedCount {
            gradient[coupling.packedOffset + i] += Double(folds[i].sum())
            folds[i] = SIMD8(repeating: 0)
        }
    }

    @inline(__always)
    private func reciprocal(_ block: Block) -> Block { block.map { 1 / $0 } }
}
