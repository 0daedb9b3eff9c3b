import Learning
import LearningReference
import Numerics
import Testing

/// The fused kernels against the same network written with tensors, whose gradients of any order
/// are checked against finite differences in GradientTests.
@Suite struct PerceptronTests {
    static let shapes: [Perceptron] = Activation.allCases.flatMap { activation in
        [true, false].flatMap { norm in
            [
                Perceptron(inputs: 1, hidden: [6, 12, 8], outputs: 1, activation: activation, layerNorm: norm),
                Perceptron(inputs: 5, hidden: [7], outputs: 1, activation: activation, layerNorm: norm),
                Perceptron(inputs: 3, hidden: [9, 10], outputs: 3, activation: activation, layerNorm: norm),
            ]
        }
    }

    @Test(arguments: shapes) func valuesAndGradientsEqualTensors(shape: Perceptron) throws {
        let sample = try Sample(shape, outputs: shape.outputs)
        sample.work.forward(sample.parameters.base)
        sample.work.outputAdjoint.update(from: sample.outputAdjoint, count: shape.outputs)
        let fused = try Buffer<Double>(count: shape.parameterCount)
        sample.work.backward(sample.parameters.base, tangent: false, gradient: fused.base)

        let (x, parameters) = sample.variables()
        let y = network(shape, parameters, x)
        let weighted = (y * sample.tensor(sample.outputAdjoint, shape.outputs)).sum()
        let reference = gradient(of: weighted, withRespectTo: [x] + parameters)
        expectEqual(blockValues(sample.work.output, shape.outputs), y.values)
        expectEqual(blockValues(sample.work.inputAdjoint, shape.inputs), reference[0].values)
        expectEqual((0..<fused.count).map { fused[$0] }, flattened(shape, reference))
    }

    /// The gradient of t . grad N in samples and parameters, the quantity behind Newton's method
    /// and the training of a monotone.
    @Test(arguments: shapes.filter { $0.outputs == 1 }) func gradientsOfDirectionalDerivativesEqualTensors(
        shape: Perceptron
    ) throws {
        let sample = try Sample(shape, outputs: 1)
        sample.work.inputTangent.update(from: sample.tangent, count: shape.inputs)
        sample.work.forward(sample.parameters.base)
        sample.work.pushforward(sample.parameters.base)
        sample.work.outputAdjoint[0] = Block(repeating: 0)
        sample.work.outputTangentAdjoint[0] = Block(repeating: 1)
        let fused = try Buffer<Double>(count: shape.parameterCount)
        sample.work.backward(sample.parameters.base, tangent: true, gradient: fused.base)

        let (x, parameters) = sample.variables()
        let slope = gradient(of: network(shape, parameters, x).sum(), withRespectTo: [x])[0]
        let directional = (slope * sample.tensor(sample.tangent, shape.inputs)).sum(over: [1])
        let reference = gradient(of: directional.sum(), withRespectTo: [x] + parameters)
        expectEqual(blockValues(sample.work.outputTangent, 1), directional.values)
        expectEqual(blockValues(sample.work.inputAdjoint, shape.inputs), reference[0].values)
        expectEqual((0..<fused.count).map { fused[$0] }, flattened(shape, reference))
    }

    /// With the same parameters and samples, of which single precision keeps every bit: values,
    /// tangents and adjoints to 2e-5 of the largest.
    @Test(arguments: shapes) func singlePrecisionFollowsDouble(shape: Perceptron) throws {
        func pass<Scalar>(_: Scalar.Type) throws -> [[Double]] where Scalar: SampleScalar {
            let sample = try Sample(shape, outputs: shape.outputs)
            let work = try PerceptronWorkspace<Scalar>(shape)
            let parameters = try Buffer<Scalar>(count: shape.parameterCount)
            for i in 0..<parameters.count { parameters[i] = Scalar(Float(sample.parameters[i])) }
            func set(_ blocks: UnsafeMutablePointer<SampleBlock<Scalar>>, _ values: UnsafePointer<Block>, _ count: Int)
            {
                for c in 0..<count {
                    for lane in 0..<Block.width { blocks[c][lane] = Scalar(Float(values[c][lane])) }
                }
            }
            func values(_ blocks: UnsafePointer<SampleBlock<Scalar>>, _ count: Int) -> [Double] {
                (0..<count).flatMap { c in (0..<Block.width).map { Double(blocks[c][$0]) } }
            }
            set(work.input, sample.work.input, shape.inputs)
            set(work.inputTangent, sample.tangent, shape.inputs)
            set(work.outputAdjoint, sample.outputAdjoint, shape.outputs)
            set(work.outputTangentAdjoint, sample.outputAdjoint, shape.outputs)
            work.forward(parameters.base)
            work.pushforward(parameters.base)
            var results = [values(work.output, shape.outputs), values(work.outputTangent, shape.outputs)]
            for tangent in [false, true] {
                work.backward(parameters.base, tangent: tangent, gradient: nil)
                results.append(values(work.inputAdjoint, shape.inputs))
            }
            return results
        }
        for (single, reference) in zip(try pass(Float.self), try pass(Double.self)) {
            let scale = reference.map(abs).max()!
            #expect(zip(single, reference).allSatisfy { abs($0 - $1) <= 2e-5 * scale })
        }
    }

