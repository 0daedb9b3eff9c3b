import Learning
import Numerics

/// What the moderator network learns.
public enum ModeratorKind: Int32, CaseIterable, Sendable {
    /// The RG monotone C(J); the flow is v = -grad C (Hou & You, Eq. 13).
    case monotone = 0
    /// The flow v = f(J) itself (Shen, Eqs. 4 and 13).
    case flow = 1
}

/// Evaluates the RG velocity v(J) of a moderator network N, and pulls adjoints back through it, for
/// one block of couplings, in either precision. Owns its memory, so that threads use one each.
///
/// A symmetric moderator is the even part of a monotone, C(J) = (N(J) + N(-J)) / 2, or the odd part
/// of a flow, f(J) = (N(J) - N(-J)) / 2; in both cases v is half the difference of the network's
/// velocities at J and -J. Flipping all components of the hidden (edge) spins, or of the student's
/// centre, turns J into -J and leaves the visible spins alone, so the exact flow is odd.
final class ModeratorEvaluator<Scalar: SampleScalar> {
    typealias Block = SampleBlock<Scalar>

    let kind: ModeratorKind
    let network: PerceptronWorkspace<Scalar>
    /// The network at -J, for a symmetric moderator.
    private let mirror: PerceptronWorkspace<Scalar>?
    /// Polled all the time; once it is stopped, results are undefined.
    let progress: Progress
    /// Number of couplings: the first inputs of the network. Any others are constants, from `setConstant`.
    let dimension: Int

    init(
        _ kind: ModeratorKind, _ shape: Perceptron, dimension: Int, symmetric: Bool, progress: Progress
    ) throws(Failure) {
        (self.kind, self.dimension, self.progress) = (kind, dimension, progress)
        network = try PerceptronWorkspace(shape, progress: progress)
        mirror = symmetric ? try PerceptronWorkspace(shape, progress: progress) : nil
    }

    /// Puts couplings `first ..< first + 32` of (count, dimension) into `network.input`.
    func load(_ couplings: UnsafePointer<Double>, first: Int, count: Int) {
        Learning.load(couplings, width: dimension, into: network.input, first: first, count: count)
    }

    /// Sets the input behind the couplings, for each lane.
    func setConstant(_ value: (Int) -> Double) {
        let lanes = UnsafeMutableRawPointer(network.input + dimension).assumingMemoryBound(to: Scalar.self)
        for lane in 0..<Block.width { lanes[lane] = Scalar(value(lane)) }
    }

    /// Bytes that an evaluator takes.
    static func bytes(_ shape: Perceptron, symmetric: Bool) -> Int {
        (symmetric ? 2 : 1) * MemoryLayout<Block>.stride * PerceptronWorkspace<Scalar>.blockCount(shape)
    }

    /// C(J) of the couplings loaded in `network.input`, for a monotone.
    func monotone(_ parameters: UnsafePointer<Scalar>) -> Block {
        network.forward(parameters, curvature: false)
        guard let mirror else { return network.output[0] }
        reflect(into: mirror)
        mirror.forward(parameters, curvature: false)
        return (network.output[0] + mirror.output[0]) * 0.5
    }

    /// v(J) of the couplings loaded in `network.input`.
    func velocity(_ parameters: UnsafePointer<Scalar>, into velocity: UnsafeMutablePointer<Block>) {
        let direct = run(network, parameters)
        guard let mirror else { return velocity.update(from: direct, count: dimension) }
        reflect(into: mirror)
        let reflected = run(mirror, parameters)
        for c in 0..<dimension { velocity[c] = (direct[c] - reflected[c]) * 0.5 }
    }

    /// After `velocity` at the same couplings: leaves  sum_i adjoint_i dv_i/dJ  in
    /// `network.inputAdjoint` and adds  sum_i adjoint_i dv_i/dtheta,  summed over lanes, to the
    /// gradient.
    func pullback(
        _ parameters: UnsafePointer<Scalar>, adjoint: UnsafePointer<Block>,
        gradient: UnsafeMutablePointer<Scalar>?
    ) {
        guard let mirror else { return pull(network, parameters, adjoint, times: 1, gradient) }
        pull(network, parameters, adjoint, times: 0.5, gradient)
        pull(mirror, parameters, adjoint, times: -0.5, gradient)
        for c in 0..<dimension { network.inputAdjoint[c] -= mirror.inputAdjoint[c] }
    }

    /// After `velocity` at the same couplings: dv_i/dJ_j, (dimension, dimension) blocks.
    ///
    /// - Parameter adjoint: (dimension) blocks of scratch.
    func jacobian(
        _ parameters: UnsafePointer<Scalar>, scratch adjoint: UnsafeMutablePointer<Block>,
        into jacobian: UnsafeMutablePointer<Block>
    ) {
        let n = dimension
        for row in 0..<n {
            for c in 0..<n { adjoint[c] = Block(repeating: c == row ? 1 : 0) }
            pullback(parameters, adjoint: adjoint, gradient: nil)
            (jacobian + row * n).update(from: network.inputAdjoint, count: n)
        }
    }

    private func reflect(into mirror: PerceptronWorkspace<Scalar>) {
        for c in 0..<dimension { mirror.input[c] = network.input[c] * -1 }
    }

    /// The velocity of one network, in its own memory.
    private func run(
        _ network: PerceptronWorkspace<Scalar>, _ parameters: UnsafePointer<Scalar>
    ) -> UnsafePointer<Block> {
        network.forward(parameters, curvature: kind == .monotone)
        switch kind {
        case .flow: return UnsafePointer(network.output)
        case .monotone:
            network.outputAdjoint[0] = Block(repeating: -1)
            network.backward(parameters, tangent: false, gradient: nil)
            return UnsafePointer(network.inputAdjoint)
        }
    }

    /// For a monotone the pullback is minus the derivative of  adjoint . grad N,  a second-order
    /// quantity that one pass forward with tangents and one backward give exactly.
    private func pull(
        _ network: PerceptronWorkspace<Scalar>, _ parameters: UnsafePointer<Scalar>,
        _ adjoint: UnsafePointer<Block>, times factor: Scalar,
        _ gradient: UnsafeMutablePointer<Scalar>?
    ) {
        switch kind {
        case .flow:
            for c in 0..<dimension { network.outputAdjoint[c] = adjoint[c] * factor }
            network.backward(parameters, tangent: false, gradient: gradient)
        case .monotone:
            for c in 0..<dimension { network.inputTangent[c] = adjoint[c] * factor }
            for c in dimension..<network.shape.inputs { network.inputTangent[c] = Block(repeating: 0) }
            network.pushforward(parameters)
            network.outputAdjoint[0] = Block(repeating: 0)
            network.outputTangentAdjoint[0] = Block(repeating: -1)
            network.backward(parameters, tangent: true, gradient: gradient)
        }
    }
}
