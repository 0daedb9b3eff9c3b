import Numerics

/// A function of a tensor with parameters that can be trained.
///
/// Tensors are immutable, so training replaces them: an optimiser works on the flat parameters
/// and hands them back to `setParameters`.
public protocol Layer {
    /// Variables, in an order that is part of the file format.
    var parameters: [Tensor] { get set }

    func callAsFunction(_ x: Tensor) -> Tensor
}

extension Layer {
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Replaces all parameters by new variables of the same shapes.
    /// - Parameter flat: `parameterCount` numbers, one parameter after the other.
    public mutating func setParameters(_ flat: UnsafePointer<Double>) {
        var start = flat
        parameters = parameters.map { parameter in
            defer { start += parameter.count }
            let values = Array(UnsafeBufferPointer(start: start, count: parameter.count))
            return Tensor(values, shape: parameter.shape, requiresGradient: true)
        }
    }
}

extension [Tensor] {
    /// All values one tensor after the other, the order of `Layer.setParameters`.
    public var flattened: [Double] { flatMap(\.values) }
}

/// y = x W^T + b for x of shape (..., inputs), y of shape (..., outputs).
public struct Linear: Layer {
    /// Shape (outputs, inputs).
    public var weight: Tensor
    /// Shape (outputs).
    public var bias: Tensor

    /// Weight and bias uniform in +-1/sqrt(inputs), the PyTorch default that the published models use.
    public init(inputs: Int, outputs: Int, random: inout RandomStream) {
        precondition(inputs > 0 && outputs > 0)
        let bound = 1 / Double(inputs).squareRoot()
        func uniform(_ shape: [Int]) -> Tensor {
            var values = [Double](repeating: 0, count: shape.product)
            random.fillUniform(&values, count: values.count)
            return Tensor(values.mapped { (2 * $0 - 1) * bound }, shape: shape, requiresGradient: true)
        }
        weight = uniform([outputs, inputs])
        bias = uniform([outputs])
    }

    public var parameters: [Tensor] {
        get { [weight, bias] }
        set { (weight, bias) = (newValue[0], newValue[1]) }
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let outer = x.shape.dropLast()
        let rows = x.reshaped([outer.reduce(1, *), weight.shape[1]])
        return (matmul(rows, weight, transposeB: true) + bias).reshaped(outer + [weight.shape[0]])
    }
}

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts each feature
/// (Ba, Kiros and Hinton, arXiv:1607.06450).
public struct LayerNorm: Layer {
    /// Shape (features), starts at 1.
    public var gain: Tensor
    /// Shape (features), starts at 0.
    public var bias: Tensor
    /// Added to the variance, which is the mean square and not the unbiased estimate.
    public var epsilon = 1e-5

    public init(features: Int) {
        gain = Tensor(repeating: 1, shape: [features]).variable
        bias = Tensor(repeating: 0, shape: [features]).variable
    }

    public var parameters: [Tensor] {
        get { [gain, bias] }
        set { (gain, bias) = (newValue[0], newValue[1]) }
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let centred = x - x.mean(over: [-1], keeping: true)
        let variance = (centred * centred).mean(over: [-1], keeping: true)
        return centred / sqrt(variance + epsilon) * gain + bias
    }
}