    @Test func lanesWithoutTangentAddNothing() throws {
        let shape = Perceptron(inputs: 2, hidden: [5, 4], outputs: 1, activation: .silu, layerNorm: true)
        let sample = try Sample(shape, outputs: 1)
        func gradient(lanes: Range<Int>) throws -> [Double] {
            for c in 0..<2 {
                var masked = Block(repeating: 0)
                for lane in lanes { masked[lane] = sample.tangent[c][lane] }
                sample.work.inputTangent[c] = masked
            }
            sample.work.forward(sample.parameters.base)
            sample.work.pushforward(sample.parameters.base)
            sample.work.outputAdjoint[0] = Block(repeating: 0)
            sample.work.outputTangentAdjoint[0] = Block(repeating: 1)
            let result = try Buffer<Double>(count: shape.parameterCount)
            sample.work.backward(sample.parameters.base, tangent: true, gradient: result.base)
            return (0..<result.count).map { result[$0] }
        }
        let (all, first, rest) = try (gradient(lanes: 0..<32), gradient(lanes: 0..<9), gradient(lanes: 9..<32))
        expectEqual(all, zip(first, rest).map { $0 + $1 })
    }
}

// MARK: - The reference

private func network(_ shape: Perceptron, _ parameters: [Tensor], _ x: Tensor) -> Tensor {
    var values = x
    var next = 0
    func take() -> Tensor {
        defer { next += 1 }
        return parameters[next]
    }
    for layer in shape.layers {
        let (weight, bias) = (take(), take())
        values = matmul(values, weight, transposeB: true) + bias.reshaped([layer.outputs])
        if layer.scale != nil {
            let centred = values - values.mean(over: [1], keeping: true)
            let variance = (centred * centred).mean(over: [1], keeping: true)
            let normalised = centred / sqrt(variance + Perceptron.normEpsilon)
            let (scale, shift) = (take(), take())
            values = normalised * scale.reshaped([layer.outputs]) + shift.reshaped([layer.outputs])
        }
        if layer != shape.layers.last { values = shape.activation(values) }
    }
    return values
}

/// Gradients of the parameters in the order of the flat array.
private func flattened(_ shape: Perceptron, _ gradients: [Tensor]) -> [Double] {
    gradients.dropFirst().flatMap(\.values)
}

/// 32 random samples with everything the passes need.
private struct Sample {
    let shape: Perceptron
    let work: PerceptronWorkspace<Double>
    let parameters: Buffer<Double>
    let tangent, outputAdjoint: [Block]

    init(_ shape: Perceptron, outputs: Int) throws {
        self.shape = shape
        work = try PerceptronWorkspace(shape)
        parameters = try Buffer(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: 7)
        var random = RandomStream(seed: 11, purpose: .test)
        func block() -> Block {
            var result = Block(repeating: 0)
            for lane in 0..<Block.width { result[lane] = 4 * random.nextUniform()[0] - 2 }
            return result
        }
        // Norms away from the identity, or their derivatives would not be seen.
        for layer in shape.layers {
            guard let scale = layer.scale, let shift = layer.shift else { continue }
            for o in 0..<layer.outputs {
                parameters[scale + o] = 0.5 + random.nextUniform()[0]
                parameters[shift + o] = random.nextUniform()[0] - 0.5
            }
        }
        for c in 0..<shape.inputs { work.input[c] = block() }
        tangent = (0..<shape.inputs).map { _ in block() }
        outputAdjoint = (0..<outputs).map { _ in block() }
    }

    /// (32, count)
    func tensor(_ blocks: UnsafePointer<Block>, _ count: Int) -> Tensor {
        Tensor(blockValues(blocks, count), shape: [Block.width, count])
    }

    func variables() -> (Tensor, [Tensor]) {
        let arrays = shape.parameterArrays.map { array in
            Tensor(
                (0..<array.rows * array.columns).map { parameters[array.offset + $0] },
                shape: [array.rows, array.columns], requiresGradient: true)
        }
        return (tensor(work.input, shape.inputs).variable, arrays)
    }
}

private func blockValues(_ blocks: UnsafePointer<Block>, _ count: Int) -> [Double] {
    (0..<Block.width).flatMap { lane in (0..<count).map { blocks[$0][lane] } }
}

private func expectEqual(_ a: [Double], _ b: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(a.count == b.count, sourceLocation: sourceLocation)
    let scale = b.reduce(1) { max($0, abs($1)) }
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-12 * scale, sourceLocation: sourceLocation)
}
