import Numerics

extension PerceptronWorkspace {
    /// Evaluates `output` for the samples in `input`.
    public func forward(_ parameters: UnsafePointer<Double>) {
        run(parameters, tangent: false)
    }

    /// Evaluates `output`, and `outputTangent` along `inputTangent`.
    public func forwardTangent(_ parameters: UnsafePointer<Double>) {
        run(parameters, tangent: true)
    }

    private func run(_ parameters: UnsafePointer<Double>, tangent: Bool) {
        var (values, tangents) = (input, inputTangent)
        for (layer, trace) in zip(shape.layers, traces) {
            linear(layer, parameters, values, into: trace.output, bias: true)
            if tangent { linear(layer, parameters, tangents, into: trace.linearTangent, bias: false) }
            if let scale = layer.scale, let shift = layer.shift {
                normalise(
                    layer.outputs, trace, scale: parameters + scale, shift: parameters + shift,
                    tangent: tangent)
            }
            activate(layer.outputs, trace, normalised: layer.scale != nil, tangent: tangent)
            (values, tangents) = (trace.output, trace.outputTangent)
        }
        let last = shape.layers[shape.layers.count - 1]
        linear(last, parameters, values, into: output, bias: true)
        if tangent { linear(last, parameters, tangents, into: outputTangent, bias: false) }
    }

    /// out = W values (+ b): outputs x inputs fused multiply-adds on blocks.
    private func linear(
        _ layer: Perceptron.Layer, _ parameters: UnsafePointer<Double>,
        _ values: UnsafePointer<Block>, into out: UnsafeMutablePointer<Block>, bias: Bool
    ) {
        for o in 0..<layer.outputs {
            let row = parameters + (layer.weight + o * layer.inputs)
            var sum = Block(repeating: bias ? parameters[layer.bias + o] : 0)
            for i in 0..<layer.inputs {
                sum = sum.addingProduct(row[i], values[i])
            }
            out[o] = sum
        }
    }

    /// Layer norm in place of `trace.output`, which becomes scale * normalised + shift; the
    /// tangent of the result is left in `trace.outputTangent`.
    private func normalise(
        _ width: Int, _ trace: Trace, scale: UnsafePointer<Double>, shift: UnsafePointer<Double>,
        tangent: Bool
    ) {
        let share = 1 / Double(width)
        var mean = Block(repeating: 0)
        for o in 0..<width { mean += trace.output[o] }
        mean *= share
        var variance = Block(repeating: 0)
        for o in 0..<width {
            let centred = trace.output[o] - mean
            trace.normalised[o] = centred
            variance = variance.addingProduct(centred, centred)
        }
        let inverse = (variance * share + Block(repeating: Perceptron.normEpsilon)).inverseSquareRoot
        trace.inverseDeviation[0] = inverse
        for o in 0..<width {
            let value = trace.normalised[o] * inverse
            trace.normalised[o] = value
            trace.output[o] = Block(repeating: shift[o]).addingProduct(scale[o], value)
        }
        guard tangent else { return }
        let (mean1, correlation) = moments(trace.linearTangent, trace.normalised, width)
        for o in 0..<width {
            let value = (trace.linearTangent[o] - mean1 - trace.normalised[o] * correlation) * inverse
            trace.normalisedTangent[o] = value
            trace.outputTangent[o] = value * scale[o]
        }
    }

    /// Means over units of `values` and of `values * normalised`.
    func moments(
        _ values: UnsafePointer<Block>, _ normalised: UnsafePointer<Block>, _ width: Int
    ) -> (mean: Block, correlation: Block) {
        var mean = Block(repeating: 0)
        var correlation = Block(repeating: 0)
        for o in 0..<width {
            mean += values[o]
            correlation = correlation.addingProduct(values[o], normalised[o])
        }
        let share = 1 / Double(width)
        return (mean * share, correlation * share)
    }

    /// Activation in place of `trace.output`, keeping phi' and, with tangents, phi'' n'.
    private func activate(_ width: Int, _ trace: Trace, normalised: Bool, tangent: Bool) {
        func vectors(_ blocks: UnsafeMutablePointer<Block>) -> UnsafeMutablePointer<Block.Vector> {
            UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: Block.Vector.self)
        }
        shape.activation.evaluate(
            vectors(trace.output), slope: vectors(trace.slope), curvature: vectors(trace.curvature),
            count: width * Block.width / Block.Vector.scalarCount)
        guard tangent else { return }
        let incoming = normalised ? trace.outputTangent : trace.linearTangent
        for o in 0..<width {
            let direction = incoming[o]
            trace.curvature[o] *= direction
            trace.outputTangent[o] = trace.slope[o] * direction
        }
    }
}
