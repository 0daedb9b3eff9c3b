import CIsingRG
import MLRG
import Numerics

private let couplingBound = 4.0

private func representation(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> Representation {
    try Representation(try text(pointer, "representation"))
}

@_cdecl("isingrg_mlrg_coupling_count")
public func isingrg_mlrg_coupling_count(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    status { () throws(Failure) in
        try required(count, "count").pointee = Int32(try couplings(name, frame).count)
    }
}

@_cdecl("isingrg_mlrg_couplings")
public func isingrg_mlrg_couplings(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ components: UnsafeMutablePointer<Int32>?,
    _ count: Int64
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try couplings(name, frame)
        let components = try required(components, "components")
        guard count == Int64(2 * couplings.count) else {
            throw .invalidArgument("components must have \(2 * couplings.count) elements, not \(count)")
        }
        for (index, pair) in couplings.enumerated() {
            components[2 * index] = Int32(pair.edge)
            components[2 * index + 1] = Int32(pair.vertex)
        }
    }
}

private func couplings(
    _ name: UnsafePointer<CChar>?, _ frame: Int32
) throws(Failure) -> [(edge: Int, vertex: Int)] {
    try representation(name).couplings(frame: try choice(frame, "frame", Frame.self))
}

@_cdecl("isingrg_mlrg_divergence")
public func isingrg_mlrg_divergence(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ teacher: UnsafePointer<Double>?,
    _ student: UnsafePointer<Double>?, _ count: Int64, _ divergence: UnsafeMutablePointer<Double>?,
    _ gradient: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let (exact, count) = try pairs(name, frame, teacher, student, count)
        try exact.divergences(
            teacher: try required(teacher, "teacher"), student: try required(student, "student"),
            count: count, into: try required(divergence, "divergence"), gradient: gradient,
            progress: progress(total: count, function, context))
    }
}

@_cdecl("isingrg_mlrg_divergence_hessian")
public func isingrg_mlrg_divergence_hessian(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ teacher: UnsafePointer<Double>?,
    _ student: UnsafePointer<Double>?, _ directions: UnsafePointer<Double>?, _ count: Int64,
    _ divergence: UnsafeMutablePointer<Double>?, _ products: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let (exact, count) = try pairs(name, frame, teacher, student, count)
        let directions = try required(directions, "directions")
        try finite(directions, count: count * exact.studentCount, "directions")
        try exact.divergences(
            teacher: try required(teacher, "teacher"), student: try required(student, "student"),
            directions: directions, count: count, into: try required(divergence, "divergence"),
            gradient: nil, products: try required(products, "products"),
            progress: progress(total: count, function, context))
    }
}

/// The checked arguments that the two functions above share.
private func pairs(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ teacher: UnsafePointer<Double>?,
    _ student: UnsafePointer<Double>?, _ count: Int64
) throws(Failure) -> (ExactResults, count: Int) {
    let exact = try ExactResults(
        corners: try representation(name), frame: try choice(frame, "frame", Frame.self))
    let count = try integer(count, "n", 0...rowLimit)
    try finite(try required(teacher, "teacher"), count: count * exact.teacherCount, "teacher")
    try finite(try required(student, "student"), count: count * exact.studentCount, "student")
    return (exact, count)
}

@_cdecl("isingrg_mlrg_exact_map")
public func isingrg_mlrg_exact_map(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ couplings: UnsafePointer<Double>?,
    _ count: Int64, _ starts: Int32, _ seed: UInt64, _ renormalized: UnsafeMutablePointer<Double>?,
    _ divergence: UnsafeMutablePointer<Double>?, _ gradientNorm: UnsafeMutablePointer<Double>?,
    _ counts: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let exact = try ExactResults(
            corners: try representation(name), frame: try choice(frame, "frame", Frame.self))
        var minima = ExactResults.Minima()
        minima.students = try required(renormalized, "renormalized")
        (minima.divergence, minima.gradientNorm, minima.counts) = (divergence, gradientNorm, counts)
        try minimise(exact, couplings, count, starts, seed, minima, function, context)
    }
}

@_cdecl("isingrg_mlrg_minimum_divergence")
public func isingrg_mlrg_minimum_divergence(
    _ name: UnsafePointer<CChar>?, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ starts: Int32, _ seed: UInt64, _ divergence: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let exact = try ExactResults(
            corners: try Representation("A1"), centre: try representation(name), frame: .published)
        var minima = ExactResults.Minima()
        minima.divergence = try required(divergence, "divergence")
        try minimise(exact, couplings, count, starts, seed, minima, function, context)
    }
}

private func minimise(
    _ exact: ExactResults, _ couplings: UnsafePointer<Double>?, _ count: Int64, _ starts: Int32,
    _ seed: UInt64, _ minima: ExactResults.Minima, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) throws(Failure) {
    let couplings = try required(couplings, "couplings")
    let count = try integer(count, "n", 0...rowLimit)
    let starts = try integer(Int64(starts), "starts", 1...1024)
    try finite(couplings, count: count * exact.teacherCount, "couplings", bound: couplingBound)
    try exact.minimise(
        teacher: couplings, count: count, starts: starts, seed: seed, into: minima,
        progress: progress(total: count * starts, function, context))
}
