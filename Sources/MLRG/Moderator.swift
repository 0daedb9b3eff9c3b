import Learning
import Numerics

/// What the moderator network learns.
public enum ModeratorKind: Int32, CaseIterable, Sendable {
    /// The RG monotone C(J); the flow is v = -grad C (Hou & You, Eq. 13).
    case monotone = 0
    /// The flow v = f(J) itself (Shen, Eqs. 4 and 13).
    case flow = 1
}

/// Evaluates the RG velocity v(J) of a moderator network, and pulls adjoints back through it, for
/// one `Block` of couplings. Owns its memory, so that threads use one each.
final class ModeratorEvaluator {
    let kind: ModeratorKind
    let network: PerceptronWorkspace
    var dimension: Int { network.shape.inputs }

    init(_ kind: ModeratorKind, _ shape: Perceptron) throws(Failure) {
        self.kind = kind
        network = try PerceptronWorkspace(shape)
    }

    /// v(J) of the couplings loaded in `network.input`.
    func velocity(_ parameters: UnsafePointer<Double>, into velocity: UnsafeMutablePointer<Block>) {
        network.forward(parameters)
        switch kind {
        case .flow:
            for c in 0..<dimension { velocity[c] = network.output[c] }
        case .monotone:
            network.outputAdjoint[0] = Block(repeating: -1)
            network.backward(parameters, tangent: false, gradient: nil)
            for c in 0..<dimension { velocity[c] = network.inputAdjoint[c] }
        }
    }

    /// After `velocity` at the same couplings: leaves  sum_i adjoint_i dv_i/dJ  in
    /// `network.inputAdjoint` and adds  sum_i adjoint_i dv_i/dtheta,  summed over lanes, to the
    /// gradient.
    ///
    /// For a monotone this is minus the derivative of  adjoint . grad C,  a second-order quantity
    /// that one pass forward with tangents and one backward give exactly.
    func pullback(
        _ parameters: UnsafePointer<Double>, adjoint: UnsafePointer<Block>,
        gradient: UnsafeMutablePointer<Double>?
    ) {
        switch kind {
        case .flow:
            for c in 0..<dimension { network.outputAdjoint[c] = adjoint[c] }
            network.backward(parameters, tangent: false, gradient: gradient)
        case .monotone:
            for c in 0..<dimension { network.inputTangent[c] = adjoint[c] }
            network.pushforward(parameters)
            network.outputAdjoint[0] = Block(repeating: 0)
            network.outputTangentAdjoint[0] = Block(repeating: -1)
            network.backward(parameters, tangent: true, gradient: gradient)
        }
    }
}
