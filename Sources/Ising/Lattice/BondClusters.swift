import Numerics

/// Clusters of a configuration, labelled by union-find over runs: sites i, i + 1, ... that bonds join.
///
/// Only the first site of a run has a parent, which is never larger than its child, so that the root of
/// a cluster is its smallest first site, and one pass in ascending order resolves all.
final class BondClusters {
    let lattice: Lattice
    private let bonds: BondBits
    private let reflections: Reflections
    private let thresholds: [ThresholdBits]
    /// Bits of the states of all sites, and where they begin.
    private let planes: [Buffer<UInt64>]
    let planeStarts: [UnsafeMutablePointer<UInt64>]
    private let masks: [UnsafePointer<UInt64>]
    /// Bit i: a bond joins i to i + 1; then, a run begins at i.
    let starts: Buffer<UInt64>
    /// Open bonds by block and slot.
    private let open: Buffer<UInt64>
    /// For each word the first site of the run that its lowest site is in.
    private let entering: Buffer<Int32>
    let parents: Buffer<Int32>
    static let margin = 16
    let words: Int

    init(_ lattice: Lattice, _ bonds: BondBits, _ reflections: Reflections) throws(Failure) {
        (self.lattice, self.bonds, self.reflections) = (lattice, bonds, reflections)
        thresholds = try BondClusters.thresholds(reflections, kinds: lattice.strengths.count)
        words = 8 * bonds.shifts.blocks
        let room = words + 2 * BondClusters.margin
        var planes: [Buffer<UInt64>] = []
        for _ in 0..<(lattice.spins.count - 1).bitWidth - (lattice.spins.count - 1).leadingZeroBitCount {
            planes.append(try Buffer(count: room))
        }
        self.planes = planes
        planeStarts = planes.map { $0.base + BondClusters.margin }
        masks = thresholds.map { $0.base }
        starts = try Buffer(count: room)
        open = try Buffer(count: max(1, words * bonds.shifts.slots))
        entering = try Buffer(count: words)
        parents = try Buffer(count: lattice.sites)
    }

    private static func thresholds(_ reflections: Reflections, kinds: Int) throws(Failure) -> [ThresholdBits] {
        var all: [ThresholdBits] = []
        for kind in 0..<kinds {
            all.append(try ThresholdBits(weak: reflections.alikeProbabilities.base[kind], strong: 0))
        }
        return all
    }

    // MARK: - Labels

    /// Opens bonds between the states as they are and labels the clusters.
    func label(_ random: inout RandomStream, stop: StopSignal) {
        let rows = starts.base + BondClusters.margin
        for w in -1...words { rows[w] = 0 }
        for block in 0..<bonds.shifts.blocks {
            if block & 255 == 0, stop.isStopped { return }
            openBonds(block, &random)
        }
        findRuns()
        for block in 0..<bonds.shifts.blocks {
            if block & 255 == 0, stop.isStopped { return }
            joinRuns(block)
        }
    }

    @inline(__always)
    private func openBonds(_ block: Int, _ stream: inout RandomStream) {
        var random = stream
        let rows = starts.base + (BondClusters.margin &+ 8 &* block)
        let open = open.base + 8 &* bonds.shifts.slots &* block
        let isIsing = lattice.spins.kind == .ising
        let (shifts, planes, masks) = (bonds.shifts.table, planeStarts, masks)
        let signs = reflections.alike.base
        var slot = 0
        var alike = SIMD8<UInt64>()
        shifts.forEach(block) { shift, mask in
            let kind = Int(shift.kind)
            var differ = SIMD8<UInt64>()
            for k in 0..<planes.count {
                let plane = planes[k]
                differ |= load(plane + 8 &* block) ^ loadBits(plane, from: 512 &* block &+ Int(shift.distance))
            }
            if isIsing, signs[kind] == 1 { differ = ~differ }
            alike |= ~differ & load(mask)
            if shift.endsSlot {
                alike &= ThresholdBits.below(masks[kind], random: &random)
                store(alike, open + 8 &* slot)
                alike = SIMD8()
                slot &+= 1
            }
        }
        slot = 0
        shifts.forEach(block) { shift, mask in
            if shift.distance == 1 {
                store(load(rows) | (load(open + 8 &* slot) & load(mask)), rows)
            } else if shift.distance == -1 {
                for w in 0..<8 {
                    let bits = open[8 &* slot &+ w] & mask[w]
                    rows[w] |= bits &>> 1
                    rows[w &- 1] |= bits &<< 63
                }
            }
            if shift.endsSlot { slot &+= 1 }
        }
        stream = random
    }

