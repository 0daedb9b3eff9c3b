import Numerics

/// One or several independent chains that are updated together, with everything they work in.
protocol MarkovChain: AnyObject {
    /// Independent lattices, 1 to 64.
    var chains: Int { get }

    /// Any number of sweeps on the way to equilibrium; may tune the update.
    func thermalize(_ sweeps: Int) throws(Failure)

    /// Sweeps that leave the Boltzmann distribution invariant.
    func sweep(_ count: Int) throws(Failure)

    /// Writes the present configuration of each chain as L x L bytes +-1.
    ///
    /// - Parameter distance: bytes from one chain to the next.
    func write(to spins: UnsafeMutablePointer<Int8>, distance: Int)
}

extension MarkovChain {
    func thermalize(_ sweeps: Int) throws(Failure) { try sweep(sweeps) }
}

/// What a chain must know, the coupling split into its strength and its sign.
///
/// exp(-K sum s s') with the spins of one sublattice reversed is exp(+K sum s s'), so chains run
/// with |K| and the sublattice is reversed when spins are written.
struct ChainSetting {
    let size: Int
    let strength: Double
    let isAntiferromagnet: Bool
    let field: Double
    let algorithm: Algorithm
    let seed: UInt64
    /// Number of the random stream of band 0; the others follow.
    let stream: UInt64
    let stop: StopSignal

    init(_ plan: SamplingPlan, couplingIndex: Int, chain: Int, stop: StopSignal) {
        size = plan.size
        strength = abs(plan.couplings[couplingIndex])
        isAntiferromagnet = plan.couplings[couplingIndex] < 0
        field = plan.field
        algorithm = plan.algorithm(at: plan.couplings[couplingIndex])
        seed = plan.seed
        stream = UInt64(couplingIndex) << 36 | UInt64(chain) << 12
        self.stop = stop
    }

    /// Above K_c a random start would end in stripes, which live for ages, so chains start
    /// ordered, with a random sign.
    var startsOrdered: Bool { strength > squareCriticalCoupling }

    /// The distribution is even under reversal of all spins, but in the ordered phase local
    /// updates practically never get there. A fair coin for each stored configuration is exact.
    var tossesSign: Bool { startsOrdered && algorithm.isLocal }

    func random(band: Int) -> RandomStream {
        RandomStream(seed: seed, purpose: .lattice, stream: stream | UInt64(band))
    }

    /// All ones in the bits of row `y` that are reversed on output, for a word that starts at an
    /// even column.
    @inline(__always)
    func reversed(row y: Int) -> UInt64 {
        isAntiferromagnet ? (y & 1 == 0 ? 0xAAAA_AAAA_AAAA_AAAA : 0x5555_5555_5555_5555) : 0
    }

    /// Runs `body` `count` times, asks between whether to stop, and counts the sweeps done. A
    /// single sweep must not take long, or ask itself.
    func repeatSweeps(_ count: Int, chains: Int, _ body: () -> Void) throws(Failure) {
        let batch = max(1, 1 << 16 / (size * size))
        var done = 0
        while done < count {
            if stop.isStopped { throw .stoppedSampling }
            let next = min(batch, count - done)
            for _ in 0..<next { body() }
            done += next
            stop.progress.advance(by: next * chains)
        }
        if stop.isStopped { throw .stoppedSampling }
    }
}

extension Failure {
    static var stoppedSampling: Failure {
        .interrupted("sampling was stopped; the configurations stored so far are complete")
    }
}
