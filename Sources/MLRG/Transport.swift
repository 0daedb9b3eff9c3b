import Learning
import Numerics

/// How the velocity carries couplings over one RG step.
public enum TransportKind: Int32, CaseIterable, Sendable {
    /// J' = J + v(J), one explicit step.
    case step = 0
    /// dJ/dl = v(J) from l = 0 to 1 (Hou & You, Eq. 13).
    case ode = 1
}

/// Carries one `Block` of couplings over one RG step, and adjoints back.
///
/// The equation is solved by the embedded Runge-Kutta pair 5(4) of Dormand and Prince
/// (doi:10.1016/0771-050X(80)90013-3); all 32 lanes share the steps, whose sizes follow the
/// largest error among them. The adjoint is that of the discrete solution with its steps held
/// fixed: exact for what was computed but for the dependence of the steps on the parameters.
final class Transport {
    let kind: TransportKind
    let evaluator: ModeratorEvaluator<Double>
    /// (dimension) blocks: the couplings before and after, and the adjoints of both.
    let start, end, startAdjoint, endAdjoint: UnsafeMutablePointer<Block>

    /// Largest local error per unit of 1 + |J|, and the number of steps after which the equation
    /// is declared too stiff: they suffice where couplings contract by e^-100 or grow by e^8.
    static let tolerance = 1e-7
    static let maximumSteps = 64

    private let storage: Buffer<Block>
    private let stages, stageAdjoints, point, velocity: UnsafeMutablePointer<Block>
    /// Couplings at the beginning of each accepted step, and its size.
    private let states: UnsafeMutablePointer<Block>
    private var sizes: [Double] = []

    init(_ kind: TransportKind, _ evaluator: ModeratorEvaluator<Double>) throws(Failure) {
        self.kind = kind
        self.evaluator = evaluator
        let n = evaluator.dimension
        let steps = kind == .ode ? Self.maximumSteps : 0
        storage = try Buffer(count: Self.blockCount(kind, dimension: n))
        var next = storage.base
        func take(_ count: Int) -> UnsafeMutablePointer<Block> {
            defer { next += count * n }
            return next
        }
        (start, end, startAdjoint, endAdjoint) = (take(1), take(1), take(1), take(1))
        (point, velocity) = (take(1), take(1))
        (stages, stageAdjoints) = (take(7), take(7))
        states = take(steps)
        sizes.reserveCapacity(steps)
    }

    /// Blocks of memory that a transport takes.
    static func blockCount(_ kind: TransportKind, dimension: Int) -> Int {
        dimension * (6 + 14 + (kind == .ode ? maximumSteps : 0))
    }

    /// start -> end, which is undefined once the evaluator's progress is stopped.
    /// - Throws: `notConverged` when the equation needs more than 64 steps.
    func forward(_ parameters: UnsafePointer<Double>) throws(Failure) {
        let n = evaluator.dimension
        switch kind {
        case .step:
            evaluate(parameters, at: start, into: velocity)
            for c in 0..<n { end[c] = start[c] + velocity[c] }
        case .ode:
            try integrate(parameters)
        }
    }

    /// endAdjoint -> startAdjoint; adds the parameters' adjoints to the gradient.
    func backward(_ parameters: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?) {
        let n = evaluator.dimension
        switch kind {
        case .step:
            evaluate(parameters, at: start, into: velocity)
            evaluator.pullback(parameters, adjoint: endAdjoint, gradient: gradient)
            for c in 0..<n { startAdjoint[c] = endAdjoint[c] + evaluator.network.inputAdjoint[c] }
        case .ode:
            for c in 0..<n { startAdjoint[c] = endAdjoint[c] }
            for step in stride(from: sizes.count - 1, through: 0, by: -1) {
                backwardStep(parameters, from: states + step * n, size: sizes[step], gradient)
            }
        }
    }

    private func evaluate(
        _ parameters: UnsafePointer<Double>, at point: UnsafePointer<Block>,
        into velocity: UnsafeMutablePointer<Block>
    ) {
        for c in 0..<evaluator.dimension { evaluator.network.input[c] = point[c] }
        evaluator.velocity(parameters, into: velocity)
    }
}

