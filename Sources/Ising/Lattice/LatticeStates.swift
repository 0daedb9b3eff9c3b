import Numerics

/// States as the kernels take them: bytes 0 to q - 1.
public struct LatticeStates {
    private let bytes: Buffer<UInt8>

    fileprivate init(_ bytes: Buffer<UInt8>) { self.bytes = bytes }

    public func withBytes(_ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
        try body(bytes.base)
    }
}

extension Lattice {
    /// The states of configurations as users have them: -1 and +1 of Ising, else 0 to q - 1.
    public func states(of configurations: UnsafePointer<Int8>, count: Int) throws(Failure) -> LatticeStates {
        let bytes = try Buffer<UInt8>(count: count * sites)
        let isIsing = spins.kind == .ising
        let (target, q) = (bytes.base, UInt8(spins.count))
        // Whether one is wrong is asked at the end, so that the loops are of vectors.
        var wrong: UInt8 = 0
        if isIsing {
            for k in 0..<count * sites {
                let raised = UInt8(bitPattern: configurations[k] &+ 1)
                wrong |= raised & ~2
                target[k] = raised &>> 1
            }
        } else {
            for k in 0..<count * sites {
                let given = UInt8(bitPattern: configurations[k])
                wrong |= given >= q ? 1 : 0
                target[k] = given
            }
        }
        guard wrong == 0 else { throw wrongState(configurations, count: count) }
        return LatticeStates(bytes)
    }

    private func wrongState(_ configurations: UnsafePointer<Int8>, count: Int) -> Failure {
        let isIsing = spins.kind == .ising
        let k = (0..<count * sites).first {
            isIsing ? abs(Int(configurations[$0])) != 1 : !(0..<spins.count).contains(Int(configurations[$0]))
        }!
        let permitted = isIsing ? "+1 or -1" : "from 0 to \(spins.count - 1)"
        return .invalidArgument("spins must be \(permitted), not \(configurations[k])")
    }

    /// The other way; both may be the same memory.
    public func write(_ states: UnsafePointer<UInt8>, count: Int, to configurations: UnsafeMutablePointer<Int8>) {
        if spins.kind == .ising {
            for k in 0..<count * sites { configurations[k] = Int8(bitPattern: states[k] &<< 1) &- 1 }
        } else {
            for k in 0..<count * sites { configurations[k] = Int8(bitPattern: states[k]) }
        }
    }
}
