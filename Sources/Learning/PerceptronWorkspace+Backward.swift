import Numerics

extension PerceptronWorkspace {
    /// Propagates `outputAdjoint` (and after `pushforward`, with `tangent`, also
    /// `outputTangentAdjoint`) to `inputAdjoint`.
    ///
    /// - Parameter gradient: (parameterCount) numbers to which the parameters' adjoints, summed
    ///   over the 32 lanes, are added; nil where they are not wanted. Lanes that stand for no
    ///   sample must have zero adjoints (and zero tangents).
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func backward(
        _ parameters: UnsafePointer<Scalar>, tangent: Bool, gradient: UnsafeMutablePointer<Scalar>?
    ) {
        let depth = shape.layers.count - 1
        for o in 0..<shape.outputs {
            adjoint[o] = outputAdjoint[o]
            if tangent { tangentAdjoint[o] = outputTangentAdjoint[o] }
        }
        for index in stride(from: depth, through: 0, by: -1) {
            let layer = shape.layers[index]
            guard mayEnter(layer) else { return }
            if index < depth { backwardActivation(layer, traces[index], parameters, tangent, gradient) }
            let values = index == 0 ? input : traces[index - 1].output
            let tangents = index == 0 ? inputTangent : traces[index - 1].outputTangent
            if let gradient { accumulate(layer, values, tangents, tangent, gradient) }
            if index == 0 {
                transposed(layer, parameters, adjoint, into: inputAdjoint)
            } else {
                transposed(layer, parameters, adjoint, into: nextAdjoint)
                if tangent { transposed(layer, parameters, tangentAdjoint, into: nextTangentAdjoint) }
                swap(&adjoint, &nextAdjoint)
                swap(&tangentAdjoint, &nextTangentAdjoint)
            }
        }
    }

    /// Through the activation and the norm: adjoints of the layer's output become those of its
    /// linear part, in place.
    private func backwardActivation(
        _ layer: Perceptron.Layer, _ trace: Trace, _ parameters: UnsafePointer<Scalar>,
        _ tangent: Bool, _ gradient: UnsafeMutablePointer<Scalar>?
    ) {
        // a = phi(n), a' = phi'(n) n'
        for o in 0..<layer.outputs {
            adjoint[o] *= trace.slope[o]
            if tangent {
                adjoint[o] = adjoint[o].addingProduct(tangentAdjoint[o], trace.bend[o])
                tangentAdjoint[o] *= trace.slope[o]
            }
        }
        guard let scale = layer.scale, let shift = layer.shift else { return }
        for o in 0..<layer.outputs {
            if let gradient {
                var product = adjoint[o] * trace.normalised[o]
                if tangent { product = product.addingProduct(tangentAdjoint[o], trace.normalisedTangent[o]) }
                gradient[scale + o] += product.sum()
                gradient[shift + o] += adjoint[o].sum()
            }
            adjoint[o] *= parameters[scale + o]
            if tangent { tangentAdjoint[o] *= parameters[scale + o] }
        }
        if tangent { backwardNormTangent(layer.outputs, trace) }
        // h^ = (h - mean h) r, with r the inverse deviation: the Jacobian is the symmetric
        // projection r (1 - 1/n - h^ h^T / n).
        project(adjoint, trace, layer.outputs)
        if tangent {
            // The tangent path contains r by itself; its adjoint was left in nextAdjoint[0].
            let factor = nextAdjoint[0] * (-1 / Scalar(layer.outputs))
            for o in 0..<layer.outputs {
                adjoint[o] = adjoint[o].addingProduct(factor, trace.normalised[o])
            }
        }
    }

    /// Through  h^' = r (h' - mean h' - h^ mean(h^ h')):  turns the adjoint u of h^' into that of
    /// h', adds its share to the adjoint of h^, and leaves  r^2 * (adjoint of r)  in nextAdjoint[0].
    private func backwardNormTangent(_ width: Int, _ trace: Trace) {
        let inverse = trace.inverseDeviation[0]
        let (_, correlation) = moments(trace.linearTangent, trace.normalised, width)
        let (_, adjointCorrelation) = moments(tangentAdjoint, trace.normalised, width)
        var radius = Block(repeating: 0)
        for o in 0..<width {
            let u = tangentAdjoint[o]
            radius = radius.addingProduct(u, trace.normalisedTangent[o])
            let through = (u * correlation).addingProduct(trace.linearTangent[o], adjointCorrelation)
            adjoint[o] -= inverse * through
        }
        project(tangentAdjoint, trace, width)
        nextAdjoint[0] = radius * inverse
    }

    /// values <- r (values - mean(values) - h^ mean(h^ values))
    private func project(_ values: UnsafeMutablePointer<Block>, _ trace: Trace, _ width: Int) {
        let (mean, correlation) = moments(values, trace.normalised, width)
        let inverse = trace.inverseDeviation[0]
        for o in 0..<width {
            values[o] = (values[o] - mean - trace.normalised[o] * correlation) * inverse
        }
    }

    private func accumulate(
        _ layer: Perceptron.Layer, _ values: UnsafePointer<Block>, _ tangents: UnsafePointer<Block>,
        _ tangent: Bool, _ gradient: UnsafeMutablePointer<Scalar>
    ) {
        for o in 0..<layer.outputs {
            let row = gradient + (layer.weight + o * layer.inputs)
            let direct = adjoint[o]
            gradient[layer.bias + o] += direct.sum()
            if tangent {
                let along = tangentAdjoint[o]
                for i in 0..<layer.inputs {
                    row[i] += (direct * values[i]).addingProduct(along, tangents[i]).sum()
                }
            } else {
                for i in 0..<layer.inputs { row[i] += (direct * values[i]).sum() }
            }
        }
    }

    /// out = W^T values
    private func transposed(
        _ layer: Perceptron.Layer, _ parameters: UnsafePointer<Scalar>,
        _ values: UnsafePointer<Block>, into out: UnsafeMutablePointer<Block>
    ) {
        product(
            parameters + layer.weight, rowStride: 1, columnStride: layer.inputs, inputs: layer.outputs,
            outputs: layer.inputs, bias: nil, values, into: out)
    }
}
