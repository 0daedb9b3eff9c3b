/// W(q) = stiffness / 2 sum_i max(0, |q_i| - bound)^2, which confines chains of every temperature.
public struct HarmonicWall: Sendable, Equatable {
    public let bound, stiffness: Double

    public init(bound: Double, stiffness: Double) {
        (self.bound, self.stiffness) = (bound, stiffness)
    }

    /// W of one position of `dimension` numbers.
    func energy(_ position: UnsafePointer<Double>, dimension: Int) -> Double {
        var sum = 0.0
        for i in 0..<dimension {
            let slope = slope(position[i])
            sum += slope * slope
        }
        return sum / (2 * stiffness)
    }

    /// dW/dq_i
    func slope(_ q: Double) -> Double {
        let excess = abs(q) - bound
        return excess > 0 ? (q > 0 ? stiffness : -stiffness) * excess : 0
    }
}
