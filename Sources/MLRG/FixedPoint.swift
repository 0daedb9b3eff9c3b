import Learning
import Numerics

/// A zero of v(J) from a guess by Newton's method (Eq. 24 of Hou & You: for a monotone, v = -grad C
/// and the Jacobian is minus the Hessian). A step is shortened to length 0.5 and halved until |v|
/// decreases, so a guess in the neighbourhood of a fixed point is not thrown out of it.
///
/// - Throws: `notConverged` when |v| does not fall below 1e-10 in 100 iterations, `interrupted` when
///   the evaluator's progress is stopped.
func findFixedPoint(
    _ evaluator: ModeratorEvaluator<Double>, _ parameters: UnsafePointer<Double>, _ guess: [Double]
) throws(Failure) -> [Double] {
    let n = guess.count
    var point = guess
    var (velocity, jacobian) = linearise(evaluator, parameters, point)
    var size = length(velocity)
    for _ in 0..<100 {
        try evaluator.progress.check("no fixed point was found yet")
        if size < 1e-10 { return point }
        guard size.isFinite, var step = try? solve(jacobian, velocity) else { break }
        let stride = length(step)
        let shorten = stride > 0.5 ? 0.5 / stride : 1
        step = step.map { -$0 * shorten }
        var fraction = 1.0
        var improved = false
        while fraction > 1e-6, !improved {
            let trial = (0..<n).map { point[$0] + fraction * step[$0] }
            let (nextVelocity, nextJacobian) = linearise(evaluator, parameters, trial)
            let nextSize = length(nextVelocity)
            if nextSize < size {
                (point, velocity, jacobian, size) = (trial, nextVelocity, nextJacobian, nextSize)
                improved = true
            }
            fraction /= 2
        }
        if !improved { break }
    }
    try evaluator.progress.check("no fixed point was found yet")
    if size < 1e-9 { return point }
    throw .notConverged("no fixed point of the flow was found from J = \(guess); |v| stayed at \(size)")
}

/// v(J), and its Jacobian dv_i/dJ_j row-major, at one point.
private func linearise(
    _ evaluator: ModeratorEvaluator<Double>, _ parameters: UnsafePointer<Double>, _ point: [Double]
) -> (velocity: [Double], jacobian: [Double]) {
    let n = point.count
    var jacobian = [Double](repeating: 0, count: n * n)
    var velocity = [Double](repeating: 0, count: n)
    withUnsafeTemporaryAllocation(of: Block.self, capacity: 2 * n + n * n) { blocks in
        let (values, slopes) = (blocks.baseAddress!, blocks.baseAddress! + 2 * n)
        evaluator.load(point, first: 0, count: 1)
        evaluator.velocity(parameters, into: values)
        evaluator.jacobian(parameters, scratch: values + n, into: slopes)
        for i in 0..<n { velocity[i] = values[i][0] }
        for i in 0..<n * n { jacobian[i] = slopes[i][0] }
    }
    return (velocity, jacobian)
}

private func length(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}
