import Learning
import Numerics

/// The energy by which up to 32 couplings are proposed, without its beta: |v(J)|^2 or |v(J)|, which
/// draw them towards the fixed points of the flow (Eq. 14 of Hou & You).
///
/// Training proposes in single precision, twice as fast: where couplings are sampled reaches no
/// result. Hamiltonian Monte Carlo with any force that depends on J alone leaves the law of its
/// energy invariant, so rounding changes that law by no more than beta times the energy's error,
/// 1e-6 of the largest energy (see the tests).
package final class ProposalPotential<Scalar: SampleScalar>: Potential {
    private typealias Block = SampleBlock<Scalar>

    private let kind: ProposalKind
    private let evaluator: ModeratorEvaluator<Scalar>
    private let parameters: UnsafePointer<Scalar>
    package var dimension: Int { evaluator.dimension }
    package var isStopped: Bool { evaluator.progress.isStopped }

    private let velocity, adjoint, energies: Buffer<Block>

    /// - Parameters:
    ///   - parameters: of the model's network, which outlive the potential.
    ///   - firstRow: of the batch, which tells the groups of a family.
    package init(
        _ kind: ProposalKind, _ model: MLRGModel, parameters: UnsafePointer<Scalar>, firstRow: Int = 0,
        progress: Progress = .none
    ) throws(Failure) {
        (self.kind, self.parameters) = (kind, parameters)
        evaluator = try model.evaluator(progress)
        if model.isFamily { evaluator.setConstant { model.constant(row: firstRow + $0) } }
        velocity = try Buffer(count: evaluator.dimension)
        adjoint = try Buffer(count: evaluator.dimension)
        energies = try Buffer(count: 1)
    }

    // The sampler calls this through the protocol, which would find only the generic code.
    @_specialize(where Scalar == Float)
    package func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        evaluator.load(positions, first: 0, count: count)
        evaluator.velocity(parameters, into: velocity.base)
        var square = Block(repeating: 0)
        for c in 0..<n { square = square.addingProduct(velocity.base[c], velocity.base[c]) }
        let slope: Block
        switch kind {
        case .squared:
            energies.base[0] = square
            slope = Block(repeating: 2)
        case .norm:
            // At a fixed point the gradient has no direction; there it counts as zero.
            slope = (square + Block(repeating: .leastNormalMagnitude)).inverseSquareRoot
            energies.base[0] = square * slope
        }
        for c in 0..<n { adjoint.base[c] = velocity.base[c] * slope }
        evaluator.pullback(parameters, adjoint: adjoint.base, gradient: nil)
        store(energies.base, width: 1, into: energy, first: 0, count: count)
        store(evaluator.network.inputAdjoint, width: n, into: gradient, first: 0, count: count)
    }
}

/// Hamiltonian Monte Carlo of the walkers in one block of couplings; the network moves between
/// calls. A harmonic wall beyond |J_i| = bound keeps them where the divergence has a gradient to
/// learn from.
///
/// With R replicas the block holds ladders of its own, so that blocks stay independent: of its
/// `count` walkers the first `count` / R are at beta / R, the next at 2 beta / R, and the last at
/// beta. The hottest feel the flow as well, for the wall may be far.
struct Proposal {
    static let wallStiffness = 20.0

    /// What happened to the walkers: sums over them and over the exchanges tried.
    struct Outcome: BitwiseCopyable {
        var acceptance = 0.0
        var swapsTried = 0, swapsAccepted = 0
    }

    private let potential: ProposalPotential<Float>
    private let sampler: HMC
    private let ladder: ReplicaExchange?
    private let state: HMC.State
    private let first: Int

    init(
        _ potential: ProposalPotential<Float>, first: Int, count: Int, training: Training
    ) throws(Failure) {
        self.potential = potential
        self.first = first
        let wall = HarmonicWall(bound: training.couplingBound, stiffness: Self.wallStiffness)
        state = try HMC.State(chains: count, dimension: potential.dimension)
        if training.replicas == 1 {
            ladder = nil
            sampler = try HMC(
                potential: potential, chains: count, stepSize: training.hmcStep,
                leapfrogSteps: training.hmcLeapfrog, seed: training.seed, purpose: .proposal,
                firstStream: UInt64(first), wall: wall)
        } else {
            let ladder = try ReplicaExchange(
                potential: potential, inverseTemperatures: Array(repeating: 0, count: training.replicas),
                chains: count / training.replicas,
                stepSizes: Array(repeating: training.hmcStep, count: training.replicas),
                leapfrogSteps: training.hmcLeapfrog, seed: training.seed, purpose: .proposal,
                firstStream: UInt64(first), wall: wall)
            sampler = ladder.sampler
            self.ladder = ladder
        }
    }

    /// Moves the block's rows of (batch, dimension) couplings by a number of updates, or somewhere once
    /// the potential's progress is stopped.
    func advance(
        _ couplings: UnsafeMutablePointer<Double>, updates: Int, step: Int, beta: Double
    ) throws(Failure) -> Outcome {
        let n = potential.dimension
        let rows = couplings + first * n
        try state.restart(at: rows, potential: potential)
        state.step = UInt64(step * updates)
        setBeta(beta)
        var outcome = Outcome()
        let before = swaps
        for _ in 0..<updates where !potential.isStopped {
            let info = ladder?.step(state) ?? sampler.step(state)
            outcome.acceptance += info.meanAcceptance * Double(state.chains) / Double(updates)
        }
        (outcome.swapsTried, outcome.swapsAccepted) = (swaps.tried - before.tried, swaps.accepted - before.accepted)
        rows.update(from: state.positions.base, count: state.chains * n)
        return outcome
    }

    private func setBeta(_ beta: Double) {
        guard let ladder else {
            for i in 0..<sampler.chains { sampler.inverseTemperatures[i] = beta }
            return
        }
        let replicas = ladder.inverseTemperatures.count
        for k in 0..<replicas {
            ladder.setInverseTemperature(beta * Double(k + 1) / Double(replicas), replica: k)
        }
    }

    private var swaps: (tried: Int, accepted: Int) {
        guard let ladder else { return (0, 0) }
        return (ladder.proposed.reduce(0, +), ladder.accepted.reduce(0, +))
    }
}
