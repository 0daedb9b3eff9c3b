#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Which spins a cluster joins, on any lattice, for spins of any kind and couplings of either sign.
///
/// A reflection R leaves the energy of two spins unchanged if both are reflected. A cluster grows from
/// a reflected spin s_i to its neighbour s_j with the probability 1 - exp(K_ij [w(R s_i, s_j) -
/// w(s_i, s_j)]) where that is positive, and detailed balance holds: the bonds at its border, which
/// were not joined, make up for what the energy changes. U. Wolff, doi:10.1103/PhysRevLett.62.361; for
/// Potts R exchanges two states, J.-S. Wang, R. H. Swendsen and R. Kotecky,
/// doi:10.1103/PhysRevLett.63.109.
struct Reflections {
    let spins: SpinStates
    /// Of each kind of bonds and each difference.
    private let probabilities: Buffer<Double>
    /// Whether a cluster joins spins that are alike: s xor t is 0, or 1 for negative bonds of Ising spins,
    /// with one probability for each kind of bonds. So it is for Ising, and for Potts with K >= 0.
    let joinsAlike: Bool
    let alike: Buffer<UInt8>
    let alikeProbabilities: Buffer<Double>

    init(_ setting: LatticeSetting) throws(Failure) {
        spins = setting.lattice.spins
        let differences = spins.differences
        let couplings = setting.couplings()
        probabilities = try Buffer(count: couplings.count * differences.count)
        for (kind, coupling) in couplings.enumerated() {
            for (place, difference) in differences.enumerated() {
                probabilities.base[kind * differences.count + place] = max(0, -expm1(coupling * difference))
            }
        }
        let isIsing = spins.kind == .ising
        joinsAlike = isIsing || (spins.kind == .potts && couplings.allSatisfy { $0 >= 0 })
        alike = try Buffer(count: couplings.count)
        alikeProbabilities = try Buffer(count: couplings.count)
        for (kind, coupling) in couplings.enumerated() {
            alike.base[kind] = isIsing && coupling < 0 ? 1 : 0
            alikeProbabilities.base[kind] = -expm1(-abs(coupling) * (isIsing ? 2 : 1))
        }
    }

    /// A reflection that changes state `s`: for Potts each other state with equal probability, for clock
    /// any reflection, which may leave it as it is.
    @inline(__always)
    func reflection(of s: UInt8, _ random: inout UniformNumbers) -> Int {
        switch spins.kind {
        case .ising: return 0
        case .potts:
            var other = random.below(spins.count - 1)
            if other >= Int(s) { other += 1 }
            return Int(s) * spins.count + other
        case .clock: return random.below(spins.count)
        }
    }

    /// Any reflection that is not the identity.
    func reflection(_ random: inout UniformNumbers) -> Int {
        reflection(of: UInt8(random.below(spins.count)), &random)
    }

    @inline(__always)
    func reflected(_ s: UInt8, _ reflection: Int) -> UInt8 {
        spins.reflections.withUnsafeBufferPointer { $0[reflection &* spins.count &+ Int(s)] }
    }

    /// Probability that a bond of this kind joins a spin `t` to the cluster of `s`.
    @inline(__always)
    func probability(_ kind: Int32, _ reflection: Int, _ s: UInt8, _ t: UInt8) -> Double {
        let q = spins.count
        let place = spins.differenceIndex.withUnsafeBufferPointer {
            Int($0[(reflection &* q &+ Int(s)) &* q &+ Int(t)])
        }
        return probabilities.base[Int(kind) &* spins.differences.count &+ place]
    }
}
