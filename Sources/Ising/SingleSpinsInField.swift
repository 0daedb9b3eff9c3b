#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// What Wolff's algorithm needs in a field h: a sweep of single spins, and the choice whether a cluster
/// stays turned.
///
/// The spins of an antiferromagnet are those with one sublattice reversed, so that its field alternates.
final class SingleSpinsInField {
    private let setting: ChainSetting
    private var random: RandomStream
    /// Random numbers, and how many of them are used.
    private var numbers = SIMD8<Double>()
    private var used = 8
    /// exp(-2 |K| n) and exp(-2 h m) with n + 4, and m + 1, as indices.
    private let bondFactors, fieldFactors: [Double]

    init(_ setting: ChainSetting) {
        self.setting = setting
        random = setting.random(band: 1)
        bondFactors = (-4...4).map { exp(-2 * setting.strength * Double($0)) }
        fieldFactors = (-1...1).map { exp(-2 * setting.field * Double($0)) }
    }

    @inline(__always)
    private func nextNumber() -> Double {
        if used == 8 { (numbers, used) = (random.nextUniform(), 0) }
        used += 1
        return numbers[used - 1]
    }

    /// The spin there as +1 or -1, that of an antiferromagnet unreversed.
    @inline(__always)
    private func sign(_ y: Int, _ x: Int, _ spin: UInt8) -> Int {
        let isReversed = setting.isAntiferromagnet && (y ^ x) & 1 == 1
        return (spin == 1) != isReversed ? 1 : -1
    }

    /// Metropolis' rule, every spin once.
    func sweep(_ spins: UnsafeMutablePointer<UInt8>) {
        let size = setting.size
        for y in 0..<size {
            let (above, below) = ((y + size - 1) % size * size, (y + 1) % size * size)
            for x in 0..<size {
                let site = y * size + x
                let spin = spins[site]
                let left = y * size + (x == 0 ? size - 1 : x - 1), right = y * size + (x == size - 1 ? 0 : x + 1)
                let up = Int(spins[above + x] + spins[below + x] + spins[left] + spins[right])
                let equal = spin == 1 ? 2 * up - 4 : 4 - 2 * up
                let factor = bondFactors[equal + 4] * fieldFactors[sign(y, x, spin) + 1]
                if factor >= 1 || nextNumber() < factor { spins[site] ^= 1 }
            }
        }
    }

    /// A cluster that has been turned stays so with the probability min(1, exp(2 h m)), m being the sum
    /// of its spins now, those of an antiferromagnet unreversed.
    func turnBack(_ cluster: UnsafePointer<UInt32>, count: Int, _ spins: UnsafeMutablePointer<UInt8>) {
        var sum = 0
        for k in 0..<count {
            let (y, x) = (Int(cluster[k] >> 16), Int(cluster[k] & 0xFFFF))
            sum += sign(y, x, spins[y * setting.size + x])
        }
        let factor = exp(2 * setting.field * Double(sum))
        guard factor < 1, nextNumber() >= factor else { return }
        for k in 0..<count { spins[Int(cluster[k] >> 16) * setting.size + Int(cluster[k] & 0xFFFF)] ^= 1 }
    }
}
