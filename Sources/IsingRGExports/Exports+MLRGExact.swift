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
    _ gradient: UnsafeMutablePointer<Double>?
) -> isingrg_status {
    status { () throws(Failure) in
        let exact = try ExactResults(
            corners: try representation(name), frame: try choice(frame, "frame", Frame.self))
        let (teacher, student) = (try required(teacher, "teacher"), try required(student, "student"))
        let count = try integer(count, "n", 0...rowLimit)
        try finite(teacher, count: count * exact.teacherCount, "teacher")
        try finite(student, count: count * exact.studentCount, "student")
        try exact.divergences(
            teacher: teacher, student: student, count: count,
            into: try required(divergence, "divergence"), gradient: gradient)
    }
}

@_cdecl("isingrg_mlrg_exact_map")
public func isingrg_mlrg_exact_map(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ couplings: UnsafePointer<Double>?,
    _ count: Int64, _ renormalized: UnsafeMutablePointer<Double>?,
    _ divergence: UnsafeMutablePointer<Double>?
) -> isingrg_status {
    status { () throws(Failure) in
        let exact = try ExactResults(
            corners: try representation(name), frame: try choice(frame, "frame", Frame.self))
        let couplings = try required(couplings, "couplings")
        let count = try integer(count, "n", 0...rowLimit)
        try finite(couplings, count: count * exact.teacherCount, "couplings", bound: couplingBound)
        try exact.minimise(
            teacher: couplings, count: count, students: try required(renormalized, "renormalized"),
            into: try required(divergence, "divergence"))
    }
}

@_cdecl("isingrg_mlrg_minimum_divergence")
public func isingrg_mlrg_minimum_divergence(
    _ name: UnsafePointer<CChar>?, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ divergence: UnsafeMutablePointer<Double>?
) -> isingrg_status {
    status { () throws(Failure) in
        let exact = try ExactResults(
            corners: try Representation("A1"), centre: try representation(name), frame: .published)
        let couplings = try required(couplings, "couplings")
        let count = try integer(count, "n", 0...rowLimit)
        try finite(couplings, count: count, "couplings", bound: couplingBound)
        // Zero couplings to other components than the first are a stationary point by symmetry;
        // the start must not sit on it.
        let start = (0..<exact.studentCount).map { $0 == 0 ? 0.5 : 0.3 / Double($0) }
        try exact.minimise(
            teacher: couplings, count: count, start: start, students: nil,
            into: try required(divergence, "divergence"))
    }
}

@_cdecl("isingrg_mlrg_boltzmann_tensor")
public func isingrg_mlrg_boltzmann_tensor(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ machine: Int32,
    _ couplings: UnsafePointer<Double>?, _ count: Int64, _ logarithms: UnsafeMutablePointer<Double>?, _ logarithmsCount: Int64
) -> isingrg_status {
    status { () throws(Failure) in
        let representation = try representation(name)
        let frame = try choice(frame, "frame", Frame.self)
        let machine = try choice(machine, "machine", Machine.self)
        let couplings = try required(couplings, "couplings")
        let logarithms = try required(logarithms, "logarithms")
        let count = try integer(count, "n", 0...1 << 32)
        let size = 1 << (4 * representation.components)
        guard logarithmsCount == Int64(count * size) else {
            throw .invalidArgument("logarithms must have \(count * size) elements, not \(logarithmsCount)")
        }
        let n = try representation.couplings(frame: frame).count
        try finite(couplings, count: count * n, "couplings")
        for i in 0..<count {
            boltzmannTensor(
                representation, machine, frame: frame, couplings: couplings + i * n,
                into: logarithms + i * size)
        }
    }
}
