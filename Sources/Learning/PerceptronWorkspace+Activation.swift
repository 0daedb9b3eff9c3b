extension PerceptronWorkspace {
    private typealias Vector = Scalar.Vector
    private typealias Vectors = UnsafeMutablePointer<Scalar.Vector>

    /// Activation in place of `trace.output`, keeping phi' and, where it is wanted, phi''.
    func activate(_ width: Int, _ trace: Trace, _ curvature: Bool) {
        func vectors(_ blocks: UnsafeMutablePointer<Block>) -> Vectors {
            UnsafeMutableRawPointer(blocks).assumingMemoryBound(to: Vector.self)
        }
        let (value, slope) = (vectors(trace.output), vectors(trace.slope))
        let curvature = curvature ? vectors(trace.curvature) : nil
        let count = width * Block.width / Vector.scalarCount
        switch shape.activation {
        case .tanh: tanhVectors(value, slope, curvature, count)
        case .relu: reluVectors(value, slope, curvature, count)
        case .silu: siluVectors(value, slope, curvature, count)
        case .elu: eluVectors(value, slope, curvature, count)
        case .gelu: scalars(value, slope, curvature, count * Vector.scalarCount)
        }
    }

    // One function each: in a common one the vector functions would not be inlined.

    private func tanhVectors(_ value: Vectors, _ slope: Vectors, _ curvature: Vectors?, _ count: Int) {
        for i in 0..<count {
            let t = Scalar.tanh(value[i])
            let d = 1 - t * t
            (value[i], slope[i]) = (t, d)
            if let curvature { curvature[i] = -2 * t * d }
        }
    }

    private func reluVectors(_ value: Vectors, _ slope: Vectors, _ curvature: Vectors?, _ count: Int) {
        for i in 0..<count {
            let active = Scalar.step(value[i])
            (value[i], slope[i]) = (value[i] * active, active)
            if let curvature { curvature[i] = Vector(repeating: 0) }
        }
    }

    private func siluVectors(_ value: Vectors, _ slope: Vectors, _ curvature: Vectors?, _ count: Int) {
        for i in 0..<count {
            let x = value[i]
            let s = 1 / (1 + Scalar.exp(-x))
            let r = s * (1 - s)
            value[i] = x * s
            slope[i] = Scalar.multiplyAdd(x, r, s)
            if let curvature { curvature[i] = r * (2 + x * (1 - 2 * s)) }
        }
    }

    private func eluVectors(_ value: Vectors, _ slope: Vectors, _ curvature: Vectors?, _ count: Int) {
        for i in 0..<count {
            let x = value[i]
            let decay = Scalar.eluDerivative(x)
            (value[i], slope[i]) = (Scalar.elu(x), decay)
            if let curvature { curvature[i] = decay * (1 - Scalar.step(x)) }
        }
    }

    /// Without a vector form: lane by lane.
    private func scalars(_ value: Vectors, _ slope: Vectors, _ curvature: Vectors?, _ count: Int) {
        func lanes(_ vectors: Vectors) -> UnsafeMutablePointer<Scalar> {
            UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Scalar.self)
        }
        let (values, slopes, curvatures) = (lanes(value), lanes(slope), curvature.map(lanes))
        let activation = shape.activation
        for i in 0..<count {
            let x = Double(values[i])
            (values[i], slopes[i]) = (Scalar(activation(x)), Scalar(activation.derivative(x)))
            if let curvatures { curvatures[i] = Scalar(activation.secondDerivative(x)) }
        }
    }
}
