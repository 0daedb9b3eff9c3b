import Numerics

/// Shape of a multilayer perceptron: [linear, (layer norm), activation] for each hidden layer,
/// then a linear output.
///
/// Parameters are one flat array. Hidden layer after hidden layer: weight (out x in, row-major),
/// bias (out), and with layer norm scale (out) and shift (out); last the output's weight and bias.
public struct Perceptron: Sendable, Equatable {
    public struct Layer: Sendable, Equatable {
        public let inputs, outputs: Int
        /// Offsets into the parameters; the norm's are nil without layer norm.
        public let weight, bias: Int
        public let scale, shift: Int?
    }

    public let inputs, outputs: Int
    public let hidden: [Int]
    public let activation: Activation
    public let layerNorm: Bool
    public let layers: [Layer]
    public let parameterCount: Int

    /// Added to the variance of a layer before its square root is divided by.
    public static let normEpsilon = 1e-5

    public init(inputs: Int, hidden: [Int], outputs: Int, activation: Activation, layerNorm: Bool) {
        precondition(inputs > 0 && outputs > 0 && hidden.allSatisfy { $0 > 0 } && !hidden.isEmpty)
        self.inputs = inputs
        self.outputs = outputs
        self.hidden = hidden
        self.activation = activation
        self.layerNorm = layerNorm
        var layers: [Layer] = []
        var offset = 0
        var width = inputs
        for (index, next) in (hidden + [outputs]).enumerated() {
            let norm = layerNorm && index < hidden.count
            let bias = offset + width * next
            layers.append(
                Layer(
                    inputs: width, outputs: next, weight: offset, bias: bias,
                    scale: norm ? bias + next : nil, shift: norm ? bias + 2 * next : nil))
            offset = bias + (norm ? 3 : 1) * next
            width = next
        }
        self.layers = layers
        parameterCount = offset
    }

    /// Draws weights and biases uniformly from +-1/sqrt(inputs of the layer), and sets the norms
    /// to the identity.
    public func initialise(_ parameters: UnsafeMutablePointer<Double>, seed: UInt64) {
        for (index, layer) in layers.enumerated() {
            var random = RandomStream(seed: seed, purpose: .initialisation, stream: UInt64(index))
            let bound = 1 / Double(layer.inputs).squareRoot()
            var drawn = SIMD8<Double>()
            for i in 0..<(layer.inputs + 1) * layer.outputs {
                if i % 8 == 0 { drawn = random.nextUniform() }
                parameters[layer.weight + i] = bound * (2 * drawn[i % 8] - 1)
            }
            if let scale = layer.scale, let shift = layer.shift {
                for o in 0..<layer.outputs {
                    parameters[scale + o] = 1
                    parameters[shift + o] = 0
                }
            }
        }
    }

    /// Names and shapes (rows, columns) of the parameters, in the order of the flat array.
    public var parameterArrays: [(name: String, offset: Int, rows: Int, columns: Int)] {
        layers.enumerated().flatMap { index, layer in
            var arrays = [
                ("\(index).weight", layer.weight, layer.outputs, layer.inputs),
                ("\(index).bias", layer.bias, layer.outputs, 1),
            ]
            if let scale = layer.scale, let shift = layer.shift {
                arrays.append(("\(index).norm.scale", scale, layer.outputs, 1))
                arrays.append(("\(index).norm.shift", shift, layer.outputs, 1))
            }
            return arrays
        }
    }
}
