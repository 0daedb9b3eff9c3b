import Numerics

extension PerceptronWorkspace {
    /// Evaluates `output` for the samples in `input`.
    ///
    /// - Parameter curvature: whether `pushforward` is to follow, which needs second derivatives.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func forward(_ parameters: UnsafePointer<Scalar>, curvature: Bool = true) {
        var values = input
        for (layer, trace) in zip(shape.layers, traces) {
            guard mayEnter(layer) else { return }
            linear(layer, parameters, values, into: trace.output, bias: true)
            if let scale = layer.scale, let shift = layer.shift {
                normalise(layer.outputs, trace, scale: parameters + scale, shift: parameters + shift)
            }
            activate(layer.outputs, trace, curvature)
            values = trace.output
        }
        linear(shape.layers[shape.hidden.count], parameters, values, into: output, bias: true)
    }

    /// After `forward`: evaluates `outputTangent`, the derivative of `output` along `inputTangent`.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func pushforward(_ parameters: UnsafePointer<Scalar>) {
        var tangents = inputTangent
        for (layer, trace) in zip(shape.layers, traces) {
            guard mayEnter(layer) else { return }
            linear(layer, parameters, tangents, into: trace.linearTangent, bias: false)
            if let scale = layer.scale { normaliseTangent(layer.outputs, trace, scale: parameters + scale) }
            let incoming = layer.scale == nil ? trace.linearTangent : trace.outputTangent
            for o in 0..<layer.outputs {
                let direction = incoming[o]
                trace.bend[o] = trace.curvature[o] * direction
                trace.outputTangent[o] = trace.slope[o] * direction
            }
            tangents = trace.outputTangent
        }
        linear(shape.layers[shape.hidden.count], parameters, tangents, into: outputTangent, bias: false)
    }

    /// out = W values (+ b)
    private func linear(
        _ layer: Perceptron.Layer, _ parameters: UnsafePointer<Scalar>,
        _ values: UnsafePointer<Block>, into out: UnsafeMutablePointer<Block>, bias: Bool
    ) {
        product(
            parameters + layer.weight, rowStride: layer.inputs, columnStride: 1, inputs: layer.inputs,
            outputs: layer.outputs, bias: bias ? parameters + layer.bias : nil, values, into: out)
    }

    /// Layer norm in place of `trace.output`, which becomes scale * normalised + shift.
    private func normalise(
        _ width: Int, _ trace: Trace, scale: UnsafePointer<Scalar>, shift: UnsafePointer<Scalar>
    ) {
        let share = 1 / Scalar(width)
        var mean = Block(repeating: 0)
        for o in 0..<width { mean += trace.output[o] }
        mean *= share
        var variance = Block(repeating: 0)
        for o in 0..<width {
            let centred = trace.output[o] - mean
            trace.normalised[o] = centred
            variance = variance.addingProduct(centred, centred)
        }
        let inverse = (variance * share + Block(repeating: Scalar(Perceptron.normEpsilon))).inverseSquareRoot
        trace.inverseDeviation[0] = inverse
        for o in 0..<width {
            let value = trace.normalised[o] * inverse
            trace.normalised[o] = value
            trace.output[o] = Block(repeating: shift[o]).addingProduct(scale[o], value)
        }
    }

    /// The derivative of the norm along `trace.linearTangent`, left in `trace.outputTangent`.
    private func normaliseTangent(_ width: Int, _ trace: Trace, scale: UnsafePointer<Scalar>) {
        let (mean, correlation) = moments(trace.linearTangent, trace.normalised, width)
        let inverse = trace.inverseDeviation[0]
        for o in 0..<width {
            let value = (trace.linearTangent[o] - mean - trace.normalised[o] * correlation) * inverse
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
        let share = 1 / Scalar(width)
        return (mean * share, correlation * share)
    }
}
