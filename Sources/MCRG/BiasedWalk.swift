import Numerics

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One walker of a biased lattice: its spins and the sums of all blocks, kept up to date.
final class BiasedWalk {
    private let size: Int
    private let factor: Int
    private let spins: UnsafeMutablePointer<Int8>
    private let ties: UnsafeMutablePointer<Int8>
    private let levels: [Level]
    /// Sums of the spins of all blocks, doubled, plus the spin that decides ties.
    private let sums: Buffer<Int32>
    /// exp(2 K k) for k = -4, -2, ..., 4: how much likelier a flip is than none if the spin times the sum of its
    /// neighbours is -k.
    private let ratios: [Double]
    private let top: Int
    private let roles: [Role]
    private let isFrozen: Bool
    private let fineLadder, coarseLadder: Ladder
    private let scratch: Buffer<Int8>

    private struct Level {
        let width: Int
        /// Where its blocks begin in `sums` and `ties`.
        let start: Int
    }

    /// A term as seen from one of its spins: its bias, and where the others are.
    private struct Role {
        let bias: Double
        let others: [SIMD2<Int>]
    }

    init(
        _ sampling: BiasedSampling, spins: UnsafeMutablePointer<Int8>, ties: UnsafeMutablePointer<Int8>
    ) throws(Failure) {
        size = sampling.measurement.torus.size
        factor = sampling.measurement.factor
        self.spins = spins
        self.ties = ties
        sums = try Buffer(count: sampling.blocks)
        ratios = (-2...2).map { exp(4 * sampling.coupling * Double($0)) }
        var levels: [Level] = []
        var (width, start) = (size, 0)
        for _ in 0..<sampling.measurement.levels {
            width /= factor
            levels.append(Level(width: width, start: start))
            start += width * width
        }
        self.levels = levels
        top = width
        isFrozen = sampling.bias == nil
        let bias = sampling.bias ?? [Double](repeating: 0, count: sampling.measurement.operators)
        roles = sampling.measurement.terms.flatMap { term in
            term.points.indices.compactMap { own in
                let shifts = term.points.map { point in
                    let shift = point &- term.points[own]
                    return SIMD2(BiasedWalk.wrapped(shift.x, width), BiasedWalk.wrapped(shift.y, width))
                }
                // On a small torus points can coincide: a spin to an even power is none.
                let same = shifts.indices.filter { shifts[$0] == .zero }
                guard same.count % 2 == 1, same[0] == own else { return nil }
                return Role(
                    bias: bias[term.operatorIndex],
                    others: shifts.indices.filter { $0 != own }.map { shifts[$0] })
            }
        }
        fineLadder = try Ladder(sampling.measurement.alone(at: width * factor))
        coarseLadder = try Ladder(sampling.measurement.alone(at: width))
        scratch = try Buffer(count: width * factor * width * factor)
        addUp()
    }

    private static func wrapped(_ shift: Int, _ size: Int) -> Int { ((shift % size) + size) % size }

    /// The sums of all blocks from the spins.
    private func addUp() {
        var below = size
        for (index, level) in levels.enumerated() {
            for y in 0..<level.width {
                for x in 0..<level.width {
                    var sum: Int32 = 0
                    for i in 0..<factor {
                        for j in 0..<factor {
                            let site = (factor * y + i) * below + factor * x + j
                            sum += index == 0 ? Int32(spins[site]) : spin(levels[index - 1].start + site)
                        }
                    }
                    let block = level.start + y * level.width + x
                    sums.base[block] = 2 * sum + Int32(ties[block])
                }
            }
            below = level.width
        }
    }

    /// The spin of a block, by its place in `sums`.
    @inline(__always)
    private func spin(_ block: Int) -> Int32 { sums.base[block] < 0 ? -1 : 1 }

    /// Draws every spin, given all others, and then every spin that decides ties (heat bath).
    func sweep(_ random: inout RandomStream) {
        var uniforms = SIMD8<Double>()
        let last = size &- 1
        for y in 0..<size {
            let row = spins + y &* size
            let above = spins + (y == 0 ? last : y &- 1) &* size
            let below = spins + (y == last ? 0 : y &+ 1) &* size
            for x in 0..<size {
                if x & 7 == 0 { uniforms = random.nextUniform() }
                let beside = Int(row[x == 0 ? last : x &- 1]) &+ Int(row[x == last ? 0 : x &+ 1])
                let neighbours = beside &+ Int(above[x]) &+ Int(below[x])
                let own = Int(row[x])
                let ratio = ratios[2 &- (own &* neighbours) / 2]
                flip(x, y, from: Int32(own), fineRatio: ratio, uniform: uniforms[x & 7])
            }
        }
        for (index, level) in levels.enumerated() {
            for block in 0..<level.width &* level.width {
                if block & 7 == 0 { uniforms = random.nextUniform() }
                turnTie(of: block, at: index, uniform: uniforms[block & 7])
            }
        }
    }

