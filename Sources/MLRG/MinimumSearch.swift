import Numerics

/// The way from one start to a minimum of the exact divergence, by Newton's method with exact
/// Hessians and a line search. A step of it is one evaluation, so that many searches can take
/// turns and be stopped at any time.
///
/// A stationary point with a negative eigenvalue is left along the eigenvector: from couplings that
/// lack some components the gradient never leads to them, though they would lower the divergence
/// (J1 of A1+E).
final class MinimumSearch: @unchecked Sendable {
    enum State { case searching, minimum, failed }

    private(set) var state = State.searching
    /// The best point so far.
    private(set) var couplings: [Double]
    private(set) var value = Double.infinity
    private(set) var slope: [Double] = []
    private var hessian: [Double] = []
    private let teacher: [Double]
    private var step: [Double] = []
    private var evaluations = 0
    private var escapes = 0

    /// Values agree within rounding: a point that is not worse by more is as good.
    private static let rounding = 2e-14
    /// Evaluations after which a search ends where it is: in a valley flat within rounding Newton's
    /// method wanders about.
    private static let longest = 400
    /// Curvatures within rounding of zero.
    private static let flatness = 1e-11

    init(teacher: [Double], start: [Double]) {
        (self.teacher, couplings) = (teacher, start)
    }

    func advance<Kind: EnumeratedDivergence>(_ divergence: Kind, _ work: Kind.Workspace) {
        evaluations += 1
        let isFirst = step.isEmpty
        let trial = isFirst ? couplings : zip(couplings, step).map { $0 + $1 }
        let (newValue, newSlope, newHessian) = divergence.expand(work, teacher: teacher, student: trial)
        guard isFirst || newValue <= value + Self.rounding else {
            step = step.map { $0 / 2 }
            if size(step) < 1e-12 { settle() }
            if evaluations > Self.longest { settle() }
            return
        }
        guard newValue.isFinite else {
            state = .failed
            return
        }
        let stagnates = !isFirst && size(newSlope) < 1e-12 && size(newSlope) > 0.5 * size(slope)
        let isShort = !isFirst && size(step) < 1e-10
        (couplings, value, slope, hessian) = (trial, newValue, newSlope, newHessian)
        let isOver = size(slope) < 4e-15 || isShort || stagnates || evaluations > Self.longest
        if isOver { settle() } else { step = descent() }
    }

    /// At a point from where Newton's method leads no further: a minimum, unless the curvature is
    /// negative somewhere or the gradient is not zero. Where the divergence is flat the gradient
    /// may be far below rounding of the values and the step still long: 1e-9 is small enough.
    private func settle() {
        guard let least = (try? symmetricEigenvalues(hessian, n: slope.count))?.first else {
            state = .failed
            return
        }
        if least < -Self.flatness, escapes < 8, evaluations <= Self.longest {
            escapes += 1
            step = eigenvector(least).map { 0.1 * $0 }
        } else {
            state = least >= -Self.flatness && size(slope) < 1e-9 ? .minimum : .failed
        }
    }

    /// -(H + shift)^-1 g, no longer than 0.5, with a shift that makes H positive definite.
    private func descent() -> [Double] {
        let count = slope.count
        let least = (try? symmetricEigenvalues(hessian, n: count))?.first ?? 0
        var shift = least < 0 ? -1.2 * least : 0
        for _ in 0..<40 {
            if let solution = try? solve(shifted(by: shift), slope),
                zip(solution, slope).reduce(0.0, { $0 + $1.0 * $1.1 }) > 0
            {
                let scale = min(1, 0.5 / size(solution))
                return solution.map { -$0 * scale }
            }
            shift = max(10 * shift, 1e-12)
        }
        return slope.map { -$0 }
    }

    /// The eigenvector of the lowest eigenvalue, by inverse iteration; its largest element is 1.
    private func eigenvector(_ eigenvalue: Double) -> [Double] {
        let matrix = shifted(by: -eigenvalue * (1 - 1e-6))
        var vector = slope.indices.map { 1 / Double($0 + 1) }
        for _ in 0..<3 {
            vector = (try? solve(matrix, vector)) ?? vector
            let largest = vector.max { abs($0) < abs($1) }!
            vector = vector.map { $0 / largest }
        }
        return vector
    }

    private func shifted(by shift: Double) -> [Double] {
        var result = hessian
        for c in slope.indices { result[c * slope.count + c] += shift }
        return result
    }

    private func size(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }
}
