import Learning
import Numerics

/// The energy by which up to 32 couplings are proposed (Eq. 14 of Hou & You): beta |v(J)|^2, which
/// draws them towards the fixed points of the flow, and a harmonic wall beyond |J_i| = bound,
/// which keeps them where the divergence has a gradient to learn from.
final class ProposalPotential: Potential {
    let evaluator: ModeratorEvaluator
    let parameters: UnsafePointer<Double>
    let bound: Double
    var beta = 0.0
    var dimension: Int { evaluator.dimension }

    static let wallStiffness = 20.0

    private let velocity, adjoint, energies: Buffer<Block>

    init(_ evaluator: ModeratorEvaluator, parameters: UnsafePointer<Double>, bound: Double) throws(Failure) {
        self.evaluator = evaluator
        self.parameters = parameters
        self.bound = bound
        velocity = try Buffer(count: evaluator.dimension)
        adjoint = try Buffer(count: evaluator.dimension)
        energies = try Buffer(count: 1)
    }

    func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        evaluator.network.load(positions, first: 0, count: count)
        evaluator.velocity(parameters, into: velocity.base)
        var total = Block(repeating: 0)
        for c in 0..<n {
            total = total.addingProduct(velocity.base[c], velocity.base[c])
            adjoint.base[c] = velocity.base[c] * (2 * beta)
        }
        energies.base[0] = total * beta
        evaluator.pullback(parameters, adjoint: adjoint.base, gradient: nil)
        store(energies.base, width: 1, into: energy, first: 0, count: count)
        store(evaluator.network.inputAdjoint, width: n, into: gradient, first: 0, count: count)
        for i in 0..<count * n {
            let excess = abs(positions[i]) - bound
            if excess > 0 {
                energy[i / n] += 0.5 * Self.wallStiffness * excess * excess
                gradient[i] += (positions[i] > 0 ? 1 : -1) * Self.wallStiffness * excess
            }
        }
    }
}

/// Hamiltonian Monte Carlo of one block of couplings; the network moves between calls.
struct Proposal {
    let potential: ProposalPotential
    private let sampler: HMC
    private let first, count: Int

    init(
        _ potential: ProposalPotential, first: Int, count: Int, training: Training
    ) throws(Failure) {
        self.potential = potential
        self.first = first
        self.count = count
        sampler = try HMC(
            potential: potential, chains: count, stepSize: training.hmcStep,
            leapfrogSteps: training.hmcLeapfrog, seed: training.seed, purpose: .proposal,
            firstStream: UInt64(first))
    }

    /// Moves the block's rows of (batch, dimension) couplings by a number of updates.
    /// - Returns: the mean acceptance probability.
    func advance(
        _ couplings: UnsafeMutablePointer<Double>, updates: Int, step: Int, beta: Double
    ) throws(Failure) -> Double {
        let n = potential.dimension
        potential.beta = beta
        let rows = couplings + first * n
        let state = try HMC.State(Array(UnsafeBufferPointer(start: rows, count: count * n)), potential: potential)
        state.step = UInt64(step * updates)
        var acceptance = 0.0
        for _ in 0..<updates { acceptance += sampler.step(state).meanAcceptance }
        rows.update(from: state.positions.base, count: count * n)
        return acceptance / Double(updates)
    }
}
