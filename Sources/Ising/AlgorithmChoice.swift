#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension SamplingPlan {
    /// The algorithm at a coupling: the one that is asked for, or else the one that needs least
    /// processor time for an independent sample, Metropolis or Wolff.
    ///
    /// Metropolis needs `relaxationSweeps`, each of `localWords` words, where Wolff needs one to four
    /// sweeps of L^2 sites whatever the coupling. Per site these take about twice as long as Metropolis
    /// per word of 64 spins. The factor is measured, but a constant, so that the choice depends on
    /// the arguments only and not on the machine; near the boundary, where both cost the same, it
    /// may be wrong. `benchmarks/ising_algorithms.py` measures it again.
    ///
    /// Heat bath is not chosen: its sweep takes as long as that of Metropolis and, for L > 6,
    /// decorrelates less. Nor is Swendsen-Wang, which needs one to three times as many sweeps as Wolff.
    public func algorithm(at coupling: Double) -> Algorithm {
        if let algorithm { return algorithm }
        let local = Double(relaxationSweeps(at: coupling)) * Double(localWords) / Double(chains)
        return local <= 2 * Double(size * size) ? .metropolis : .wolff
    }

    /// Sweeps between samples at a coupling.
    public func betweenSweeps(at coupling: Double) -> Int {
        between ?? (algorithm(at: coupling).isLocal ? relaxationSweeps(at: coupling) : 5)
    }

    /// Sweeps before the first sample at a coupling.
    public func thermalizeSweeps(at coupling: Double) -> Int {
        let algorithm = algorithm(at: coupling)
        let sweeps = thermalize ?? (algorithm.isLocal ? 20 * relaxationSweeps(at: coupling) : 200)
        return algorithm == .wolff ? max(sweeps, 2) : sweeps
    }

    /// Sweeps in which local updates forget a configuration: min(L, xi)^2.17, at most 20000. On a
    /// torus of 4 or 6, states that wind around it matter on both sides of K_c, and L takes the
    /// place of xi.
    private func relaxationSweeps(at coupling: Double) -> Int {
        let xi = size <= LocalRule.smallSize ? .infinity : SamplingPlan.correlationLength(coupling)
        let length = min(Double(size), xi)
        return Int(min(max(pow(length, 2.17).rounded(.up), 1), 20000))
    }

    /// The exact correlation length along an axis of the infinite lattice: the inverse of
    /// -ln tanh K - 2K below K_c, and half the one of the dual coupling above it. L. Onsager,
    /// Phys. Rev. 65, 117 (1944), doi:10.1103/PhysRev.65.117.
    static func correlationLength(_ coupling: Double) -> Double {
        let k = abs(coupling)
        let inverse = -log(tanh(k)) - 2 * k
        return inverse >= 0 ? 1 / inverse : -0.5 / inverse
    }
}