// MARK: - Runge-Kutta

private let nodes: [[Double]] = [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
/// Difference between the solutions of order 5 and 4.
private let errorWeights: [Double] = [
    71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
]

extension Transport {
    private func integrate(_ parameters: UnsafePointer<Double>) throws(Failure) {
        let n = evaluator.dimension
        sizes.removeAll(keepingCapacity: true)
        for c in 0..<n { end[c] = start[c] }
        var (time, size) = (0.0, 0.25)
        var attempts = 0
        while time < 1, !evaluator.progress.isStopped {
            attempts += 1
            guard sizes.count < Self.maximumSteps, attempts < 4 * Self.maximumSteps else {
                throw .notConverged("the flow equation needs more than \(Self.maximumSteps) steps per unit of RG time")
            }
            let last = size >= 1 - time
            if last { size = 1 - time }
            let error = trial(parameters, from: end, size: size)
            if error <= 1 {
                let state = states + sizes.count * n
                for c in 0..<n {
                    state[c] = end[c]
                    end[c] = point[c]  // the seventh stage stands at the solution of order 5
                }
                sizes.append(size)
                time = last ? 1 : time + size
            }
            size *= min(5, max(0.2, 0.9 * fifthRoot(1 / max(error, 1e-12))))
        }
    }

    /// One trial step: fills the stages, leaves the solution in `point`, returns the error in
    /// units of the tolerance.
    private func trial(
        _ parameters: UnsafePointer<Double>, from state: UnsafePointer<Block>, size: Double
    ) -> Double {
        let n = evaluator.dimension
        for stage in 0..<7 {
            displace(state, stage: stage, size: size)
            evaluate(parameters, at: point, into: stages + stage * n)
        }
        var worst = 0.0
        for c in 0..<n {
            var error = Block(repeating: 0)
            for stage in 0..<7 {
                error = error.addingProduct(size * errorWeights[stage], stages[stage * n + c])
            }
            for lane in 0..<Block.width {
                let scaled = abs(error[lane]) / (Self.tolerance * (1 + abs(state[c][lane])))
                worst = scaled <= worst ? worst : scaled  // NaN becomes the worst
            }
        }
        return worst.isFinite ? worst : 1e12
    }

    /// point = state + size * sum_j a_ij k_j
    private func displace(_ state: UnsafePointer<Block>, stage: Int, size: Double) {
        let n = evaluator.dimension
        for c in 0..<n {
            var value = state[c]
            for (j, weight) in nodes[stage].enumerated() {
                value = value.addingProduct(size * weight, stages[j * n + c])
            }
            point[c] = value
        }
    }

    /// Adjoint of one step, stage by stage from the last: with y' = y + h sum b_i k_i and
    /// k_i = v(Y_i), the adjoint of k_i is h b_i y'* + h sum_{j>i} a_ji Y_j*. The solution's weights
    /// b are the nodes of the seventh stage.
    private func backwardStep(
        _ parameters: UnsafePointer<Double>, from state: UnsafePointer<Block>, size: Double,
        _ gradient: UnsafeMutablePointer<Double>?
    ) {
        let n = evaluator.dimension
        for stage in 0..<6 {
            displace(state, stage: stage, size: size)
            evaluate(parameters, at: point, into: stages + stage * n)
            let weight = size * nodes[6][stage]
            for c in 0..<n { stageAdjoints[stage * n + c] = startAdjoint[c] * weight }
        }
        for stage in stride(from: 5, through: 0, by: -1) {
            displace(state, stage: stage, size: size)
            evaluate(parameters, at: point, into: velocity)
            evaluator.pullback(parameters, adjoint: stageAdjoints + stage * n, gradient: gradient)
            for c in 0..<n {
                let adjoint = evaluator.network.inputAdjoint[c]
                startAdjoint[c] += adjoint
                for (j, weight) in nodes[stage].enumerated() {
                    stageAdjoints[j * n + c] += adjoint * (size * weight)
                }
            }
        }
    }
}

/// x^(1/5) for positive x, to the few digits a step size needs.
private func fifthRoot(_ x: Double) -> Double {
    exp(log(SIMD8(repeating: x)) * 0.2)[0]
}
