import Numerics

/// How a block of b^d spins becomes one.
public enum BlockRule: Sendable {
    /// The sign of the sum of its spins; a tie is decided at random.
    case majority
    /// With the field h = sum_i w_i s_i of the spins in and around the block, s' = 1 with the probability
    /// 1 / (1 + exp(-2 h)), or, if `isSharp`, the sign of h; h = 0 is decided at random. The weights are
    /// those of a window of `width`^d spins, in C order, with the block in its middle.
    case filter(weights: [Double], width: Int, isSharp: Bool)

    /// How far beyond a block of `factor`^d spins the rule looks.
    public func margin(factor: Int) -> Int {
        switch self {
        case .majority: 0
        case .filter(_, let width, _): (width - factor) / 2
        }
    }

    /// - Throws: `Failure.invalidArgument` for weights that are not finite or do not fill the window, or a
    ///   window that cannot have the block in its middle.
    public func validate(dimension: Int, factor: Int) throws(Failure) {
        guard case .filter(let weights, let width, _) = self else { return }
        guard width >= factor, (width - factor) % 2 == 0 else {
            throw .invalidArgument("width must be \(factor), or larger by an even number, not \(width)")
        }
        let needed = dimension == 3 ? width * width * width : width * width
        guard weights.count == needed else {
            throw .invalidArgument("weights must have \(needed) elements, not \(weights.count)")
        }
        for weight in weights where !(abs(weight) <= 1e6) {
            throw .invalidArgument("weights must be from -1e6 to 1e6, not \(weight)")
        }
    }
}
