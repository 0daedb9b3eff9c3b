import Ising
import Numerics

/// Heat-bath sampling of exp(K sum_<ij> s_i s_j - sum_a J_a S_a(s')), where s' are the block spins of s
/// after some levels of majority: the bias of variational Monte Carlo renormalization (Wu and Car,
/// doi:10.1103/PhysRevLett.119.220602), which takes the couplings J_a of the block spins away.
///
/// Without J_a the block spins stay what they are: samples of s given s'.
///
/// A block of an even number of spins has one more spin of its own, which decides its ties.
public struct BiasedSampling: Sendable {
    public let measurement: Measurement
    public let coupling: Double
    /// J_a, one for each operator of the measurement; nil where the block spins are not to change.
    public let bias: [Double]?

    /// - Throws: `Failure.invalidArgument` unless the rule is majority in two dimensions with at least a level,
    ///   and numbers are finite.
    public init(_ measurement: Measurement, coupling: Double, bias: [Double]?) throws(Failure) {
        guard case .majority = measurement.rule, measurement.torus.dimension == 2, measurement.levels > 0,
            measurement.torus.size > measurement.factor
        else {
            throw .invalidArgument("a bias needs majority on the square lattice, with at least a level and two blocks")
        }
        guard bias.map({ $0.count == measurement.operators && $0.allSatisfy { abs($0) <= 100 } }) ?? true else {
            throw .invalidArgument("the bias must be a number from -100 to 100 for each operator")
        }
        guard abs(coupling) <= 10 else { throw .invalidArgument("coupling must be from -10 to 10") }
        self.measurement = measurement
        self.coupling = coupling
        self.bias = bias
    }

    /// The blocks of all levels.
    public var blocks: Int {
        var (torus, total) = (measurement.torus, 0)
        for _ in 0..<measurement.levels {
            torus = torus.blocked(by: measurement.factor)
            total += torus.sites
        }
        return total
    }

    /// Continues walkers and measures them.
    /// - Parameters:
    ///   - spins: (walkers, L, L), replaced.
    ///   - ties: (walkers, blocks), the spins that decide ties, level after level; replaced.
    ///   - samples: measurements of each walker.
    ///   - between: sweeps before each measurement, at least 1.
    ///   - first: sweeps done before, which key the random numbers.
    ///   - fine: (walkers, samples, operators), output: the sums of the operators at the level below the last.
    ///   - coarse: the same of the block spins of the last level.
    /// - Throws: `Failure.invalidArgument` for a spin that is not -1 or +1, `Failure.interrupted`.
    public func advance(
        spins: UnsafeMutablePointer<Int8>, ties: UnsafeMutablePointer<Int8>, walkers: Int, samples: Int, between: Int,
        seed: UInt64, first: UInt64, fine: UnsafeMutablePointer<Double>, coarse: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        let (sites, blocks, operators) = (measurement.torus.sites, self.blocks, measurement.operators)
        try validateSpins(spins, count: walkers * sites)
        try validateSpins(ties, count: walkers * blocks)
        let walks = try (0..<walkers).map { (walker) throws(Failure) in
            try BiasedWalk(self, spins: spins + walker * sites, ties: ties + walker * blocks)
        }
        parallelFor(walkers, progress: progress) { walker in
            let walk = walks[walker]
            for sample in 0..<samples {
                for sweep in 0..<between {
                    if progress.pollsToStop { return }
                    let step = first &+ UInt64(sample * between + sweep)
                    var random = RandomStream(
                        seed: seed, purpose: .blockSpins, stream: UInt64(walker) | 1 << 40, step: step)
                    walk.sweep(&random)
                    progress.advance()
                }
                let row = (walker * samples + sample) * operators
                walk.measure(fine: fine + row, coarse: coarse + row)
            }
        }
        try progress.check("the sampling was interrupted")
        progress.finish()
    }
}
