#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Hamiltonian Monte Carlo with unit mass for many chains side by side
/// (Duane et al., doi:10.1016/0370-2693(87)91197-X; Neal, arXiv:1206.1901).
///
/// Chain i samples exp(-beta_i U(q) - W(q)), W being zero without a wall. A `State` is carried from step to step, an `Info` is reported
/// by each. Chain i draws from the random stream `firstStream` + i at the state's step, so it does
/// not depend on how many other chains there are, unless they share an adapted step size.
///
/// A trajectory of fixed length returns to where it began if it lasts a period of a mode: that mode
/// does not move, and one half a period long only changes sign. A random number of leapfrog steps,
/// drawn before the trajectory and the same for all chains, keeps the chains exact and breaks the
/// period (Mackenzie, doi:10.1016/0370-2693(89)91150-9; Neal, section 3.2).
public final class HMC {
    public let potential: any Potential
    public let chains: Int
    /// Leapfrog steps of a trajectory, on average if `randomLength`.
    public let leapfrogSteps: Int
    /// Whether each trajectory has 1 to 2 `leapfrogSteps` - 1 steps, each number as likely as another.
    public let randomLength: Bool
    /// Leapfrog step of each chain. Change it between steps, not while measuring.
    public let stepSizes: Buffer<Double>
    /// beta of each chain, 1 unless set. The state stays valid when it changes.
    public let inverseTemperatures: Buffer<Double>
    public let seed: UInt64
    public let purpose: RandomPurpose
    public let firstStream: UInt64
    public let wall: HarmonicWall?

    /// An energy error beyond this means that the integrator is unstable, not merely imprecise.
    public static let divergenceThreshold = 1000.0

    private let momenta, positions, energies, gradients, kineticEnergies, uniforms: Buffer<Double>
    /// What the last step did; its arrays are used again unless the caller kept them.
    private var info: Info

    /// - Parameter firstStream: below 2^48.
    /// - Throws: `Failure.invalidArgument` unless `chains` is in 1...2^32, `leapfrogSteps` at least 1
    ///   and `stepSize` positive and finite; `Failure.outOfMemory`.
    public init(
        potential: any Potential, chains: Int, stepSize: Double, leapfrogSteps: Int,
        randomLength: Bool = false, seed: UInt64, purpose: RandomPurpose = .sampler,
        firstStream: UInt64 = 0, wall: HarmonicWall? = nil
    ) throws(Failure) {
        guard chains >= 1 && chains <= 1 << 32 else {
            throw .invalidArgument("chains must be between 1 and 2^32, not \(chains)")
        }
        guard leapfrogSteps >= 1 else {
            throw .invalidArgument("leapfrog steps must be at least 1, not \(leapfrogSteps)")
        }
        guard stepSize > 0 && stepSize.isFinite else {
            throw .invalidArgument("step size must be positive and finite, not \(stepSize)")
        }
        (self.potential, self.chains) = (potential, chains)
        (self.leapfrogSteps, self.randomLength) = (leapfrogSteps, randomLength)
        (self.seed, self.purpose, self.firstStream, self.wall) = (seed, purpose, firstStream, wall)
        stepSizes = try Buffer(count: chains)
        inverseTemperatures = try Buffer(count: chains)
        info = Info(chains: chains)
        kineticEnergies = try Buffer(count: chains)
        uniforms = try Buffer(count: chains)
        energies = try Buffer(count: chains)
        momenta = try Buffer(count: chains * potential.dimension)
        positions = try Buffer(count: chains * potential.dimension)
        gradients = try Buffer(count: chains * potential.dimension)
        setStepSize(stepSize)
        for i in 0..<chains { inverseTemperatures[i] = 1 }
    }

    /// The same leapfrog step for all chains.
    public func setStepSize(_ stepSize: Double) {
        for i in 0..<chains { stepSizes[i] = stepSize }
    }

    /// Where the chains are.
    public final class State {
        public let chains: Int
        public let dimension: Int
        /// Shape (chains, dimension).
        public let positions: Buffer<Double>
        /// U, shape (chains), without the inverse temperature.
        public let energies: Buffer<Double>
        /// dU/dq, shape (chains, dimension).
        public let gradients: Buffer<Double>
        /// Steps done, the position in the random streams.
        public var step: UInt64 = 0

        /// - Parameter positions: shape (chains, dimension).
        /// - Throws: `Failure.invalidArgument` if the positions are not whole chains;
        ///   `Failure.nonFinite` where the energy is not finite; `Failure.outOfMemory`.
        public convenience init(_ start: [Double], potential: any Potential) throws(Failure) {
            let dimension = potential.dimension
            guard !start.isEmpty, dimension > 0, start.count.isMultiple(of: dimension) else {
                throw .invalidArgument("\(start.count) numbers are not positions of dimension \(dimension)")
            }
            try self.init(chains: start.count / dimension, dimension: dimension)
            try restart(at: start, potential: potential)
        }

