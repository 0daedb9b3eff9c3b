import CIsingRG
import MLRG
import Numerics

private let couplingBound = 8.0

/// The symmetry that a structure of the header describes.
func symmetry(_ given: UnsafePointer<isingrg_internal_symmetry>?) throws(Failure) -> InternalSymmetry {
    let given = try required(given, "symmetry").pointee
    let q = try integer(Int64(given.q), "q", 2...10)
    let kernels = try integer(Int64(given.n_kernels), "n_kernels", 1...Int64(q * q))
    let generators = try integer(Int64(given.n_generators), "n_generators", 1...100)
    let values = UnsafeBufferPointer(start: try required(given.kernels, "kernels"), count: kernels * q * q)
    let images = UnsafeBufferPointer(start: try required(given.generators, "generators"), count: generators * q)
    return try InternalSymmetry(
        q: q, kernels: Array(values),
        generators: (0..<generators).map { g in images[g * q..<(g + 1) * q].map(Int.init) })
}

@_cdecl("isingrg_mlrg_state_couplings")
public func isingrg_mlrg_state_couplings(
    _ group: UnsafePointer<isingrg_internal_symmetry>?, _ name: UnsafePointer<CChar>?,
    _ frame: Int32, _ couplings: UnsafeMutablePointer<Int32>?, _ capacity: Int64,
    _ count: UnsafeMutablePointer<Int32>?
) -> isingrg_status {
    status { () throws(Failure) in
        let found = try StateTensor.couplings(
            try symmetry(group), try text(name, "representation"),
            frame: try choice(frame, "frame", Frame.self))
        let count = try required(count, "count")
        if couplings != nil || capacity != 0 {
            let couplings = try required(couplings, "couplings")
            guard capacity >= Int64(3 * found.count) else {
                throw .invalidArgument("capacity must be at least \(3 * found.count), not \(capacity)")
            }
            for (index, coupling) in found.enumerated() {
                couplings[3 * index] = Int32(coupling.edge)
                couplings[3 * index + 1] = Int32(coupling.vertex)
                couplings[3 * index + 2] = Int32(coupling.kernel)
            }
        }
        count.pointee = Int32(found.count)
    }
}

@_cdecl("isingrg_mlrg_state_divergence")
public func isingrg_mlrg_state_divergence(
    _ group: UnsafePointer<isingrg_internal_symmetry>?, _ name: UnsafePointer<CChar>?,
    _ frame: Int32, _ teacher: UnsafePointer<Double>?, _ student: UnsafePointer<Double>?,
    _ directions: UnsafePointer<Double>?, _ count: Int64,
    _ divergence: UnsafeMutablePointer<Double>?, _ gradient: UnsafeMutablePointer<Double>?,
    _ products: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let count = try integer(count, "n", 0...rowLimit)
        let progress = progress(total: count, function, context)
        let exact = try results(group, name, frame, progress)
        let (teacher, student) = (try required(teacher, "teacher"), try required(student, "student"))
        try finite(teacher, count: count * exact.teacherCount, "teacher")
        try finite(student, count: count * exact.studentCount, "student")
        if let directions {
            try finite(directions, count: count * exact.studentCount, "directions")
            _ = try required(products, "products")
        } else if products != nil {
            throw .invalidArgument("directions must not be NULL where products is not")
        }
        try exact.divergences(
            teacher: teacher, student: student, directions: directions, count: count,
            into: try required(divergence, "divergence"), gradient: gradient, products: products,
            progress: progress)
    }
}

@_cdecl("isingrg_mlrg_state_exact_map")
public func isingrg_mlrg_state_exact_map(
    _ group: UnsafePointer<isingrg_internal_symmetry>?, _ name: UnsafePointer<CChar>?,
    _ frame: Int32, _ couplings: UnsafePointer<Double>?, _ count: Int64, _ starts: Int32,
    _ seed: UInt64, _ renormalized: UnsafeMutablePointer<Double>?,
    _ divergence: UnsafeMutablePointer<Double>?, _ gradientNorm: UnsafeMutablePointer<Double>?,
    _ counts: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        let count = try integer(count, "n", 0...rowLimit)
        let starts = try integer(Int64(starts), "starts", 1...1024)
        let progress = progress(total: count * starts, function, context)
        let exact = try results(group, name, frame, progress)
        try finite(couplings, count: count * exact.teacherCount, "couplings", bound: couplingBound)
        var minima = ExactResults.Minima()
        minima.students = try required(renormalized, "renormalized")
        (minima.divergence, minima.gradientNorm, minima.counts) = (divergence, gradientNorm, counts)
        try exact.minimise(
            teacher: couplings, count: count, starts: starts, seed: seed, into: minima,
            progress: progress)
    }
}

@_cdecl("isingrg_mlrg_state_tensor")
public func isingrg_mlrg_state_tensor(
    _ group: UnsafePointer<isingrg_internal_symmetry>?, _ name: UnsafePointer<CChar>?,
    _ frame: Int32, _ machine: Int32, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ logarithms: UnsafeMutablePointer<Double>?, _ logarithmsCount: Int64,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let tensor = try StateTensor(
            try symmetry(group), try text(name, "representation"),
            try choice(machine, "machine", Machine.self), frame: try choice(frame, "frame", Frame.self))
        let couplings = try required(couplings, "couplings")
        let logarithms = try required(logarithms, "logarithms")
        let count = try integer(count, "n", 0...1 << 30)
        let size = tensor.states * tensor.states * tensor.states * tensor.states
        guard logarithmsCount / Int64(size) == Int64(count), logarithmsCount % Int64(size) == 0 else {
            throw .invalidArgument("logarithms must have \(count) times \(size) elements, not \(logarithmsCount)")
        }
        try finite(couplings, count: count * tensor.couplingCount, "couplings")
        try eachCoupling(Int64(count), function, context) { i in
            tensor.logarithms(couplings + i * tensor.couplingCount, into: logarithms + i * size)
        }
    }
}

private func results(
    _ group: UnsafePointer<isingrg_internal_symmetry>?, _ name: UnsafePointer<CChar>?, _ frame: Int32,
    _ progress: Progress
) throws(Failure) -> ExactResults {
    try ExactResults(
        try symmetry(group), try text(name, "representation"),
        frame: try choice(frame, "frame", Frame.self), progress: progress)
}
