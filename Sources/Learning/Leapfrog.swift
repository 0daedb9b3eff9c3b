/// An energy U(q) that a sampler can ask for, many positions at a time.
public protocol Potential {
    var dimension: Int { get }

    /// Whether the caller asked to stop: energies and gradients are undefined from then on.
    var isStopped: Bool { get }

    /// - Parameters:
    ///   - positions: shape (count, dimension), row-major: one position after the other.
    ///   - energy: receives U, shape (count). A value that is not finite rejects the trajectory.
    ///   - gradient: receives dU/dq, shape (count, dimension).
    func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>)
}

extension Potential {
    public var isStopped: Bool { false }

    /// Follows dq/dt = p, dp/dt = -beta dU/dq - dW/dq for `count` trajectories side by side with the
    /// leapfrog rule: reversible, volume preserving, with energy error of second order in the step.
    ///
    /// - Parameters:
    ///   - positions, momenta: shape (count, dimension), moved along the trajectory.
    ///   - energies, gradients: U (count) and dU/dq (count, dimension); `gradients` must be those of
    ///     the first positions, both are those of the last positions on return.
    ///   - stepSizes: shape (count). A negative one goes back in time.
    ///   - inverseTemperatures: beta, shape (count).
    ///   - wall: W, zero if nil.
    public func leapfrog(
        positions q: UnsafeMutablePointer<Double>, momenta p: UnsafeMutablePointer<Double>,
        energies: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Double>, count: Int,
        stepSizes: UnsafePointer<Double>, inverseTemperatures: UnsafePointer<Double>, wall: HarmonicWall? = nil,
        steps: Int
    ) {
        let dimension = dimension
        func kick(_ fraction: Double) {
            for i in 0..<count {
                let factor = -fraction * stepSizes[i] * inverseTemperatures[i]
                for j in i * dimension..<(i + 1) * dimension { p[j] += factor * gradients[j] }
                guard let wall else { continue }
                for j in i * dimension..<(i + 1) * dimension {
                    p[j] -= fraction * stepSizes[i] * wall.slope(q[j])
                }
            }
        }
        kick(0.5)
        for step in 1...steps where !isStopped {
            for i in 0..<count {
                let stepSize = stepSizes[i]
                for j in i * dimension..<(i + 1) * dimension { q[j] += stepSize * p[j] }
            }
            evaluate(positions: q, count: count, energy: energies, gradient: gradients)
            kick(step < steps ? 1 : 0.5)
        }
    }
}