        /// Memory for the positions that `restart` brings.
        public init(chains: Int, dimension: Int) throws(Failure) {
            (self.chains, self.dimension) = (chains, dimension)
            positions = try Buffer(count: chains * dimension)
            gradients = try Buffer(count: chains * dimension)
            energies = try Buffer(count: chains)
        }

        /// Puts the chains elsewhere, or where they are under a potential that has changed.
        /// - Parameter start: shape (chains, dimension).
        /// - Throws: `Failure.nonFinite` where the energy is not finite.
        public func restart(
            at start: UnsafePointer<Double>, potential: any Potential
        ) throws(Failure) {
            positions.base.update(from: start, count: chains * dimension)
            potential.evaluate(
                positions: positions.base, count: chains, energy: energies.base, gradient: gradients.base)
            for chain in 0..<chains where !energies[chain].isFinite {
                throw .nonFinite("the energy of the start of chain \(chain) is \(energies[chain])")
            }
        }
    }

    /// What one step did, per chain.
    public struct Info {
        /// min(1, exp(-energyError)), 0 for a divergence.
        public internal(set) var acceptanceProbability: [Double]
        public internal(set) var accepted: [Bool]
        /// Change of beta U + W + p^2 / 2 along the trajectory.
        public internal(set) var energyError: [Double]
        /// The energy error is not finite or exceeds `divergenceThreshold`; the proposal was rejected.
        public internal(set) var diverged: [Bool]

        public var meanAcceptance: Double {
            acceptanceProbability.reduce(0, +) / Double(acceptanceProbability.count)
        }
        public var divergences: Int { diverged.count { $0 } }

        init(chains: Int) {
            acceptanceProbability = Array(repeating: 0, count: chains)
            accepted = Array(repeating: false, count: chains)
            energyError = Array(repeating: 0, count: chains)
            diverged = Array(repeating: false, count: chains)
        }
    }

    /// One trajectory and one Metropolis decision for every chain.
    public func step(_ state: State) -> Info {
        let dimension = state.dimension
        precondition(state.chains == chains && dimension == potential.dimension, "a state of another sampler")
        for i in 0..<chains {
            var random = RandomStream(
                seed: seed, purpose: purpose, stream: firstStream + UInt64(i), step: state.step)
            uniforms.base[i] = random.nextUniform()[0]
            random.fillNormal(momenta.base + i * dimension, count: dimension)
            kineticEnergies.base[i] = kineticEnergy(chain: i)
        }
        positions.base.update(from: state.positions.base, count: positions.count)
        gradients.base.update(from: state.gradients.base, count: gradients.count)
        potential.leapfrog(
            positions: positions.base, momenta: momenta.base, energies: energies.base,
            gradients: gradients.base, count: chains, stepSizes: stepSizes.base,
            inverseTemperatures: inverseTemperatures.base, wall: wall, steps: length(at: state.step))

        for i in 0..<chains {
            var change = inverseTemperatures.base[i] * (energies.base[i] - state.energies.base[i])
            if let wall {
                change += wall.energy(positions.base + i * dimension, dimension: dimension)
                change -= wall.energy(state.positions.base + i * dimension, dimension: dimension)
            }
            let error = change + kineticEnergy(chain: i) - kineticEnergies.base[i]
            let stable = abs(error) <= HMC.divergenceThreshold  // false for NaN
            let probability = stable ? min(1, exp(-error)) : 0
            let accepted = uniforms.base[i] < probability
            info.energyError[i] = error
            info.diverged[i] = !stable
            info.acceptanceProbability[i] = probability
            info.accepted[i] = accepted
            guard accepted else { continue }
            let row = i * dimension
            state.energies.base[i] = energies.base[i]
            (state.positions.base + row).update(from: positions.base + row, count: dimension)
            (state.gradients.base + row).update(from: gradients.base + row, count: dimension)
        }
        state.step += 1
        return info
    }

    /// Leapfrog steps of the trajectory at this step, from a stream beyond those of the chains and of
    /// the swaps of `ReplicaExchange`.
    private func length(at step: UInt64) -> Int {
        guard randomLength else { return leapfrogSteps }
        var random = RandomStream(seed: seed, purpose: purpose, stream: 1 << 49, step: step)
        return 1 + random.nextIndex(below: 2 * leapfrogSteps - 1)
    }

    private func kineticEnergy(chain: Int) -> Double {
        let dimension = potential.dimension
        let p = momenta.base + chain * dimension
        var sum = 0.0
        for j in 0..<dimension { sum += p[j] * p[j] }
        return sum / 2
    }
}
