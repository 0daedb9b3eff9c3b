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

    /// Minimises by Newton's method with a line search, from the given start.
    ///
    /// - Returns: the minimum's couplings, and its divergence in nats.
    /// - Throws: `notConverged` when neither the step falls below 1e-10 nor the gradient to rounding
    ///   (1e-15), unless the minimum is so flat that the gradient stays below 1e-9 all the same.
    func minimise(
        teacher couplings: [Double], start: [Double]
    ) throws(Failure) -> (couplings: [Double], divergence: Double) {
        for (c, value) in couplings.enumerated() { teacher[c] = SIMD8(repeating: value) }
        var x = start
        var (value, slope) = evaluate(x)
        for _ in 0..<200 {
            if size(slope) < 1e-15 { return (x, value) }
            var step = descent(hessian(at: x), slope)
            var next = zip(x, step).map { $0 + $1 }
            var (nextValue, nextSlope) = evaluate(next)
            // Near the minimum the values agree within rounding: no worse is good enough.
            while !(nextValue <= value + 1e-15), size(step) > 1e-12 {
                step = step.map { $0 / 2 }
                next = zip(x, step).map { $0 + $1 }
                (nextValue, nextSlope) = evaluate(next)
            }
            if size(step) <= 1e-12 { break }
            (x, value, slope) = (next, nextValue, nextSlope)
            if size(step) < 1e-10 { return (x, value) }
        }
        if size(slope) < 1e-9 { return (x, value) }
        throw .notConverged("no student of least divergence was found for J = \(couplings)")
    }

    private func size(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }

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

    /// -(H + shift)^-1 g, no longer than 0.5, with the smallest shift that makes it point downhill.
    private func descent(_ hessian: [Double], _ slope: [Double]) -> [Double] {
        let count = slope.count
        if size(slope) == 0 { return slope }
        var shift = 0.0
        while true {
            var shifted = hessian
            for c in 0..<count { shifted[c * count + c] += shift }
            if let solution = try? solve(shifted, slope),
                zip(solution, slope).reduce(0.0, { $0 + $1.0 * $1.1 }) > 0
            {
                let scale = min(1, 0.5 / size(solution))
                return solution.map { -$0 * scale }
            }
            shift = max(10 * shift, 1e-12)
        }
    }
}
