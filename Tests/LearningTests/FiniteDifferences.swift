import Learning
import LearningReference
import Numerics

/// The gradient by five-point central differences: error h^4 in theory, about 1e-11 with rounding
/// for functions of order 1.
func differences(of f: ([Tensor]) -> Double, at x: [Tensor], step h: Double = 2e-3) -> [[Double]] {
    x.indices.map { k in
        (0..<x[k].count).map { i in
            func shifted(_ distance: Double) -> Double {
                var values = x[k].values
                values[i] += distance
                var y = x
                y[k] = Tensor(values, shape: x[k].shape, requiresGradient: true)
                return f(y)
            }
            return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h)
        }
    }
}

/// Largest deviation of two lists of numbers, relative to the largest number (or 1 if that is less).
func deviation(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    let scale = max(1, a.reduce(0) { max($0, abs($1)) })
    return zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) } / scale
}

/// Uniform numbers of a size between `low` and `high`, of both signs if `signed`.
func randomTensor(
    _ shape: [Int], _ low: Double, _ high: Double, signed: Bool = false, random: inout RandomStream
) -> Tensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { _ in
        let u = random.nextUniform()
        return (low + (high - low) * u[0]) * (signed && u[1] < 0.5 ? -1 : 1)
    }
    return Tensor(values, shape: shape, requiresGradient: true)
}
