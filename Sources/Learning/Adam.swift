import Numerics

/// Adam (Kingma and Ba, arXiv:1412.6980) on flat parameters, so that tensors and fused kernels
/// share one optimiser.
///
/// Weight decay is the classic one: `weightDecay` times the parameter is added to its gradient
/// before the moments, as in the published models, and not subtracted from the parameter as in AdamW.
public final class Adam {
    public let count: Int
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double

    /// State: updates so far and running means of the gradient and of its square, `count` each.
    /// Restore all three to continue a saved run.
    public var step = 0
    public let firstMoment: Buffer<Double>
    public let secondMoment: Buffer<Double>

    /// - Throws: `Failure.invalidArgument` unless learning rate, epsilon and weight decay are finite
    ///   and not negative and both betas in [0, 1); `Failure.outOfMemory`.
    public init(
        count: Int, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0
    ) throws(Failure) {
        for (name, value) in [("learning rate", learningRate), ("epsilon", epsilon), ("weight decay", weightDecay)]
        where !(value >= 0 && value.isFinite) {
            throw .invalidArgument("\(name) must be finite and not negative, not \(value)")
        }
        for (name, value) in [("beta1", beta1), ("beta2", beta2)] where !(value >= 0 && value < 1) {
            throw .invalidArgument("\(name) must be in [0, 1), not \(value)")
        }
        self.count = count
        self.learningRate = learningRate
        (self.beta1, self.beta2) = (beta1, beta2)
        (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
        firstMoment = try Buffer(count: count)
        secondMoment = try Buffer(count: count)
    }

    /// One step downhill. `scale` multiplies the learning rate, see `Schedule`.
    /// - Parameters:
    ///   - parameters: `count` numbers, changed in place.
    ///   - gradient: `count` numbers.
    public func update(
        _ parameters: UnsafeMutablePointer<Double>, gradient: UnsafePointer<Double>, scale: Double = 1
    ) {
        step += 1
        // beta^step by repeated squaring: bias corrections are the same on every platform.
        let rate = learningRate * scale / (1 - power(beta1, step))
        let correction = 1 / (1 - power(beta2, step))
        let (beta1, beta2, epsilon, weightDecay) = (beta1, beta2, epsilon, weightDecay)
        let (m, v) = (firstMoment.base, secondMoment.base)
        typealias Vector = SIMD8<Double>
        func load(_ base: UnsafePointer<Double>, _ first: Int) -> Vector {
            UnsafeRawPointer(base + first).loadUnaligned(as: Vector.self)
        }
        func store(_ value: Vector, _ base: UnsafeMutablePointer<Double>, _ first: Int) {
            UnsafeMutableRawPointer(base + first).storeBytes(of: value, as: Vector.self)
        }
        let whole = count / 8 * 8
        for i in stride(from: 0, to: whole, by: 8) {
            let value = load(parameters, i)
            let g = load(gradient, i) + weightDecay * value
            let mean = beta1 * load(m, i) + (1 - beta1) * g
            let square = beta2 * load(v, i) + (1 - beta2) * g * g
            store(mean, m, i)
            store(square, v, i)
            store(value - rate * mean / (squareRoot(square * correction) + epsilon), parameters, i)
        }
        for i in whole..<count {
            let g = gradient[i] + weightDecay * parameters[i]
            m[i] = beta1 * m[i] + (1 - beta1) * g
            v[i] = beta2 * v[i] + (1 - beta2) * g * g
            parameters[i] -= rate * m[i] / ((v[i] * correction).squareRoot() + epsilon)
        }
    }
}

private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, n) = (1.0, base, exponent)
    while n > 0 {
        if n & 1 == 1 { result *= factor }
        factor *= factor
        n >>= 1
    }
    return result
}

/// Scales a gradient down to a largest Euclidean norm over all its components.
///
/// - Parameters:
///   - gradient: `count` numbers, changed in place; left as they are if the norm is not finite.
/// - Returns: the norm before clipping. Infinite or NaN means: skip the update.
@discardableResult
public func clipGlobalNorm(
    _ gradient: UnsafeMutablePointer<Double>, count: Int, maximum: Double
) -> Double {
    let norm = dot(gradient, gradient, count: count).squareRoot()
    if norm > maximum && norm.isFinite {
        let factor = maximum / norm
        for i in 0..<count { gradient[i] *= factor }
    }
    return norm
}
