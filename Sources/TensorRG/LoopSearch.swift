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
