import Learning
import Numerics

/// N_s and N_t of a coupling layer, forward and backward, on one block of sites for 32 samples:
/// the memory of one thread. Nothing is kept from one block to the next but sums of adjoints.
final class CouplingNetworks<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>
    typealias Blocks = UnsafeMutablePointer<Block>
    typealias Layers = UnsafeBufferPointer<PairedLayer>
    typealias Fold = SIMD8<Scalar>

    private let storage: (blocks: Buffer<Block>, folds: Buffer<Fold>?)
    /// What each layer takes and gives, one after the other: the kept sites first.
    let values: Blocks
    /// tanh N_s and exp(s) of the changed sites.
    let slopes, growth: Blocks
    /// Adjoints of the parameters of one coupling layer, eight partial sums for each.
    let folds: UnsafeMutablePointer<Fold>?

    /// - Parameter trains: whether adjoints of parameters will be wanted.
    init(_ shape: FlowShape, trains: Bool) throws(Failure) {
        let couplings = shape.couplingLayers.joined()
        let changed = couplings.map(\.changed).max() ?? 0
        storage.blocks = try Buffer(count: 2 * changed + (couplings.map(\.blockCount).max() ?? 0))
        storage.folds = trains ? try Buffer(count: couplings.map(\.packedCount).max() ?? 0) : nil
        slopes = storage.blocks.base
        (growth, values, folds) = (slopes + changed, slopes + 2 * changed, storage.folds?.base)
    }

    // MARK: - Forward

    /// From the kept sites, in `values`, to s and t, which are returned, `slopes` and `growth`.
    ///
    /// ELU comes in a loop of its own: its long chains of dependent instructions overlap there.
    @inline(__always)
    func evaluate(
        _ layers: Layers, _ parameters: UnsafePointer<Scalar>, scales: UnsafePointer<Scalar>, changed: Int
    ) -> (s: Blocks, t: Blocks) {
        apply(layers[0], parameters)
        for index in 1..<layers.count {
            let layer = layers[index]
            let inputs = lines(values + layer.source)
            for line in 0..<layer.parts * layer.inputs * lineCount { inputs[line] = Scalar.quickElu(inputs[line]) }
            apply(layer, parameters)
        }
        let s = values + layers[layers.count - 1].target
        let (outputs, slopes, growths) = (lines(s), lines(slopes), lines(growth))
        for line in 0..<changed * lineCount { slopes[line] = Scalar.tanh(outputs[line]) }
        for o in 0..<changed {
            for line in o * lineCount..<(o + 1) * lineCount {
                let value = slopes[line] * scales[o]
                (outputs[line], growths[line]) = (value, Scalar.exp(value))
            }
        }
        return (s, s + changed)
    }

    private func apply(_ layer: PairedLayer, _ parameters: UnsafePointer<Scalar>) {
        for part in 0..<layer.parts {
            product(
                parameters + layer.weight + part * layer.inputs * layer.outputs, rowStride: layer.inputs,
                columnStride: 1, inputs: layer.inputs, outputs: layer.outputs,
                bias: parameters + layer.bias + part * layer.outputs, values + layer.source + part * layer.inputs,
                into: values + layer.target + part * layer.outputs)
        }
    }

    // MARK: - Backward

    /// From adjoints of s and t, in their place, to those of the kept sites, in theirs; adds those
    /// of the parameters to `folds`, if given.
    @inline(__always)
    func backward(
        _ layers: Layers, _ parameters: UnsafePointer<Scalar>, scales: Int, changed: Int, _ s: Blocks,
        _ folds: UnsafeMutablePointer<Fold>?
    ) {
        let one = Block(repeating: 1)
        for o in 0..<changed {
            let (t, outer) = (slopes[o], s[o])
            if let folds { folds[scales + o] = Block.folded(outer, t, onto: folds[scales + o]) }
            s[o] = outer * (one - t * t) * parameters[scales + o]
        }
        for index in stride(from: layers.count - 1, through: 0, by: -1) {
            let layer = layers[index]
            if let folds { accumulate(layer, folds) }
            applyTransposed(layer, parameters, pastElu: index > 0)
        }
    }

    /// Replaces what the layer took by its adjoint, or by that of what ELU took to give it. The slope
    /// of ELU is its value, if negative, plus one.
    private func applyTransposed(_ layer: PairedLayer, _ parameters: UnsafePointer<Scalar>, pastElu: Bool) {
        for part in 0..<layer.parts {
            let target = values + layer.source + part * layer.inputs
            let results = lines(target)
            let weights = parameters + layer.weight + part * layer.inputs * layer.outputs
            let adjoints = values + layer.target + part * layer.outputs
            @inline(__always)
            func timesSlope(_ sum: Scalar.Vector, _ line: Int) -> Scalar.Vector {
                Scalar.multiplyAdd(sum, Scalar.negativePart(results[line]), sum)
            }
            if pastElu {
                product(
                    weights, rowStride: 1, columnStride: layer.inputs, inputs: layer.outputs,
                    outputs: layer.inputs, bias: nil, adjoints, into: target, finish: timesSlope)
            } else {
                product(
                    weights, rowStride: 1, columnStride: layer.inputs, inputs: layer.outputs,
                    outputs: layer.inputs, bias: nil, adjoints, into: target)
            }
        }
    }

    /// Outer products of the adjoints of what a layer gave and what it took, folded to eight lanes.
    private func accumulate(_ layer: PairedLayer, _ folds: UnsafeMutablePointer<Fold>) {
        for part in 0..<layer.parts {
            outerProduct(
                values + layer.target + part * layer.outputs, values + layer.source + part * layer.inputs,
                layer.inputs, layer.outputs, folds + layer.weight + part * layer.inputs * layer.outputs,
                folds + layer.bias + part * layer.outputs)
        }
    }

    /// Two outputs at a time: each value is loaded once for both.
    private func outerProduct(
        _ outer: Blocks, _ values: Blocks, _ inputs: Int, _ outputs: Int,
        _ weights: UnsafeMutablePointer<Fold>, _ biases: UnsafeMutablePointer<Fold>
    ) {
        var (o, row) = (0, weights)
        while o + 1 < outputs {
            let (d, e) = (outer[o], outer[o + 1])
            biases[o] = Block.folded(d, onto: biases[o])
            biases[o + 1] = Block.folded(e, onto: biases[o + 1])
            let next = row + inputs
            for i in 0..<inputs {
                let value = values[i]
                row[i] = Block.folded(d, value, onto: row[i])
                next[i] = Block.folded(e, value, onto: next[i])
            }
            (o, row) = (o + 2, next + inputs)
        }
        guard o < outputs else { return }
        let d = outer[o]
        biases[o] = Block.folded(d, onto: biases[o])
        for i in 0..<inputs { row[i] = Block.folded(d, values[i], onto: row[i]) }
    }

    // MARK: - Cache lines

    private var lineCount: Int { Block.width / Scalar.Vector.scalarCount }

    private func lines(_ blocks: Blocks) -> UnsafeMutablePointer<Scalar.Vector> {
        UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: Scalar.Vector.self)
    }
}
