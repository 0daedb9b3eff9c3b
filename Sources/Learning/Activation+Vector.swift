import Numerics

extension Activation {
    typealias Vector = SIMD8<Double>

    /// Replaces each value by phi(value) and writes phi' and, where it is wanted, phi'' beside it.
    func evaluate(
        _ value: UnsafeMutablePointer<Vector>, slope: UnsafeMutablePointer<Vector>,
        curvature: UnsafeMutablePointer<Vector>?, count: Int
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
        _ curvature: UnsafeMutablePointer<Vector>?, _ count: Int
    ) {
        for i in 0..<count {
            let t = Numerics.tanh(value[i])
            let d = 1 - t * t
            (value[i], slope[i]) = (t, d)
            if let curvature { curvature[i] = -2 * t * d }
        }
    }

    private static func reluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>?, _ count: Int
    ) {
        for i in 0..<count {
            let active = Vector(repeating: 0).replacing(with: 1, where: value[i] .> 0)
            (value[i], slope[i]) = (value[i] * active, active)
            if let curvature { curvature[i] = Vector(repeating: 0) }
        }
    }

    private static func siluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>?, _ count: Int
    ) {
        for i in 0..<count {
            let x = value[i]
            let s = 1 / (1 + Numerics.exp(-x))
            let r = s * (1 - s)
            value[i] = x * s
            slope[i] = s.addingProduct(x, r)
            if let curvature { curvature[i] = r * (2 + x * (1 - 2 * s)) }
        }
    }

    private static func eluVectors(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>?, _ count: Int
    ) {
        for i in 0..<count {
            let x = value[i]
            let decay = eluDerivative(x)
            (value[i], slope[i]) = (Numerics.elu(x), decay)
            if let curvature { curvature[i] = decay.replacing(with: 0, where: x .> 0) }
        }
    }

    /// Without a vector form: lane by lane.
    private func scalars(
        _ value: UnsafeMutablePointer<Vector>, _ slope: UnsafeMutablePointer<Vector>,
        _ curvature: UnsafeMutablePointer<Vector>?, _ count: Int
    ) {
        func lanes(_ vectors: UnsafeMutablePointer<Vector>) -> UnsafeMutablePointer<Double> {
            UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
        }
        let (values, slopes, curvatures) = (lanes(value), lanes(slope), curvature.map(lanes))
        for i in 0..<count {
            let x = values[i]
            (values[i], slopes[i]) = (self(x), derivative(x))
            if let curvatures { curvatures[i] = secondDerivative(x) }
        }
    }
}
