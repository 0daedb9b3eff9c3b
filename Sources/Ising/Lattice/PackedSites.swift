import Numerics

/// Where the sites of a lattice are in bits: those of one colour and one number of neighbours together,
/// each group beginning with a block of 512, and how far from them their neighbours are.
final class SiteBits: Sendable {
    /// Blocks of each group of the lattice.
    let blocks: [Range<Int>]
    /// Kind 1 are negative bonds.
    let shifts: BitShifts

    private init(blocks: [Range<Int>], shifts: BitShifts) {
        (self.blocks, self.shifts) = (blocks, shifts)
    }

    /// Part of the bits that are sites.
    func density(_ lattice: Lattice) -> Double {
        Double(lattice.sites) / Double(BitShifts.blockSize * (blocks.last?.upperBound ?? 1))
    }

    /// - Returns: nil if the neighbours have no order that shifts follow.
    static func make(_ lattice: Lattice) throws(Failure) -> SiteBits? {
        guard PackedSpins.canPack(lattice) else { return nil }
        // Bit of each site.
        let bits = try Buffer<Int32>(count: lattice.sites)
        var blocks: [Range<Int>] = []
        var first = 0
        for group in lattice.groups {
            for (k, p) in group.range.enumerated() {
                bits.base[Int(lattice.order.base[p])] = Int32(first * BitShifts.blockSize + k)
            }
            let count = (group.range.count + BitShifts.blockSize - 1) / BitShifts.blockSize
            blocks.append(first..<first + count)
            first += count
        }
        var builder = try BitShiftBuilder(separatesKinds: false)
        for group in lattice.groups {
            for (k, p) in group.range.enumerated() {
                let site = Int(lattice.order.base[p])
                let own = bits.base[site]
                for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site + 1]) {
                    let distance = bits.base[Int(lattice.neighbours.base[e])] - own
                    let kind: Int32 = lattice.strengths[Int(lattice.kinds.base[e])] < 0 ? 1 : 0
                    let hint = e - Int(lattice.starts.base[site])
                    guard builder.add(lane: k & 511, distance: distance, kind: kind, neighbour: hint)
                    else { return nil }
                }
                if k & 511 == 511 || k == group.range.count - 1 { builder.endBlock() }
            }
        }
        return SiteBits(blocks: blocks, shifts: try builder.built())
    }
}

/// Metropolis and heat bath of one chain of Ising spins, 512 sites at once.
///
/// The bonds have one strength but for their signs. Up neighbours are counted in binary by full adders,
/// and random numbers compared with the probability of each count; see `PackedRule`. Spin +1 is a one.
final class PackedSites: PackedChains {
    private let setting: LatticeSetting
    private let sites: SiteBits
    private let words: Buffer<UInt64>
    private let rules: [PackedRule]
    /// Neighbours may be looked for up to a block before the first and behind the last.
    private static let margin = 16

    init(_ setting: LatticeSetting, _ sites: SiteBits) throws(Failure) {
        self.setting = setting
        self.sites = sites
        words = try Buffer(count: 8 * sites.shifts.blocks + 2 * PackedSites.margin)
        rules = PackedRule.rules(setting)
    }

    private var base: UnsafeMutablePointer<UInt64> { words.base + PackedSites.margin }

    func read(_ states: UnsafePointer<UInt8>) {
        let order = setting.lattice.order.base
        for (group, blocks) in zip(setting.lattice.groups, sites.blocks) {
            var p = group.range.lowerBound
            var target = base + 8 * blocks.lowerBound
            while p < group.range.upperBound {
                let end = min(p &+ 64, group.range.upperBound)
                var word: UInt64 = 0, bit: UInt64 = 0
                while p < end {
                    word |= UInt64(states[Int(order[p])]) &<< bit
                    (p, bit) = (p &+ 1, bit &+ 1)
                }
                target.pointee = word
                target += 1
            }
        }
    }

    func write(_ states: UnsafeMutablePointer<UInt8>) {
        let order = setting.lattice.order.base
        for (group, blocks) in zip(setting.lattice.groups, sites.blocks) {
            var p = group.range.lowerBound
            var source = base + 8 * blocks.lowerBound
            while p < group.range.upperBound {
                let end = min(p &+ 64, group.range.upperBound)
                var word = source.pointee
                while p < end {
                    states[Int(order[p])] = UInt8(truncatingIfNeeded: word & 1)
                    (p, word) = (p &+ 1, word &>> 1)
                }
                source += 1
            }
        }
    }

    func sweep(_ stream: inout RandomStream) {
        var random = stream
        for k in 0..<rules.count {
            let (base, shifts) = (base, sites.shifts.table)
            rules[k].withKernel { rule in
                for block in sites.blocks[k] {
                    if block & 4095 == 4095, setting.stop.isStopped { return }
                    PackedSites.update(base, block, shifts, rule, &random)
                }
            }
        }
        stream = random
    }

    @inline(__always)
    private static func update(
        _ base: UnsafeMutablePointer<UInt64>, _ block: Int, _ shifts: BitShifts.Table, _ rule: PackedRule.Kernel,
        _ random: inout RandomStream
    ) {
        let own = base + 8 &* block
        let spins = load(own)
        let flip = rule.countsEqual & ~spins
        var (b0, b1, b2, b3) = (SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>())
        var up = SIMD8<UInt64>()
        shifts.forEach(block) { shift, mask in
            let sign = SIMD8(repeating: 0 &- UInt64(truncatingIfNeeded: Int(shift.kind)))
            up |= (loadBits(base, from: block &* 512 &+ Int(shift.distance)) ^ sign) & load(mask)
            if shift.endsSlot {
                up ^= flip
                let c0 = b0 & up
                b0 ^= up
                let c1 = b1 & c0
                b1 ^= c0
                let c2 = b2 & c1
                b2 ^= c1
                b3 ^= c2
                up = SIMD8()
            }
        }
        store(rule.updated(spins, b0, b1, b2, b3, &random), own)
    }
}
