import Numerics

/// What sites are joined to, as shifts of bits: site k of a block of 512 and the site at some distance
/// from it, for all k of a mask at once.
///
/// On a lattice of equal cells nearly all sites of a block have their neighbours at the same few
/// distances, those at boundaries at a few others, and most blocks are alike: each list of shifts is
/// kept once. A graph without such an order needs too many shifts, and has none.
final class BitShifts: Sendable {
    struct Shift {
        let distance: Int32
        let kind: Int32
        /// Shifts of one slot have masks without common sites. This is the last of its slot.
        let endsSlot: Bool
    }

    /// The most shifts of a block.
    static let most = 64
    static let blockSize = 512

    private let shifts: Buffer<Shift>
    /// 8 words for each shift.
    private let masks: Buffer<UInt64>
    /// Of each block, its first shift, and the first of no more.
    private let bounds: Buffer<Int32>
    let blocks: Int
    /// The most slots of a block.
    let slots: Int

    fileprivate init(_ builder: BitShiftBuilder) throws(Failure) {
        shifts = try Buffer(count: builder.shifts.count)
        masks = try Buffer(count: builder.masks.count)
        bounds = try Buffer(count: builder.bounds.count)
        for (k, shift) in builder.shifts.enumerated() { shifts.base[k] = shift }
        for (k, word) in builder.masks.enumerated() { masks.base[k] = word }
        for (k, bound) in builder.bounds.enumerated() { bounds.base[k] = bound }
        blocks = builder.bounds.count / 2
        slots = builder.slots
    }

    /// The shifts as loops read them: pointers, which are not counted.
    var table: Table { Table(shifts: shifts.base, masks: masks.base, bounds: bounds.base) }

    struct Table {
        fileprivate let shifts: UnsafePointer<Shift>
        fileprivate let masks: UnsafePointer<UInt64>
        fileprivate let bounds: UnsafePointer<Int32>

        /// Calls `body` for the shifts of a block and their masks.
        @inline(__always)
        func forEach(_ block: Int, _ body: (Shift, UnsafePointer<UInt64>) -> Void) {
            var k = Int(bounds[2 &* block])
            let end = Int(bounds[2 &* block &+ 1])
            while k < end {
                body(shifts[k], masks + k &* 8)
                k &+= 1
            }
        }
    }
}

/// Collects the shifts of one block after another.
struct BitShiftBuilder {
    fileprivate var shifts: [BitShifts.Shift] = []
    fileprivate var masks: [UInt64] = []
    fileprivate var bounds: [Int32] = []
    fileprivate var slots = 0
    private var known: [[UInt64]: (Int32, Int32)] = [:]
    private let separatesKinds: Bool
    private let distances: Buffer<Int32>
    private let kinds: Buffer<Int32>
    private let lanes: Buffer<UInt64>
    private var count = 0
    /// The shift that each neighbour of the last site had.
    private let recent: Buffer<Int32>

    /// - Parameter separatesKinds: shifts of one slot are of one kind.
    init(separatesKinds: Bool) throws(Failure) {
        self.separatesKinds = separatesKinds
        distances = try Buffer(count: BitShifts.most)
        kinds = try Buffer(count: BitShifts.most)
        lanes = try Buffer(count: 8 * BitShifts.most)
        recent = try Buffer(count: 16)
    }

    /// - Parameter neighbour: which of its neighbours; a hint.
    /// - Returns: false if the block would need too many shifts.
    @inline(__always)
    mutating func add(lane: Int, distance: Int32, kind: Int32, neighbour: Int) -> Bool {
        let (word, bit) = (lane &>> 6, UInt64(1) &<< UInt64(lane & 63))
        let hint = Int(recent.base[neighbour & 15])
        if hint < count, distances.base[hint] == distance, kinds.base[hint] == kind,
            lanes.base[8 &* hint &+ word] & bit == 0
        {
            lanes.base[8 &* hint &+ word] |= bit
            return true
        }
        return search(word, bit, distance, kind, neighbour)
    }

    private mutating func search(
        _ word: Int, _ bit: UInt64, _ distance: Int32, _ kind: Int32, _ neighbour: Int
    ) -> Bool {
        // A second bond between the same sites is another shift.
        var k = 0
        while k < count {
            if distances.base[k] == distance, kinds.base[k] == kind, lanes.base[8 * k + word] & bit == 0 { break }
            k += 1
        }
        if k == count {
            guard count < BitShifts.most else { return false }
            (distances.base[k], kinds.base[k]) = (distance, kind)
            for w in 0..<8 { lanes.base[8 * k + w] = 0 }
            count += 1
        }
        lanes.base[8 * k + word] |= bit
        recent.base[neighbour & 15] = Int32(k)
        return true
    }

    /// Sorts the shifts of a block into slots and begins the next.
    mutating func endBlock() {
        func mask(_ k: Int) -> [UInt64] { (0..<8).map { lanes.base[8 * k + $0] } }
        func size(_ k: Int) -> Int { mask(k).reduce(0) { $0 + $1.nonzeroBitCount } }
        var rest = (0..<count).map { (k: $0, size: size($0), mask: mask($0)) }
        rest.sort {
            ($1.size, distances.base[$0.k], kinds.base[$0.k]) < ($0.size, distances.base[$1.k], kinds.base[$1.k])
        }
        var filled: [(kind: Int32, mask: [UInt64], shifts: [(distance: Int32, kind: Int32, mask: [UInt64])])] = []
        for (k, _, mask) in rest {
            var left = mask
            let (distance, kind) = (distances.base[k], kinds.base[k])
            var slot = 0
            // A site takes a slot that it has not yet, so that there are as many as it has neighbours.
            while left.contains(where: { $0 != 0 }) {
                if slot == filled.count { filled.append((kind, Array(repeating: 0, count: 8), [])) }
                if !separatesKinds || filled[slot].kind == kind {
                    let part = (0..<8).map { left[$0] & ~filled[slot].mask[$0] }
                    if part.contains(where: { $0 != 0 }) {
                        for w in 0..<8 {
                            left[w] &= ~part[w]
                            filled[slot].mask[w] |= part[w]
                        }
                        filled[slot].shifts.append((distance, kind, part))
                    }
                }
                slot += 1
            }
        }
        slots = max(slots, filled.count)
        var key: [UInt64] = []
        for slot in filled {
            for (n, one) in slot.shifts.enumerated() {
                let last: UInt64 = n == slot.shifts.count - 1 ? 1 : 0
                key.append(UInt64(UInt32(bitPattern: one.distance)) << 32 | UInt64(one.kind) << 1 | last)
                key += one.mask
            }
        }
        if known[key] == nil {
            let first = Int32(shifts.count)
            for slot in filled {
                for (n, one) in slot.shifts.enumerated() {
                    shifts.append(
                        BitShifts.Shift(
                            distance: one.distance, kind: one.kind, endsSlot: n == slot.shifts.count - 1))
                    masks += one.mask
                }
            }
            known[key] = (first, Int32(shifts.count))
        }
        let (first, end) = known[key]!
        bounds += [first, end]
        count = 0
    }

    func built() throws(Failure) -> BitShifts { try BitShifts(self) }
}

/// The 512 bits from a bit on, which may lie before the first word.
@inline(__always)
func loadBits(_ words: UnsafePointer<UInt64>, from bit: Int) -> SIMD8<UInt64> {
    let first = words + (bit &>> 6)
    let shift = UInt64(truncatingIfNeeded: bit & 63)
    let low = load(first) &>> SIMD8(repeating: shift)
    return low | (load(first + 1) &<< 1) &<< SIMD8(repeating: 63 &- shift)
}
