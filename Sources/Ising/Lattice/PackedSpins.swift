#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Metropolis and heat bath of Ising spins, 64 or 512 independent chains in the bits of words.
///
/// All chains have one coupling and one field, and the bonds one strength but for their signs. Sites
/// of one colour and one number of neighbours are updated together: their up neighbours are counted in
/// binary by full adders, and random numbers compared with the probability of each count bit by bit,
/// as `ThresholdBits` does with two. Spin +1 is a one bit.
final class PackedSpins: PackedChains {
    let chains: Int
    private let setting: LatticeSetting
    /// Words of a site: 1, or 8 for 512 chains.
    private let width: Int
    /// Word w of the site at place p of `Lattice.order` is p width + w.
    private let words: Buffer<UInt64>
    /// Places of neighbours of the sites of a group, neighbour by neighbour, and whether their bonds are
    /// negative.
    private let places: Buffer<Int32>
    private let signs: Buffer<UInt64>
    private let rules: [PackedRule]

    /// Up to 12 neighbours: their number is counted with four bits.
    static let mostNeighbours = 12

    static func canPack(_ lattice: Lattice) -> Bool {
        lattice.spins.kind == .ising && lattice.pattern == nil && lattice.hasOneStrength
            && lattice.groups.allSatisfy { $0.degree <= mostNeighbours }
    }

    init(_ setting: LatticeSetting, chains: Int) throws(Failure) {
        let lattice = setting.lattice
        self.setting = setting
        self.chains = chains
        width = chains > 64 ? 8 : 1
        // Vectors may run past the end.
        words = try Buffer(count: lattice.sites * width + 8)
        places = try Buffer(count: 2 * lattice.bonds + 8)
        signs = try Buffer(count: 2 * lattice.bonds + 8)
        rules = PackedRule.rules(setting)
        let placeOf = try Buffer<Int32>(count: lattice.sites)
        for p in 0..<lattice.sites { placeOf.base[Int(lattice.order.base[p])] = Int32(p) }
        var start = 0
        for group in lattice.groups {
            for (k, p) in group.range.enumerated() {
                let first = Int(lattice.starts.base[Int(lattice.order.base[p])])
                for e in 0..<group.degree {
                    let target = start + e * group.range.count + k
                    places.base[target] = placeOf.base[Int(lattice.neighbours.base[first + e])]
                    signs.base[target] = lattice.strengths[Int(lattice.kinds.base[first + e])] < 0 ? ~0 : 0
                }
            }
            start += group.degree * group.range.count
        }
    }

    // MARK: - Bytes and bits

    func read(_ states: UnsafePointer<UInt8>) {
        let lattice = setting.lattice
        for p in 0..<lattice.sites * width { words.base[p] = 0 }
        for chain in 0..<chains {
            let row = states + chain * lattice.sites
            let (word, shift) = (chain >> 6, UInt64(chain & 63))
            for p in 0..<lattice.sites {
                words.base[p &* width &+ word] |= UInt64(row[Int(lattice.order.base[p])]) &<< shift
            }
        }
    }

    func write(_ states: UnsafeMutablePointer<UInt8>) {
        let lattice = setting.lattice
        for chain in 0..<chains {
            let row = states + chain * lattice.sites
            let (word, shift) = (chain >> 6, UInt64(chain & 63))
            for p in 0..<lattice.sites {
                row[Int(lattice.order.base[p])] = UInt8(words.base[p &* width &+ word] &>> shift & 1)
            }
        }
    }

    // MARK: - Sweep

    func sweep(_ stream: inout RandomStream) {
        var start = 0
        var random = stream
        for (group, rule) in zip(setting.lattice.groups, rules) {
            update(group, rule, places.base + start, signs.base + start, &random)
            start += group.degree * group.range.count
            if setting.stop.isStopped { return }
        }
        stream = random
    }

    private func update(
        _ group: Lattice.Group, _ rule: PackedRule, _ places: UnsafePointer<Int32>,
        _ signs: UnsafePointer<UInt64>, _ random: inout RandomStream
    ) {
        let count = group.range.count
        let degree = group.degree
        let base = words.base
        let own = base + group.range.lowerBound * width
        let shift = width == 8 ? 3 : 0

        rule.withKernel { rule in
            var i = 0
            while i < count &<< shift {
                let spins = load(own + i)
                let flip = rule.countsEqual & ~spins
                // Four bits of the number of neighbours that are up, or that want the spin as it is.
                var (b0, b1, b2, b3) = (SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>())
                for e in 0..<degree {
                    var up: SIMD8<UInt64>
                    if shift == 3 {
                        let k = e &* count &+ i &>> 3
                        up = load(base + Int(places[k]) &<< 3) ^ SIMD8(repeating: signs[k])
                    } else {
                        // Behind the last site of a group are others, which are read and not used.
                        let k = e &* count &+ i
                        up = SIMD8(
                            base[Int(places[k])], base[Int(places[k &+ 1])], base[Int(places[k &+ 2])],
                            base[Int(places[k &+ 3])], base[Int(places[k &+ 4])], base[Int(places[k &+ 5])],
                            base[Int(places[k &+ 6])], base[Int(places[k &+ 7])])
                        up ^= load(signs + k)
                    }
                    up ^= flip
                    let c0 = b0 & up
                    b0 ^= up
                    let c1 = b1 & c0
                    b1 ^= c0
                    let c2 = b2 & c1
                    b2 ^= c1
                    b3 ^= c2
                }
                let updated = rule.updated(spins, b0, b1, b2, b3, &random)
                if i &+ 8 <= count &<< shift {
                    store(updated, own + i)
                } else {
                    for lane in 0..<(count &<< shift) &- i { own[i &+ lane] = updated[lane] }
                }
                i &+= 8
            }
        }
    }
}
