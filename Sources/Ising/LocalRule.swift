#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// The probabilities of a local update and the loop that applies them to one colour.
///
/// A spin's neighbours are counted for 512 sites at once by and, or and xor of their bits.
struct LocalRule {
    private let isHeatBath: Bool
    private let thresholds: ThresholdBits
    /// Zero if moves of Metropolis are proposed with probability 1/2 only, all ones otherwise.
    private let always: UInt64

    /// At weak coupling Metropolis accepts nearly everything. Whole colours then flip to and fro,
    /// a mode that relaxes in 1/(3K) sweeps, at K = 0 never. Proposing half of the flips below
    /// this coupling, where the relaxation time would exceed three sweeps, removes it.
    private static let weakCoupling = 0.1

    /// Where every spin is aligned with just two neighbours all flips cost nothing, and what is
    /// proposed is done: such configurations follow each other in a circle that nothing enters or
    /// leaves. Two rows determine the next, so that they are at most 2^(2L) of the 2^(L L): 36 of
    /// 65536 on a torus of 4, and on one larger than this none that a chain will begin with.
    static let smallSize = 6

    init(_ algorithm: Algorithm, size: Int, strength: Double) throws(Failure) {
        isHeatBath = algorithm == .heatBath
        if isHeatBath {
            // Against the majority of its neighbours, at local fields 2 and 4.
            always = 0
            thresholds = try ThresholdBits(
                weak: 1 / (1 + exp(4 * strength)), strong: 1 / (1 + exp(8 * strength)))
        } else {
            // Flips that break 2 or 4 more bonds than they mend.
            let half = strength < LocalRule.weakCoupling || size <= LocalRule.smallSize
            let proposal = half ? 0.5 : 1
            always = proposal == 1 ? ~0 : 0
            thresholds = try ThresholdBits(
                weak: proposal * exp(-4 * strength), strong: proposal * exp(-8 * strength))
        }
    }

    /// Updates `words` words of one colour; the three other arrays hold its neighbours.
    func update(
        _ own: UnsafeMutablePointer<UInt64>, other: UnsafePointer<UInt64>, sideways: UnsafePointer<UInt64>,
        stride: Int, words: Int, random stream: UnsafeMutablePointer<RandomStream>
    ) {
        let masks = thresholds.base
        let isHeatBath = isHeatBath
        let always = SIMD8(repeating: always)
        var random = stream.pointee

        @inline(__always)
        func updated(_ spins: SIMD8<UInt64>, _ i: Int) -> SIMD8<UInt64> {
            let up = load(other + (i &- stride)), down = load(other + (i &+ stride))
            let here = load(other + i), side = load(sideways + i)
            return isHeatBath
                ? LocalRule.heatBath(up, down, here, side, masks, &random)
                : LocalRule.metropolis(spins, up, down, here, side, always, masks, &random)
        }

        var i = 0
        while i &+ 8 <= words {
            store(updated(load(own + i), i), own + i)
            i &+= 8
        }
        if i < words {
            // What follows belongs to another band.
            var spins = SIMD8<UInt64>()
            for lane in 0..<(words &- i) { spins[lane] = own[i &+ lane] }
            spins = updated(spins, i)
            for lane in 0..<(words &- i) { own[i &+ lane] = spins[lane] }
        }
        stream.pointee = random
    }

    /// Flips if at most two neighbours are aligned, with exp(-4K) if three are, exp(-8K) if all.
    @inline(__always)
    private static func metropolis(
        _ spins: SIMD8<UInt64>, _ n1: SIMD8<UInt64>, _ n2: SIMD8<UInt64>, _ n3: SIMD8<UInt64>,
        _ n4: SIMD8<UInt64>, _ always: SIMD8<UInt64>, _ masks: UnsafePointer<UInt64>,
        _ random: inout RandomStream
    ) -> SIMD8<UInt64> {
        let d1 = spins ^ n1, d2 = spins ^ n2, d3 = spins ^ n3, d4 = spins ^ n4
        let any12 = d1 | d2, any34 = d3 | d4
        let twoOrMoreDiffer = (d1 & d2) | (d3 & d4) | (any12 & any34)
        var coin = SIMD8<UInt64>()
        let accepted = ThresholdBits.below(
            masks, active: ~twoOrMoreDiffer, strong: ~(any12 | any34), coin: &coin, random: &random)
        return spins ^ (accepted | (twoOrMoreDiffer & (coin | always)))
    }

    /// Against the majority with 1/(1 + exp(2K|h|)), a fair coin where there is none.
    @inline(__always)
    private static func heatBath(
        _ n1: SIMD8<UInt64>, _ n2: SIMD8<UInt64>, _ n3: SIMD8<UInt64>, _ n4: SIMD8<UInt64>,
        _ masks: UnsafePointer<UInt64>, _ random: inout RandomStream
    ) -> SIMD8<UInt64> {
        let both12 = n1 & n2, both34 = n3 & n4
        let one12 = n1 ^ n2, one34 = n3 ^ n4
        let odd = one12 ^ one34
        let equal = ~(one12 | one34 | (both12 ^ both34))
        let majority = both12 | both34  // where there is one
        let active = odd | equal
        var coin = SIMD8<UInt64>()
        let against = ThresholdBits.below(
            masks, active: active, strong: equal, coin: &coin, random: &random)
        return (majority & active) ^ against ^ (coin & ~active)
    }
}
