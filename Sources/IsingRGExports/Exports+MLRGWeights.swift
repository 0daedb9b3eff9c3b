import CIsingRG
import MLRG
import Numerics

@_cdecl("isingrg_mlrg_weights")
public func isingrg_mlrg_weights(
    _ name: UnsafePointer<CChar>?, _ frame: Int32, _ machine: Int32,
    _ couplings: UnsafePointer<Double>?, _ weights: UnsafeMutablePointer<Double>?, _ count: Int64
) -> isingrg_status {
    status { () throws(Failure) in
        let representation = try Representation(try text(name, "representation"))
        let frame = try choice(frame, "frame", Frame.self)
        let machine = try choice(machine, "machine", Machine.self)
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