    @inline(__always)
    private func flip(_ x: Int, _ y: Int, from own: Int32, fineRatio: Double, uniform: Double) {
        let (column, row) = (x / factor, y / factor)
        let block = row &* levels[0].width &+ column
        let change = -4 &* own
        if (sums.base[block] ^ (sums.base[block] &+ change)) >= 0 {
            guard uniform * (1 + fineRatio) < fineRatio else { return }
            sums.base[block] &+= change
        } else {
            let ratio = fineRatio * ratioAbove(0, column, row)
            guard uniform * (1 + ratio) < ratio else { return }
            rise(0, column, row, change)
        }
        spins[y &* size &+ x] = Int8(-own)
    }

    private func turnTie(of index: Int, at level: Int, uniform: Double) {
        let block = levels[level].start + index
        let change = -2 * Int32(ties[block])
        let (x, y) = (index % levels[level].width, index / levels[level].width)
        let decides = (sums.base[block] ^ (sums.base[block] + change)) < 0
        let ratio = decides ? ratioAbove(level, x, y) : 1
        guard uniform * (1 + ratio) < ratio else { return }
        rise(level, x, y, change)
        ties[block] = -ties[block]
    }

    /// The weight of a flip of the block (x, y) of a level by what it does to the last level.
    private func ratioAbove(_ level: Int, _ x: Int, _ y: Int) -> Double {
        var (level, x, y) = (level, x, y)
        var block = levels[level].start &+ y &* levels[level].width &+ x
        while level &+ 1 < levels.count {
            let change = -4 &* spin(block)
            (level, x, y) = (level &+ 1, x / factor, y / factor)
            block = levels[level].start &+ y &* levels[level].width &+ x
            if (sums.base[block] ^ (sums.base[block] &+ change)) >= 0 { return 1 }
        }
        return isFrozen ? 0 : exp(2 * field(x, y) * Double(spin(block)))
    }

    /// sum_a J_a of all products that hold the spin at (x, y) of the last level, without it.
    private func field(_ x: Int, _ y: Int) -> Double {
        let start = levels[levels.count - 1].start
        var field = 0.0
        for role in roles {
            var product: Int32 = 1
            for shift in role.others {
                var (u, v) = (x &+ shift.x, y &+ shift.y)
                if u >= top { u &-= top }
                if v >= top { v &-= top }
                product &*= spin(start &+ v &* top &+ u)
            }
            field += role.bias * Double(product)
        }
        return field
    }

    /// Adds a change to the sum of a block, and what follows to those above.
    private func rise(_ level: Int, _ x: Int, _ y: Int, _ change: Int32) {
        var (level, x, y, change) = (level, x, y, change)
        while true {
            let block = levels[level].start &+ y &* levels[level].width &+ x
            let before = spin(block)
            sums.base[block] &+= change
            guard spin(block) != before, level &+ 1 < levels.count else { return }
            change = -4 &* before
            (level, x, y) = (level &+ 1, x / factor, y / factor)
        }
    }

    /// The operators of the level below the last, and of the last.
    func measure(fine: UnsafeMutablePointer<Double>, coarse: UnsafeMutablePointer<Double>) {
        var random = RandomStream(seed: 0, purpose: .blockSpins)  // no level is blocked, nothing is drawn
        fineLadder.measure(
            levels.count == 1 ? UnsafePointer(spins) : blockSpins(levels.count - 2), &random, into: fine)
        coarseLadder.measure(blockSpins(levels.count - 1), &random, into: coarse)
    }

    private func blockSpins(_ level: Int) -> UnsafePointer<Int8> {
        let (start, width) = (levels[level].start, levels[level].width)
        for block in 0..<width * width { scratch.base[block] = Int8(spin(start + block)) }
        return UnsafePointer(scratch.base)
    }
}
