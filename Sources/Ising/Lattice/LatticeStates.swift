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
        for k in 0..<count * sites {
            let given = Int(configurations[k])
            guard isIsing ? given == 1 || given == -1 : (0..<spins.count).contains(given) else {
                let permitted = isIsing ? "+1 or -1" : "from 0 to \(spins.count - 1)"
                throw .invalidArgument("spins must be \(permitted), not \(given)")
            }
            bytes.base[k] = UInt8(isIsing ? (given + 1) / 2 : given)
        }
        return LatticeStates(bytes)
    }

    /// The other way; both may be the same memory.
    public func write(_ states: UnsafePointer<UInt8>, count: Int, to configurations: UnsafeMutablePointer<Int8>) {
        let isIsing = spins.kind == .ising
        for k in 0..<count * sites {
            configurations[k] = isIsing ? Int8(2 * Int(states[k]) - 1) : Int8(states[k])
        }
    }
}
