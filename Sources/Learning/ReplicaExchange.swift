#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Hamiltonian Monte Carlo on a ladder of temperatures whose neighbours exchange their positions,
/// so that cold chains cross barriers by way of hot ones
/// (Hukushima and Nemoto, doi:10.1143/JPSJ.65.1604).
///
/// Replica k samples exp(-beta_k U - W) with `chains` chains; chain c of replica k is row
/// k `chains` + c of the state. Chain c of two neighbours k and l swaps with probability
/// min(1, exp((beta_k - beta_l) (U_k - U_l))), after one step in the pairs (0, 1), (2, 3), ...,
/// after the next in (1, 2), (3, 4), ...
public final class ReplicaExchange {
    public let sampler: HMC
    public private(set) var inverseTemperatures: [Double]
    /// Chains of each replica.
    public let chains: Int
    /// Swaps proposed and accepted so far between replica k and k + 1.
    public private(set) var proposed: [Int]
    public private(set) var accepted: [Int]

    /// - Parameters:
    ///   - inverseTemperatures: the ladder beta_k, finite and not negative, neighbours side by side.
    ///   - stepSizes: of each replica; proportional to 1/sqrt(beta) they are equally accurate.
    /// - Throws: as `HMC.init`, and `Failure.invalidArgument` unless there are two replicas or more
    ///   with one step size each.
    public init(
        potential: any Potential, inverseTemperatures: [Double], chains: Int, stepSizes: [Double],
        leapfrogSteps: Int, seed: UInt64, purpose: RandomPurpose = .sampler,
        firstStream: UInt64 = 0, wall: HarmonicWall? = nil
    ) throws(Failure) {
        let replicas = inverseTemperatures.count
        guard replicas >= 2, inverseTemperatures.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw .invalidArgument("a ladder needs two or more finite inverse temperatures, none negative")
        }
        guard stepSizes.count == replicas, stepSizes.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw .invalidArgument("\(replicas) replicas need as many positive finite step sizes")
        }
        guard chains >= 1 && chains <= 1 << 32 else {
            throw .invalidArgument("chains must be between 1 and 2^32, not \(chains)")
        }
        sampler = try HMC(
            potential: potential, chains: replicas * chains, stepSize: stepSizes[0],
            leapfrogSteps: leapfrogSteps, seed: seed, purpose: purpose, firstStream: firstStream,
            wall: wall)
        for row in 0..<replicas * chains {
            sampler.stepSizes[row] = stepSizes[row / chains]
            sampler.inverseTemperatures[row] = inverseTemperatures[row / chains]
        }
        (self.inverseTemperatures, self.chains) = (inverseTemperatures, chains)
        proposed = Array(repeating: 0, count: replicas - 1)
        accepted = proposed
    }

    /// Moves one replica to another temperature.
    public func setInverseTemperature(_ beta: Double, replica: Int) {
        inverseTemperatures[replica] = beta
        for c in 0..<chains { sampler.inverseTemperatures[replica * chains + c] = beta }
    }

    /// Part of the proposed swaps that were accepted, for each pair of neighbours; NaN before the first.
    public var swapRates: [Double] { zip(accepted, proposed).map { Double($0) / Double($1) } }

    /// One HMC step of all chains, then the swaps of every second pair of neighbours.
    public func step(_ state: HMC.State) -> HMC.Info {
        let parity = Int(state.step & 1)
        let info = sampler.step(state)
        for k in stride(from: parity, to: inverseTemperatures.count - 1, by: 2) {
            proposed[k] += chains
            for c in 0..<chains {
                let (row, other) = (k * chains + c, (k + 1) * chains + c)
                let gain =
                    (inverseTemperatures[k] - inverseTemperatures[k + 1])
                    * (state.energies[row] - state.energies[other])
                // Streams of their own, beyond those of the trajectories.
                var random = RandomStream(
                    seed: sampler.seed, purpose: sampler.purpose,
                    stream: 1 << 48 | (sampler.firstStream + UInt64(row)), step: state.step)
                guard random.nextUniform()[0] < exp(gain) else { continue }
                accepted[k] += 1
                state.swapRows(row, other)
            }
        }
        return info
    }
}

extension HMC.State {
    fileprivate func swapRows(_ a: Int, _ b: Int) {
        swap(&energies.base[a], &energies.base[b])
        for j in 0..<dimension {
            swap(&positions.base[a * dimension + j], &positions.base[b * dimension + j])
            swap(&gradients.base[a * dimension + j], &gradients.base[b * dimension + j])
        }
    }
}
