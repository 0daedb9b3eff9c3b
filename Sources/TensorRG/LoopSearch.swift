import Numerics

/// The cost of a student around a loop, and its slope, in the units of the caller.
///
/// - Parameters:
///   - teacher: T, shape (n, n, n, n) for the n states of `leg`.
///   - student: S, shape (chi, n, n) for the chi states of `bond`.
///   - gradient: of the shape of S, written.
public func loopCost(
    teacher: UnsafePointer<Double>, leg: Leg, student: UnsafePointer<Double>, bond: Leg, mu: Double,
    gradient: UnsafeMutablePointer<Double>
) throws(Failure) -> Double {
    let cost = try LoopCost(teacher: teacher, leg: leg, bond: bond, mu: mu)
    let values = cost.pack(student)
    var slope = [Double](repeating: 0, count: values.count)
    let found = cost.evaluate(values, &slope)
    cost.unpack(slope, factor: 1 / cost.scale, into: gradient)
    guard found.cost.isFinite else { throw .nonFinite("the cost of the student is \(found.cost)") }
    return found.cost
}

/// What a search for the best student around a loop has done.
public struct LoopSearch {
    /// Of the start, with the term of mu.
    public var startCost: Double
    /// 1 - <T|B>^2 / (<T|T> <B|B>) at the end: the distance at the best scale.
    public var distance: Double
    /// Largest element of the gradient at the end, in units where <T|T> = 1.
    public var slope: Double
    public var iterations: Int
}

/// Minimises the cost around a loop from a start, and gives the student its best scale.
///
/// - Parameters:
///   - student: the start, replaced by the student found.
///   - iterations, tolerance: where the search ends.
/// - Throws: `nonFinite`, `outOfMemory`, `interrupted`.
public func searchLoop(
    teacher: UnsafePointer<Double>, leg: Leg, student: UnsafeMutablePointer<Double>, bond: Leg, mu: Double,
    iterations: Int, tolerance: Double, progress: Progress
) throws(Failure) -> LoopSearch {
    let cost = try LoopCost(teacher: teacher, leg: leg, bond: bond, mu: mu)
    var values = cost.pack(student)
    var slope = [Double](repeating: 0, count: values.count)
    let start = cost.evaluate(values, &slope).cost
    let search = LimitedMemoryBFGS(iterations: iterations, tolerance: tolerance)
    let result = try search.minimise(&values, progress: progress) { cost.evaluate($0, $1).cost }
    let end = cost.evaluate(values, &slope)
    guard end.norm > 0, end.overlap > 0 else { throw .nonFinite("the student vanished") }
    let ratio = end.overlap / end.norm
    cost.unpack(values, factor: ratio.squareRoot().squareRoot().squareRoot(), into: student)
    return LoopSearch(
        startCost: start, distance: 1 - end.overlap * ratio, slope: result.slope, iterations: result.iterations)
}

/// The second derivatives of the cost in the permitted entries of S, by central differences of the
/// exact gradient: to about 1e-10 of the largest.
///
/// - Parameter hessian: shape (p, p) for the p permitted entries, those of z of charge +1 first, then
///   by z, a and b; written, symmetric.
public func loopHessian(
    teacher: UnsafePointer<Double>, leg: Leg, student: UnsafePointer<Double>, bond: Leg, mu: Double,
    hessian: UnsafeMutablePointer<Double>, progress: Progress
) throws(Failure) {
    let cost = try LoopCost(teacher: teacher, leg: leg, bond: bond, mu: mu)
    var values = cost.pack(student)
    let p = values.count
    let step = 1e-5 * (sumOfSquares(values, p) / Double(max(p, 1))).squareRoot()
    guard step > 0 else { throw .invalidArgument("student must not be zero everywhere") }
    var (ahead, behind) = ([Double](repeating: 0, count: p), [Double](repeating: 0, count: p))
    for i in 0..<p {
        try progress.check("the computation was interrupted")
        let value = values[i]
        values[i] = value + step
        _ = cost.evaluate(values, &ahead)
        values[i] = value - step
        _ = cost.evaluate(values, &behind)
        values[i] = value
        for j in 0..<p { hessian[i * p + j] = (ahead[j] - behind[j]) / (2 * step * cost.scale) }
        progress.advance()
    }
    for i in 0..<p {
        for j in 0..<i {
            let mean = 0.5 * (hessian[i * p + j] + hessian[j * p + i])
            guard mean.isFinite else { throw .nonFinite("a second derivative of the cost is \(mean)") }
            (hessian[i * p + j], hessian[j * p + i]) = (mean, mean)
        }
    }
    progress.finish()
}

/// The number of permitted entries of S.
public func studentEntries(leg: Leg, bond: Leg) -> Int {
    let (even, odd) = (leg.even * leg.even + leg.odd * leg.odd, 2 * leg.even * leg.odd)
    return bond.even * even + bond.odd * odd
}
