import Numerics

/// The bonds of a lattice as shifts of bits: site i is bit i, and each bond belongs to the block of one of
/// its ends. The kind of a shift is that of the strengths of its bonds.
final class BondBits: Sendable {
    let shifts: BitShifts

    private init(_ shifts: BitShifts) { self.shifts = shifts }

    /// - Returns: nil if the bonds have no order that shifts follow.
    static func make(_ lattice: Lattice) throws(Failure) -> BondBits? {
        guard lattice.spins.kind != .clock, lattice.strengths.count <= 256 else { return nil }
        let blocks = (lattice.sites + BitShifts.blockSize - 1) / BitShifts.blockSize
        // The bonds of each block, as they were given.
        let starts = try Buffer<Int32>(count: blocks + 1)
        let order = try Buffer<Int32>(count: lattice.bonds)
        for b in 0..<lattice.bonds { starts.base[Int(lattice.ends.base[2 * b]) >> 9 + 1] += 1 }
        for k in 0..<blocks { starts.base[k + 1] += starts.base[k] }
        for b in 0..<lattice.bonds {
            let block = Int(lattice.ends.base[2 * b]) >> 9
            order.base[Int(starts.base[block])] = Int32(b)
            starts.base[block] += 1
        }
        var builder = try BitShiftBuilder(separatesKinds: true)
        var next = 0
        for block in 0..<blocks {
            // Filling in has moved each start to the next.
            while next < Int(starts.base[block]) {
                let b = Int(order.base[next])
                let (from, to) = (lattice.ends.base[2 * b], lattice.ends.base[2 * b + 1])
                let kind = lattice.bondKinds.base[b]
                guard builder.add(lane: Int(from) & 511, distance: to - from, kind: kind, neighbour: Int(kind))
                else { return nil }
                next += 1
            }
            builder.endBlock()
        }
        return BondBits(try builder.built())
    }
}

/// Swendsen-Wang's algorithm of one chain of Ising spins without a field, as bits; see `AllClusters`.
struct PackedClusters: PackedChains {
    private let clusters: BondClusters
    private let stop: StopSignal

    init(_ setting: LatticeSetting, _ bonds: BondBits) throws(Failure) {
        clusters = try BondClusters(setting.lattice, bonds, try Reflections(setting))
        stop = setting.stop
    }

    func read(_ states: UnsafePointer<UInt8>) { clusters.read(states) }
    func write(_ states: UnsafeMutablePointer<UInt8>) { clusters.write(states) }

    func sweep(_ stream: inout RandomStream) {
        var random = stream
        clusters.label(&random, stop: stop)
        if stop.isStopped { return }
        clusters.turn(&random)
        stream = random
    }
}
