import Numerics

/// Couplings of the student that minimise the exact divergence from a teacher: the RG map without
/// a network, J' = argmin KL (Eq. 7).
struct ExactMap {
    let divergence: ExactDivergence
    private let work: ExactDivergence.Workspace
    private let teacher, student, gradient: Buffer<SIMD8<Double>>

    init(_ divergence: ExactDivergence) throws(Failure) {
        self.divergence = divergence
        work = try ExactDivergence.Workspace(divergence)
        teacher = try Buffer(count: divergence.teacher.couplingCount)
        student = try Buffer(count: divergence.student.couplingCount)
        gradient = try Buffer(count: divergence.student.couplingCount)
    }

    /// Minimises by Newton's method with a Levenberg shift, from the given start.
    ///
    /// - Returns: the minimum's couplings, and its divergence in nats.
    /// - Throws: `notConverged` when 200 iterations do not bring a Newton step below 1e-9.
    func minimise(
        teacher couplings: [Double], start: [Double]
    ) throws(Failure) -> (couplings: [Double], divergence: Double) {
        for (c, value) in couplings.enumerated() { teacher[c] = SIMD8(repeating: value) }
        var x = start
        var (value, slope) = evaluate(x)
        var shift = 0.0
        for _ in 0..<200 {
            let hessian = hessian(at: x)
            var step = newtonStep(hessian, slope, &shift)
            var next = zip(x, step).map { $0 + $1 }
            var (nextValue, nextSlope) = evaluate(next)
            // Backtrack by shifting; equality within rounding is progress enough near the minimum.
            var attempts = 0
            while !(nextValue <= value + 1e-15 * (1 + abs(value))), attempts < 60 {
                shift = max(4 * shift, 1e-3)
                step = newtonStep(hessian, slope, &shift)
                next = zip(x, step).map { $0 + $1 }
                (nextValue, nextSlope) = evaluate(next)
                attempts += 1
            }
            (x, value, slope) = (next, nextValue, nextSlope)
            let length = step.map(abs).max()!
            if length < 1e-9, shift == 0 || slope.allSatisfy({ abs($0) < 1e-14 }) { return (x, value) }
            shift = shift < 1e-6 ? 0 : shift / 8
        }
        throw .notConverged("the exact RG map did not converge at J = \(couplings)")
    }

    private func evaluate(_ x: [Double]) -> (Double, [Double]) {
        for (c, value) in x.enumerated() { student[c] = SIMD8(repeating: value) }
        let value = divergence.evaluate(
            work, teacher: teacher.base, student: student.base, gradient: gradient.base)
        return (value[0], x.indices.map { gradient[$0][0] })
    }

    /// Central differences of the exact gradient, eight displaced points at a time.
    private func hessian(at x: [Double]) -> [Double] {
        let count = x.count
        let width = 1e-4
        var result = [Double](repeating: 0, count: count * count)
        for first in stride(from: 0, to: 2 * count, by: 8) {
            for c in 0..<count { student[c] = SIMD8(repeating: x[c]) }
            for lane in 0..<min(8, 2 * count - first) {
                let column = (first + lane) / 2
                student[column][lane] += (first + lane) % 2 == 0 ? width : -width
            }
            _ = divergence.evaluate(
                work, teacher: teacher.base, student: student.base, gradient: gradient.base)
            for lane in 0..<min(8, 2 * count - first) {
                let column = (first + lane) / 2
                let sign = (first + lane) % 2 == 0 ? 0.5 / width : -0.5 / width
                for row in 0..<count {
                    result[row * count + column] += sign * gradient[row][lane] / 2
                    result[column * count + row] += sign * gradient[row][lane] / 2
                }
            }
        }
        return result
    }

    /// -(H + shift)^-1 g with the smallest shift found that makes it a direction of descent of
    /// bounded length.
    private func newtonStep(_ hessian: [Double], _ slope: [Double], _ shift: inout Double) -> [Double] {
        let count = slope.count
        while true {
            var shifted = hessian
            for c in 0..<count { shifted[c * count + c] += shift }
            if let solution = try? solve(shifted, slope) {
                let step = solution.map { -$0 }
                let descent = zip(step, slope).reduce(0.0) { $0 + $1.0 * $1.1 }
                if step.allSatisfy({ abs($0) < 1 }), descent < 0 || slope.allSatisfy({ $0 == 0 }) {
                    return step
                }
            }
            shift = max(4 * shift, 1e-4)
        }
    }
}
