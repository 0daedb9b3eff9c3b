#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The factor on the learning rate as a function of the training step.
///
/// It is 1 at step 0 (except in a warm-up), and reaches its final value at step `total`, one after
/// the last update; steps beyond `total` count as `total`.
public indirect enum Schedule: Equatable, Sendable {
    case constant
    /// Half a cosine from 1 to `final` (Loshchilov and Hutter, arXiv:1608.03983, without restarts).
    case cosine(final: Double)
    /// A geometric sequence from 1 to `final`, which must be positive.
    case exponential(final: Double)
    /// Multiplied by `factor` after every `every` steps.
    case step(every: Int, factor: Double)
    /// Linear from 1/steps at step 0 to 1 at step `steps` - 1, then another schedule over the rest.
    case warmUp(steps: Int, then: Schedule)

    public func factor(step: Int, of total: Int) -> Double {
        let step = min(max(step, 0), max(total, 0))
        let progress = total > 0 ? Double(step) / Double(total) : 0
        switch self {
        case .constant:
            return 1
        case .cosine(let final):
            return final + (1 - final) * 0.5 * (1 + cos(.pi * progress))
        case .exponential(let final):
            return pow(final, progress)
        case .step(let every, let factor):
            return pow(factor, Double(step / max(every, 1)))
        case .warmUp(let steps, let next):
            return step < steps
                ? Double(step + 1) / Double(steps) : next.factor(step: step - steps, of: total - steps)
        }
    }
}
