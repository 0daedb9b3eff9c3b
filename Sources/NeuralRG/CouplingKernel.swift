import Learning
import Numerics

/// What one thread needs to run coupling layers, forward and backward, on one block of four sites
/// for 32 samples. Allocated once; nothing is kept from one call to the next.
///
/// A tile of samples passes through all blocks of a coupling layer before the next layer begins, so
/// that its 480 weights and their gradients (2 and 15 kB) stay in the first-level cache. The passes
/// backward invert the coupling and compute the networks again: reading 60 activations of each of
/// 1,700 blocks from memory would take longer.
final class CouplingKernel<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>
    typealias Blocks = UnsafeMutablePointer<Block>
    typealias Fold = SIMD8<Scalar>

    /// One of the two networks: values of its layers, inputs first.
    private struct Network {
        let hidden: [Blocks]
        let output: Blocks
    }

    private let storage: Buffer<Block>
    private let input, slopes, growth, adjoint, nextAdjoint, inputAdjoint: Blocks
    private let networks: (s: Network, t: Network)

    init(_ shape: Perceptron) throws(Failure) {
        let widest = max(4, shape.hidden.max()!)
        let perNetwork = shape.hidden.reduce(0, +) + 4
        storage = try Buffer(count: 4 * 4 + 2 * widest + 2 * perNetwork)
        var next = storage.base
        func take(_ count: Int) -> Blocks {
            defer { next += count }
            return next
        }
        (input, slopes, growth, inputAdjoint) = (take(4), take(4), take(4), take(4))
        (adjoint, nextAdjoint) = (take(widest), take(widest))
        func network() -> Network { Network(hidden: shape.hidden.map(take), output: take(4)) }
        networks = (network(), network())
    }

    // MARK: - The transformation

    /// y_b = x_b exp(s) + t in place; adds sum s to `logDeterminant`.
    func decode(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks,
        _ sites: UnsafePointer<Int32>, _ logDeterminant: Blocks
    ) {
        evaluate(coupling, parameters, x, sites)
        for (o, site) in coupling.changed.enumerated() {
            let value = x + Int(sites[site])
            value.pointee = networks.t.output[o].addingProduct(value.pointee, growth[o])
            logDeterminant.pointee += networks.s.output[o]
        }
    }

    /// x_b = (y_b - t) exp(-s) in place; subtracts sum s from `logDeterminant`.
    func encode(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks,
        _ sites: UnsafePointer<Int32>, _ logDeterminant: Blocks
    ) {
        evaluate(coupling, parameters, y, sites)
        for (o, site) in coupling.changed.enumerated() {
            let value = y + Int(sites[site])
            value.pointee = (value.pointee - networks.t.output[o]) * reciprocal(growth[o])
            logDeterminant.pointee -= networks.s.output[o]
        }
    }

    // MARK: - Adjoints

    /// Undoes `decode`: y becomes x again, the adjoint of y that of x, and the gradient receives the
    /// parameters' adjoints, eight partial sums for each.
    ///
    /// - Parameter weight: adjoint of the log-determinant.
    func decodeBackward(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ y: Blocks,
        _ sites: UnsafePointer<Int32>, _ adjoint: Blocks, weight: Block,
        gradient: UnsafeMutablePointer<Fold>?
    ) {
        evaluate(coupling, parameters, y, sites)
        for (o, site) in coupling.changed.enumerated() {
            let (value, outer) = (y + Int(sites[site]), adjoint + Int(sites[site]))
            let shifted = value.pointee - networks.t.output[o]
            networks.t.output[o] = outer.pointee
            networks.s.output[o] = weight.addingProduct(outer.pointee, shifted)
            value.pointee = shifted * reciprocal(growth[o])
            outer.pointee *= growth[o]
        }
        backward(coupling, parameters, sites, adjoint, gradient)
    }

    /// Undoes `encode`, likewise.
    func encodeBackward(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks,
        _ sites: UnsafePointer<Int32>, _ adjoint: Blocks, weight: Block,
        gradient: UnsafeMutablePointer<Fold>?
    ) {
        evaluate(coupling, parameters, x, sites)
        let zero = Block(repeating: 0)
        for (o, site) in coupling.changed.enumerated() {
            let (value, outer) = (x + Int(sites[site]), adjoint + Int(sites[site]))
            let inner = outer.pointee * reciprocal(growth[o])
            networks.s.output[o] = zero - weight.addingProduct(outer.pointee, value.pointee)
            value.pointee = networks.t.output[o].addingProduct(value.pointee, growth[o])
            networks.t.output[o] = zero - inner
            outer.pointee = inner
        }
        backward(coupling, parameters, sites, adjoint, gradient)
    }

    // MARK: - Networks

    /// s, t, exp(s) and the slopes d tanh of s, from the kept sites.
    private func evaluate(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ x: Blocks,
        _ sites: UnsafePointer<Int32>
    ) {
        for (i, site) in coupling.kept.enumerated() { input[i] = x[Int(sites[site])] }
        let start = parameters + coupling.packedOffset
        let count = coupling.packed.parameterCount
        forward(coupling.packed, start, networks.s)
        forward(coupling.packed, start + count, networks.t)
        let scales = start + 2 * count
        for o in 0..<coupling.changed.count {
            vectors(networks.s.output + o, slopes + o, growth + o, scales[o])
        }
    }

    /// Of one site: the output of N_s becomes s, `slope` tanh, `growth` exp(s).
    private func vectors(_ output: Blocks, _ slope: Blocks, _ growth: Blocks, _ scale: Scalar) {
        let (values, slopes, growths) = (lines(output), lines(slope), lines(growth))
        for line in 0..<Block.width / Scalar.Vector.scalarCount {
            let t = Scalar.tanh(values[line])
            let s = t * scale
            (slopes[line], values[line], growths[line]) = (t, s, Scalar.exp(s))
        }
    }

    private func forward(_ shape: Perceptron, _ parameters: UnsafePointer<Scalar>, _ network: Network) {
        var values = input
        for (layer, hidden) in zip(shape.layers, network.hidden) {
            apply(layer, parameters, activates: true, values, hidden)
            values = hidden
        }
        apply(shape.layers[shape.layers.count - 1], parameters, activates: false, values, network.output)
    }

    /// ELU, where it is wanted, comes in a loop of its own: its long chains of dependent instructions
    /// overlap there.
    private func apply(
        _ layer: Perceptron.Layer, _ parameters: UnsafePointer<Scalar>, activates: Bool,
        _ values: Blocks, _ out: Blocks
    ) {
        product(
            parameters + layer.weight, rowStride: layer.inputs, columnStride: 1, inputs: layer.inputs,
            outputs: layer.outputs, bias: parameters + layer.bias, values, into: out)
        guard activates else { return }
        let results = lines(out)
        for line in 0..<layer.outputs * Block.width / Scalar.Vector.scalarCount {
            results[line] = Scalar.quickElu(results[line])
        }
    }

    private func applyTransposed(
        _ layer: Perceptron.Layer, _ parameters: UnsafePointer<Scalar>, _ adjoints: Blocks, _ out: Blocks
    ) {
        product(
            parameters + layer.weight, rowStride: 1, columnStride: layer.inputs, inputs: layer.outputs,
            outputs: layer.inputs, bias: nil, adjoints, into: out)
    }

    /// From adjoints of s and t, left in the networks' outputs, to those of the kept sites and the
    /// parameters.
    private func backward(
        _ coupling: CouplingLayer, _ parameters: UnsafePointer<Scalar>, _ sites: UnsafePointer<Int32>,
        _ adjoint: Blocks, _ gradient: UnsafeMutablePointer<Fold>?
    ) {
        let start = parameters + coupling.packedOffset
        let count = coupling.packed.parameterCount
        let scales = start + 2 * count
        let own = gradient.map { $0 + coupling.packedOffset }
        let one = Block(repeating: 1)
        for o in 0..<coupling.changed.count {
            let (t, outer) = (slopes[o], networks.s.output[o])
            if let own { own[2 * count + o] = Block.folded(outer, t, onto: own[2 * count + o]) }
            networks.s.output[o] = outer * (one - t * t) * scales[o]
        }
        backward(coupling.packed, start, networks.s, own, adds: false)
        backward(coupling.packed, start + count, networks.t, own.map { $0 + count }, adds: true)
        for (i, site) in coupling.kept.enumerated() { adjoint[Int(sites[site])] += inputAdjoint[i] }
    }

    private func backward(
        _ shape: Perceptron, _ parameters: UnsafePointer<Scalar>, _ network: Network,
        _ gradient: UnsafeMutablePointer<Fold>?, adds: Bool
    ) {
        var outer = network.output
        for index in stride(from: shape.layers.count - 1, through: 0, by: -1) {
            let layer = shape.layers[index]
            let values = index == 0 ? input : network.hidden[index - 1]
            if let gradient {
                accumulate(outer, values, layer.inputs, layer.outputs, gradient + layer.weight, gradient + layer.bias)
            }
            if index == 0 {
                let target = adds ? adjoint : inputAdjoint
                applyTransposed(layer, parameters, outer, target)
                if adds { for i in 0..<layer.inputs { inputAdjoint[i] += target[i] } }
            } else {
                let target = outer == adjoint ? nextAdjoint : adjoint
                applyTransposed(layer, parameters, outer, target)
                eluBackward(target, values, layer.inputs)
                outer = target
            }
        }
    }

    // MARK: - Kernels

    /// Outer products of adjoints and values, folded to eight lanes, added to the gradient. Two
    /// outputs at a time: each value is loaded once for both.
    private func accumulate(
        _ outer: Blocks, _ values: Blocks, _ inputs: Int, _ outputs: Int,
        _ weights: UnsafeMutablePointer<Fold>, _ biases: UnsafeMutablePointer<Fold>
    ) {
        for o in 0..<outputs { biases[o] = Block.folded(outer[o], onto: biases[o]) }
        for o in stride(from: 0, to: outputs - 1, by: 2) {
            let (d, e) = (outer[o], outer[o + 1])
            let (first, second) = (weights + o * inputs, weights + (o + 1) * inputs)
            for i in 0..<inputs {
                let value = values[i]
                first[i] = Block.folded(d, value, onto: first[i])
                second[i] = Block.folded(e, value, onto: second[i])
            }
        }
        guard !outputs.isMultiple(of: 2) else { return }
        let (d, row) = (outer[outputs - 1], weights + (outputs - 1) * inputs)
        for i in 0..<inputs { row[i] = Block.folded(d, values[i], onto: row[i]) }
    }

    /// Times the slope of ELU, which is min(value, 0) + 1.
    private func eluBackward(_ adjoints: Blocks, _ blocks: Blocks, _ count: Int) {
        let (targets, values) = (lines(adjoints), lines(blocks))
        for line in 0..<count * Block.width / Scalar.Vector.scalarCount {
            let value = values[line]
            targets[line] *= Scalar.multiplyAdd(value, 1 - Scalar.step(value), Scalar.Vector(repeating: 1))
        }
    }

    private func reciprocal(_ block: Block) -> Block {
        var result = block
        withUnsafeMutablePointer(to: &result) { blocks in
            let values = lines(blocks)
            for line in 0..<Block.width / Scalar.Vector.scalarCount { values[line] = 1 / values[line] }
        }
        return result
    }

    private func lines(_ blocks: Blocks) -> UnsafeMutablePointer<Scalar.Vector> {
        UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: Scalar.Vector.self)
    }
}
