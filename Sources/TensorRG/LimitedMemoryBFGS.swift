import Numerics

/// Minimisation by limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5).
///
/// Steps satisfy the Wolfe conditions, or near the minimum, where values agree within rounding, the
/// approximate ones of Hager and Zhang (doi:10.1137/030601880), which only need the slope: so the
/// gradient goes down to rounding and not to its square root.
public struct LimitedMemoryBFGS: Sendable {
    public let iterations: Int
    /// Ends when no element of the gradient is larger.
    public let tolerance: Double
    /// Steps that are remembered.
    public let memory: Int

    public init(iterations: Int = 600, tolerance: Double = 1e-10, memory: Int = 40) {
        (self.iterations, self.tolerance, self.memory) = (iterations, tolerance, memory)
    }

    public struct Result: Sendable {
        public var value: Double
        /// Largest element of the gradient in magnitude.
        public var slope: Double
        public var iterations = 0
    }

    /// Takes a point and writes its gradient, returns its value.
    public typealias Function = (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Double

    /// Relative to a value of order 1, what rounding may change.
    private static let rounding = 1e-15
    /// Iterations without progress of value or gradient after which rounding rules.
    private static let patience = 20

    /// - Parameter x: the start, replaced by the best point found: that of least gradient among those
    ///   whose values agree within rounding.
    /// - Throws: `nonFinite` if the start has no finite value, `interrupted`.
    public func minimise(
        _ x: inout [Double], progress: Progress, _ function: Function
    ) throws(Failure) -> Result {
        var point = Point(x, function)
        guard point.value.isFinite else { throw .nonFinite("the cost of the start is \(point.value)") }
        var best = point
        var history: [Pair] = []
        var (idle, iteration) = (0, 0)
        while best.slope > tolerance, iteration < iterations, idle < Self.patience {
            try progress.check("the minimisation was interrupted")
            var direction = descent(point, history)
            var slope = direction.dot(point.gradient)
            if !(slope < 0) {  // rounding has spoilt the memory
                history = []
                direction = point.gradient.map { -$0 }
                slope = direction.dot(point.gradient)
            }
            let first = history.isEmpty ? min(1, 0.1 / point.gradient.length) : 1
            guard let next = search(point, direction, slope, first, function) else {
                if history.isEmpty { break }
                history = []
                idle += 1
                continue
            }
            remember(next, after: point, in: &history)
            point = next
            iteration += 1
            let isLower = point.value < best.value - Self.rounding
            idle = isLower || point.slope < 0.5 * best.slope ? 0 : idle + 1
            if isLower || (point.value <= best.value + 2 * Self.rounding && point.slope < best.slope) { best = point }
        }
        x = best.x
        return Result(value: best.value, slope: best.slope, iterations: iteration)
    }

    private struct Point {
        var x: [Double]
        var gradient: [Double]
        var value: Double

        init(_ x: [Double], _ function: Function) {
            self.x = x
            gradient = [Double](repeating: 0, count: x.count)
            value = function(x, &gradient)
        }

        var slope: Double { gradient.reduce(0) { max($0, $1.magnitude) } }
    }

    /// A step, the change of the gradient along it, and one over their product.
    private struct Pair {
        let step, change: [Double]
        let rho: Double
    }

    private func remember(_ next: Point, after point: Point, in history: inout [Pair]) {
        let step = zip(next.x, point.x).map { $0 - $1 }
        let change = zip(next.gradient, point.gradient).map { $0 - $1 }
        let product = step.dot(change)
        guard product > 1e-14 * step.length * change.length else { return }
        if history.count == memory { history.removeFirst() }
        history.append(Pair(step: step, change: change, rho: 1 / product))
    }

    /// -H g by the two loops.
    private func descent(_ point: Point, _ history: [Pair]) -> [Double] {
        var direction = point.gradient.map { -$0 }
        var weights: [Double] = []
        for pair in history.reversed() {
            weights.append(pair.rho * pair.step.dot(direction))
            direction.add(-weights.last!, pair.change)
        }
        if let last = history.last {
            let scale = 1 / (last.rho * last.change.dot(last.change))
            for i in direction.indices { direction[i] *= scale }
        }
        for pair in history {
            direction.add(weights.removeLast() - pair.rho * pair.change.dot(direction), pair.step)
        }
        return direction
    }

    /// A point along the direction that is low and flat enough, or nil if there is none within 30
    /// evaluations: bracketing, then cubic interpolation.
    private func search(
        _ start: Point, _ direction: [Double], _ slope: Double, _ first: Double, _ function: Function
    ) -> Point? {
        var (low, lowValue, lowSlope) = (0.0, start.value, slope)
        var high: (step: Double, value: Double, slope: Double)?
        var step = first
        for _ in 0..<30 {
            var trial = start.x
            trial.add(step, direction)
            let point = Point(trial, function)
            let along = direction.dot(point.gradient)
            guard point.value.isFinite, along.isFinite else {
                high = (step, .infinity, 0)
                step = 0.5 * (low + step)
                continue
            }
            let isLow = point.value <= start.value + 1e-4 * step * slope
            let isNear = point.value <= start.value + 2 * Self.rounding && along <= -0.8 * slope
            if isLow || isNear, along.magnitude <= -0.9 * slope { return point }
            if !(isLow || isNear) || point.value > lowValue + 2 * Self.rounding || along > 0 {
                high = (step, point.value, along)
            } else {
                (low, lowValue, lowSlope) = (step, point.value, along)
            }
            guard let high else {
                step *= 3
                continue
            }
            step = cubicMinimum(low, lowValue, lowSlope, high.step, high.value, high.slope)
        }
        return nil
    }

    /// The minimum of the cubic through two values and slopes, kept off the ends of the interval.
    private func cubicMinimum(
        _ a: Double, _ fa: Double, _ ga: Double, _ b: Double, _ fb: Double, _ gb: Double
    ) -> Double {
        let d1 = ga + gb - 3 * (fa - fb) / (a - b)
        let radicand = d1 * d1 - ga * gb
        var t = 0.5 * (a + b)
        if radicand >= 0 {
            let d2 = (b > a ? 1 : -1) * radicand.squareRoot()
            let candidate = b - (b - a) * (gb + d2 - d1) / (gb - ga + 2 * d2)
            if candidate.isFinite { t = candidate }
        }
        let margin = 0.1 * (b - a)
        return min(max(t, min(a + margin, b - margin)), max(a + margin, b - margin))
    }
}

extension [Double] {
    fileprivate func dot(_ other: [Double]) -> Double { TensorRG.dot(self, other, count) }
    fileprivate var length: Double { dot(self).squareRoot() }
    fileprivate mutating func add(_ factor: Double, _ other: [Double]) {
        for i in indices { self[i] = self[i].addingProduct(factor, other[i]) }
    }
}
