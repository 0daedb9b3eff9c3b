import CLanes
import Numerics

/// Gibbs sampling of a Boltzmann machine whose units see few others, 64 chains side by side.
///
/// A spin is a byte with all bits set for +1. A unit that sees m spins has 2^m conditional
/// probabilities; they are tabulated once for the couplings, as 32 binary digits each, and looked
/// up by one shuffle of bytes for 16 entries, or for every 64. A uniform number is compared with
/// them eight digits at a time, from the first, and drawn no further than the comparison needs: 8
/// random bits per spin decide 255 of 256 cases, and the result is exact to 2^-32.
package final class GibbsTables {
    package typealias Chains = SIMD8<UInt64>
    static let width = 64
    private static let digits = 4

    /// A unit: the units it sees, and where its tables start: (digits, blocks, 16 entries). Four
    /// partners choose an entry of one block. Of more, the first six choose one of four blocks, the
    /// others choose among these; a unit that sees less than four or six has partners without weight.
    private struct Row {
        let firstPartner, partnerCount: Int
        let table, blocks: Int
    }

    private let machine: BoltzmannMachine
    /// Hidden units, then visible ones.
    private let rows: Buffer<Row>
    private let partners: Buffer<Int>
    /// Element of the dense weights for each partner, -1 for none.
    private let sources: [Int]
    private let tables: Buffer<UInt8>
    private let fields: Buffer<SIMD8<Double>>
    private let firstDigits, candidates: Buffer<Chains>

    init(_ machine: BoltzmannMachine) throws(Failure) {
        self.machine = machine
        let (hidden, visible) = (machine.hiddenCount, machine.visibleCount)
        let joined = Set(machine.terms.map { $0.hidden * visible + $0.visible })
        let elements =
            (0..<hidden).map { h in (0..<visible).map { (partner: $0, source: h * visible + $0) } }
            + (0..<visible).map { v in (0..<hidden).map { (partner: $0, source: $0 * visible + v) } }
        let seen = elements.map { row in
            let own = row.filter { joined.contains($0.source) }
            let count = own.count > 4 ? max(6, own.count) : 4
            return own + (own.count..<count).map { _ in (partner: 0, source: -1) }
        }
        rows = try Buffer(count: seen.count)
        partners = try Buffer(count: seen.reduce(0) { $0 + $1.count })
        sources = seen.flatMap { $0.map(\.source) }
        for (i, element) in seen.joined().enumerated() { partners[i] = element.partner }
        var (first, table) = (0, 0)
        for (unit, units) in seen.enumerated() {
            let blocks = 1 << (units.count - 4)
            rows[unit] = Row(firstPartner: first, partnerCount: units.count, table: table, blocks: blocks)
            first += units.count
            table += Self.digits * blocks * 16
        }
        tables = try Buffer(count: table)
        let blocks = 1 << (seen.reduce(4) { max($0, $1.count) } - 4)
        fields = try Buffer(count: 2 * blocks)
        candidates = try Buffer(count: (blocks + 3) / 4)
        firstDigits = try Buffer(count: rows.count)
    }

    package convenience init(_ representation: Representation, _ machine: Machine, frame: Frame) throws(Failure) {
        try self.init(machine.make(representation, frame: frame))
    }

    /// Tabulates p(+1) = 1 / (1 + exp(-2 field)) of every unit.
    package func setWeights(_ dense: [Double]) {
        let field = UnsafeMutableRawPointer(fields.base).assumingMemoryBound(to: Double.self)
        for unit in 0..<rows.count {
            let row = rows.base[unit]
            let source = sources[row.firstPartner..<row.firstPartner + row.partnerCount]
            let weights = source.map { $0 < 0 ? 0 : dense[$0] }
            field[0] = -weights.reduce(0, +)
            for (k, weight) in weights.enumerated() {
                for entry in 0..<1 << k { field[1 << k + entry] = field[entry] + 2 * weight }
            }
            let stride = row.blocks * 16
            let table = tables.base + row.table
            for group in 0..<2 * row.blocks {
                let scaled = sigmoid(2 * fields.base[group]) * 0x1p32
                for lane in 0..<8 {
                    let probability = scaled[lane] < 0x1p32 ? UInt32(scaled[lane]) : .max  // NaN: max
                    for digit in 0..<Self.digits {
                        // Bytes are compared as signed numbers.
                        let byte = UInt8(truncatingIfNeeded: probability >> UInt32(24 - 8 * digit))
                        table[digit * stride + group * 8 + lane] = byte ^ 0x80
                    }
                }
            }
        }
    }

    /// One Gibbs sweep: all hidden spins given the visible ones, then all visible ones.
    package func sweep(
        _ visible: UnsafeMutablePointer<Chains>, _ hidden: UnsafeMutablePointer<Chains>,
        _ random: inout RandomStream
    ) {
        // The first digits of all units at once: the generator's state fills half the registers.
        var stream = random
        for unit in 0..<rows.count { firstDigits.base[unit] = stream.nextBits() }
        random = stream
        draw(hidden, 0..<machine.hiddenCount, given: visible, &random)
        draw(visible, machine.hiddenCount..<rows.count, given: hidden, &random)
    }

    @inline(__always)
    private func draw(
        _ spins: UnsafeMutablePointer<Chains>, _ units: Range<Int>,
        given others: UnsafePointer<Chains>, _ random: inout RandomStream
    ) {
        let (rows, tables, partners) = (rows.base, UnsafePointer(tables.base), partners.base)
        for unit in units {
            let row = rows + unit
            let seen = partners + row.pointee.firstPartner
            let bit = Chains(repeating: 0x0101_0101_0101_0101)
            let low = others[seen[0]] & bit | others[seen[1]] & bit &<< 1
            let high = others[seen[2]] & bit &<< 2 | others[seen[3]] & bit &<< 3
            let index = low | high
            let threshold = lookup(tables + row.pointee.table, index, others, row.pointee)
            let digits = firstDigits.base[unit]
            let equal = lanes_bytes_equal(digits, threshold)
            let spin = spins + (unit &- units.lowerBound)
            spin.pointee = lanes_bytes_less(digits, threshold)
            if lanes_any_bit(equal) != 0 {
                spin.pointee |= decide(equal, index, others, row.pointee, &random)
            }
        }
    }

    /// Compares further digits where the first are equal: one draw in five, one chain in 256.
    @inline(never)
    private func decide(
        _ equal: Chains, _ index: Chains, _ others: UnsafePointer<Chains>, _ row: Row,
        _ random: inout RandomStream
    ) -> Chains {
        var up = Chains(repeating: 0)
        var undecided = equal
        for digit in 1..<Self.digits {
            let threshold = lookup(tables.base + row.table + digit * row.blocks * 16, index, others, row)
            let digits = random.nextBits()
            up |= undecided & lanes_bytes_less(digits, threshold)
            undecided &= lanes_bytes_equal(digits, threshold)
            if lanes_any_bit(undecided) == 0 { break }
        }
        return up
    }

    @inline(__always)
    private func lookup(
        _ table: UnsafePointer<UInt8>, _ index: Chains, _ others: UnsafePointer<Chains>, _ row: Row
    ) -> Chains {
        row.blocks == 1 ? lanes_lookup_bytes(table, index) : choose(table, index, others, row)
    }

    /// The first six partners choose an entry of every four blocks, the others one of these entries.
    @inline(__always)
    private func choose(
        _ table: UnsafePointer<UInt8>, _ index: Chains, _ others: UnsafePointer<Chains>, _ row: Row
    ) -> Chains {
        let seen = partners.base + row.firstPartner
        let bit = Chains(repeating: 0x0101_0101_0101_0101)
        let long = index | others[seen[4]] & bit &<< 4 | others[seen[5]] & bit &<< 5
        return row.blocks == 4 ? lanes_lookup_long(table, long) : chooseOfMany(table, long, others, row)
    }

    @inline(never)
    private func chooseOfMany(
        _ table: UnsafePointer<UInt8>, _ index: Chains, _ others: UnsafePointer<Chains>, _ row: Row
    ) -> Chains {
        let (candidates, seen) = (candidates.base, partners.base + row.firstPartner)
        var count = row.blocks / 4
        for i in 0..<count { candidates[i] = lanes_lookup_long(table + 64 * i, index) }
        for k in 6..<row.partnerCount {
            let chosen = others[seen[k]]
            count /= 2
            for i in 0..<count {
                let (low, high) = (candidates[2 * i], candidates[2 * i + 1])
                candidates[i] = low ^ ((low ^ high) & chosen)
            }
        }
        return candidates[0]
    }
}
