import CIsingRG
import MLRG
import Numerics

private let couplingBound = 10.0

@_cdecl("isingrg_mlrg_loop_terms")
public func isingrg_mlrg_loop_terms(
    _ name: UnsafePointer<CChar>?, _ terms: UnsafeMutablePointer<Int32>?, _ capacity: Int64,
    _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    status { () throws(Failure) in
        let found = try LoopResults.terms(try Representation(try text(name, "representation")))
        let count = try required(count, "count")
        if terms != nil || capacity != 0 {
            let terms = try required(terms, "terms")
            guard capacity >= Int64(found.count) else {
                throw .invalidArgument("capacity must be at least \(found.count), not \(capacity)")
            }
            for (index, term) in found.enumerated() { terms[index] = Int32(term) }
        }
        count.pointee = Int32(found.count)
    }
}

@_cdecl("isingrg_mlrg_loop_distance")
public func isingrg_mlrg_loop_distance(
    _ name: UnsafePointer<CChar>?, _ divergence: Int32, _ teacher: UnsafePointer<Double>?,
    _ student: UnsafePointer<Double>?, _ count: Int64, _ distance: UnsafeMutablePointer<Double>?,
    _ gradient: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let results = try LoopResults(
            try Representation(try text(name, "representation")),
            try choice(divergence, "divergence", DivergenceKind.self))
        let count = try integer(count, "n", 0...rowLimit)
        let (teacher, student) = (try required(teacher, "teacher"), try required(student, "student"))
        try finite(teacher, count: count * results.count, "teacher", bound: couplingBound)
        try finite(student, count: count * results.count, "student", bound: couplingBound)
        try results.distances(
            teacher: teacher, student: student, rows: count, into: try required(distance, "distance"),
            gradient: gradient, progress: progress(total: count, function, context))
    }
}
