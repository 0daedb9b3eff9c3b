import Numerics

extension Activation {
    typealias Vector = SIMD8<Double>

    /// Replaces each value by phi(value) and writes phi' and phi'' beside it.
    func evaluate(
        _ value: UnsafeMutablePointer<Vector>, slope: UnsafeMutablePointer<Vector>,
        curvature: UnsafeMutablePointer<Vector>, count: Int
    ) {
        switch self {
        case .tanh: Activation.tanhVectors(value, slope, curvature, count)
        case .relu: Activation.reluVectors(value, slope, curvature, count)
        case .silu: Activation.siluVectors(value, slope, curvature, count)
        case .elu: Activation.eluVectors(value, slope, curvature, count)
        case .gelu: scalars(value, slope, curvature, 8 * count)
        }
    }

    // One function each: in a common one the vector functions would not be inlined.

    private static func tanhVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>, _ count: Int
    ) {
        for i in 0..<count {
            let t = Numerics.tanh(value[i])
            let d = 1 - t * t
            (value[i], slope[i], curvature[i]) = (t, d, -2 * t * d)
        }
    }

    private static func reluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>, _ count: Int
    ) {
        for i in 0..<count {
            let active = Vector(repeating: 0).replacing(with: 1, where: value[i] .> 0)
            (value[i], slope[i], curvature[i]) = (value[i] * active, active, Vector(repeating: 0))
        }
    }

    private static func siluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>, _ count: Int
    ) {
        for i in 0..<count {
            let x = value[i]
            let s = sigmoid(x)
            let r = s * (1 - s)
            value[i] = x * s
            slope[i] = s.addingProduct(x, r)
            curvature[i] = r * (2 + x * (1 - 2 * s))
        }
    }

    private static func eluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>, _ count: Int
    ) {
        for i in 0..<count {
            let x = value[i]
            let decay = eluDerivative(x)
            (value[i], slope[i]) = (Numerics.elu(x), decay)
            curvature[i] = decay.replacing(with: 0, where: x .> 0)
        }
    }

    /// Without a vector form: lane by lane.
    private func scalars(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>, _ count: Int
    ) {
        func lanes(_ vectors: UnsafeMutablePointer<Vector>) -> UnsafeMutablePointer<Double> {
            UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
        }
        let (values, slopes, curvatures) = (lanes(value), lanes(slope), lanes(curvature))
        for i in 0..<count {
            let x = values[i]
            (values[i], slopes[i], curvatures[i]) = (self(x), derivative(x), secondDerivative(x))
        }
    }
}
