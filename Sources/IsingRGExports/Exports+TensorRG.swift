import CIsingRG
import Numerics
import TensorRG

/// A loop as the functions below take it, checked.
private struct Loop {
    let teacher: UnsafePointer<Double>
    let leg, bond: Leg
    let mu: Double

    init(
        _ teacher: UnsafePointer<Double>?, _ legs: Int64, _ evenLegs: Int64, _ student: UnsafePointer<Double>?,
        _ bonds: Int64, _ evenBonds: Int64, _ mu: Double
    ) throws(Failure) {
        let n = try integer(legs, "legs", 1...64)
        let chi = try integer(bonds, "bonds", 1...64)
        let even = try integer(evenLegs, "even_legs", 0...legs)
        leg = Leg(even: even, odd: n - even)
        let evenBond = try integer(evenBonds, "even_bonds", 0...bonds)
        bond = Leg(even: evenBond, odd: chi - evenBond)
        guard mu >= 0, mu <= 1 else { throw .invalidArgument("mu must be from 0 to 1, not \(mu)") }
        self.mu = mu
        self.teacher = try required(teacher, "teacher")
        try finite(self.teacher, count: n * n * n * n, "teacher")
        try finite(try required(student, "student"), count: chi * n * n, "student")
    }
}

@_cdecl("isingrg_tensorrg_loop_cost")
public func isingrg_tensorrg_loop_cost(
    _ teacher: UnsafePointer<Double>?, _ legs: Int64, _ evenLegs: Int64, _ student: UnsafePointer<Double>?,
    _ bonds: Int64, _ evenBonds: Int64, _ mu: Double, _ cost: UnsafeMutablePointer<Double>?,
    _ gradient: UnsafeMutablePointer<Double>?
) -> isingrg_status {
    status { () throws(Failure) in
        let loop = try Loop(teacher, legs, evenLegs, student, bonds, evenBonds, mu)
        let (cost, gradient) = (try required(cost, "cost"), try required(gradient, "gradient"))
        cost.pointee = try loopCost(
            teacher: loop.teacher, leg: loop.leg, student: try required(student, "student"), bond: loop.bond,
            mu: mu, gradient: gradient)
    }
}

@_cdecl("isingrg_tensorrg_loop_hessian")
public func isingrg_tensorrg_loop_hessian(
    _ teacher: UnsafePointer<Double>?, _ legs: Int64, _ evenLegs: Int64, _ student: UnsafePointer<Double>?,
    _ bonds: Int64, _ evenBonds: Int64, _ mu: Double, _ hessian: UnsafeMutablePointer<Double>?,
    _ hessianCount: Int64, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let loop = try Loop(teacher, legs, evenLegs, student, bonds, evenBonds, mu)
        let entries = studentEntries(leg: loop.leg, bond: loop.bond)
        guard hessianCount == Int64(entries * entries) else {
            throw .invalidArgument("hessian must have \(entries * entries) elements, not \(hessianCount)")
        }
        try loopHessian(
            teacher: loop.teacher, leg: loop.leg, student: try required(student, "student"), bond: loop.bond,
            mu: mu, hessian: try required(hessian, "hessian"), progress: progress(total: entries, function, context))
    }
}

@_cdecl("isingrg_tensorrg_loop_search")
public func isingrg_tensorrg_loop_search(
    _ teacher: UnsafePointer<Double>?, _ legs: Int64, _ evenLegs: Int64, _ student: UnsafeMutablePointer<Double>?,
    _ bonds: Int64, _ evenBonds: Int64, _ mu: Double, _ iterations: Int64, _ tolerance: Double,
    _ report: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let loop = try Loop(teacher, legs, evenLegs, student, bonds, evenBonds, mu)
        let report = try required(report, "report")
        let iterations = try integer(iterations, "iterations", 1...1_000_000)
        guard tolerance >= 0, tolerance.isFinite else {
            throw .invalidArgument("tolerance must be finite and not negative, not \(tolerance)")
        }
        let found = try searchLoop(
            teacher: loop.teacher, leg: loop.leg, student: try required(student, "student"), bond: loop.bond,
            mu: mu, iterations: iterations, tolerance: tolerance, progress: progress(total: 0, function, context))
        report[ISINGRG_TENSORRG_START_COST] = found.startCost
        report[ISINGRG_TENSORRG_DISTANCE] = found.distance
        report[ISINGRG_TENSORRG_SLOPE] = found.slope
        report[ISINGRG_TENSORRG_ITERATIONS] = Double(found.iterations)
    }
}
