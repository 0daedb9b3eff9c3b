#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Dual averaging of the leapfrog step towards an acceptance probability
/// (Hoffman and Gelman, Algorithm 5, arXiv:1111.4246).
///
/// While adapting, give `stepSize` to the sampler and the acceptance it had to `update`. Then
/// measure with `averagedStepSize`, fixed: an adapting chain has not quite the right distribution.
/// The acceptance must fall with the step size; for nearly harmonic energies and several leapfrog
/// steps it need not (a trajectory of half a period is accepted always), and there may be no limit.
public struct StepSizeAdaptation: Sendable {
    /// The step size to try next.
    public private(set) var stepSize: Double
    /// The step size to keep.
    public private(set) var averagedStepSize: Double
    public let target: Double

    private let shrinkage: Double  // mu: where the step size is drawn to
    private var error = 0.0  // H-bar: weighted mean of target - acceptance
    private var updates = 0.0

    /// - Parameters:
    ///   - initial: positive; a guess that is too small is corrected faster than one too large.
    ///   - target: mean acceptance in (0, 1); 0.65 is best for trajectories of fixed length.
    /// - Throws: `Failure.invalidArgument` outside these ranges.
    public init(initial: Double, target: Double = 0.65) throws(Failure) {
        guard initial > 0 && initial.isFinite else {
            throw .invalidArgument("step size must be positive and finite, not \(initial)")
        }
        guard target > 0 && target < 1 else {
            throw .invalidArgument("target acceptance must be between 0 and 1, not \(target)")
        }
        (stepSize, averagedStepSize, self.target) = (initial, initial, target)
        shrinkage = log(10 * initial)
    }

    /// - Parameter acceptance: the mean acceptance probability at `stepSize`.
    public mutating func update(acceptance: Double) {
        // gamma = 0.05, t0 = 10 and kappa = 0.75 as in the paper.
        updates += 1
        error += (target - acceptance - error) / (updates + 10)
        let logStep = shrinkage - updates.squareRoot() / 0.05 * error
        let weight = pow(updates, -0.75)
        stepSize = exp(logStep)
        averagedStepSize = exp(weight * logStep + (1 - weight) * log(averagedStepSize))
    }
}