    /// Turns the bonds from each site to the next into the starts of runs.
    private func findRuns() {
        let rows = starts.base + BondClusters.margin
        let (parents, entering) = (parents.base, entering.base)
        for i in 0..<lattice.sites { parents[i] = Int32(truncatingIfNeeded: i) }
        var carry: UInt64 = 0
        var latest: Int32 = 0
        for w in 0..<words {
            let bonds = rows[w]
            var bits = ~(bonds &<< 1 | carry)
            carry = bonds &>> 63
            let first = 64 &* w
            if first &+ 64 > lattice.sites {
                bits &= first >= lattice.sites ? 0 : ~0 &>> UInt64(first &+ 64 &- lattice.sites)
            }
            rows[w] = bits
            entering[w] = latest
            if bits != 0 { latest = Int32(truncatingIfNeeded: first &+ 63 &- bits.leadingZeroBitCount) }
        }
    }

    @inline(__always)
    private func joinRuns(_ block: Int) {
        let rows = UnsafePointer(starts.base + BondClusters.margin)
        let open = open.base + 8 &* bonds.shifts.slots &* block
        let (parents, entering) = (parents.base, entering.base)
        let first = 512 &* block
        var slot = 0
        bonds.shifts.table.forEach(block) { shift, mask in
            let distance = Int(shift.distance)
            let bonds = open + 8 &* slot
            if shift.endsSlot { slot &+= 1 }
            if distance == 1 || distance == -1 { return }
            var carry: UInt64 = 0
            for w in 0..<8 {
                let all = bonds[w] & mask[w]
                if all == 0 {
                    carry = 0
                    continue
                }
                // But for bonds whose left neighbour joins the same two runs.
                let own = rows[8 &* block &+ w]
                let place = first &+ 64 &* w
                let other = BondClusters.word(rows, from: place &+ distance)
                var bits = all & ~((all &<< 1 | carry) & ~own & ~other)
                carry = all &>> 63
                while bits != 0 {
                    let site = place &+ bits.trailingZeroBitCount
                    BondClusters.join(run(site, rows, entering), run(site &+ distance, rows, entering), parents)
                    bits &= bits &- 1
                }
            }
        }
    }

    @inline(__always)
    private static func word(_ words: UnsafePointer<UInt64>, from bit: Int) -> UInt64 {
        let (w, shift) = (bit &>> 6, UInt64(truncatingIfNeeded: bit & 63))
        return words[w] &>> shift | (words[w &+ 1] &<< 1) &<< (63 &- shift)
    }

    /// The first site of the run that a site is in.
    @inline(__always)
    private func run(_ site: Int, _ rows: UnsafePointer<UInt64>, _ entering: UnsafePointer<Int32>) -> Int32 {
        let w = site &>> 6
        let before = rows[w] &<< UInt64(63 &- site & 63)
        let start = Int32(truncatingIfNeeded: site &- before.leadingZeroBitCount)
        return before == 0 ? entering[w] : start
    }

    @inline(__always)
    private static func find(_ site: Int32, _ parents: UnsafeMutablePointer<Int32>) -> Int32 {
        // Three steps without asking: few roots are further away, and a branch that cannot be foreseen
        // costs more.
        var above = parents[Int(parents[Int(site)])]
        var next = parents[Int(above)]
        while next != above {
            above = parents[Int(next)]
            next = parents[Int(above)]
        }
        parents[Int(site)] = above
        return above
    }

    @inline(__always)
    private static func join(_ a: Int32, _ b: Int32, _ parents: UnsafeMutablePointer<Int32>) {
        let a = find(a, parents), b = find(b, parents)
        parents[Int(max(a, b))] = min(a, b)
    }
}
