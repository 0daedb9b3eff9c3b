import CIsingRG
import MLRG
import Numerics

@_cdecl("isingrg_mlrg_boltzmann_tensor")
public func isingrg_mlrg_boltzmann_tensor(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ machine: Int32,
    _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ logarithms: UnsafeMutablePointer<Double>?, _ logarithmsCount: Int64,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let (representation, frame, machine) = try described(name, frame, machine)
        let couplings = try required(couplings, "couplings")
        let logarithms = try required(logarithms, "logarithms")
        let count = try integer(count, "n", 0...1 << 32)
        let size = 1 << (4 * representation.components)
        guard logarithmsCount == Int64(count * size) else {
            throw .invalidArgument("logarithms must have \(count * size) elements, not \(logarithmsCount)")
        }
        let n = try representation.couplings(frame: frame).count
        try finite(couplings, count: count * n, "couplings")
        try eachCoupling(Int64(count), function, context) { i in
            boltzmannTensor(
                representation, machine, frame: frame, couplings: couplings + i * n,
                into: logarithms + i * size)
        }
    }
}

@_cdecl("isingrg_mlrg_weights")
public func isingrg_mlrg_weights(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ machine: Int32,
    _ couplings: UnsafePointer<Double>?, _ weights: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    status { () throws(Failure) in
        let (representation, frame, machine) = try described(name, frame, machine)
        let couplings = try required(couplings, "couplings")
        let weights = try required(weights, "weights")
        try finite(couplings, count: try representation.couplings(frame: frame).count, "couplings")
        let dense = machineWeights(representation, machine, frame: frame, couplings: couplings)
        guard count == Int64(dense.count) else {
            throw .invalidArgument("weights must have \(dense.count) elements, not \(count)")
        }
        weights.update(from: dense, count: dense.count)
    }
}

/// The arguments that say which machine is meant.
private func described(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ machine: Int32
) throws(Failure) -> (Representation, Frame, Machine) {
    (
        try Representation(try text(name, "representation")),
        try choice(frame, "frame", Frame.self),
        try choice(machine, "machine", Machine.self)
    )
}
