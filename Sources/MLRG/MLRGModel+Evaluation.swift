import Learning
import Numerics

extension MLRGModel {
    /// RG monotone C(J) of (count, dimension) couplings.
    ///
    /// - Parameter progress: counts couplings, as in all these functions.
    /// - Throws: `invalidArgument` for a flow moderator, which has no monotone; `interrupted`.
    public func monotone(
        _ couplings: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        guard configuration.moderator == .monotone else {
            throw .invalidArgument("moderator must be \"monotone\" for a monotone C(J); this model learns the flow")
        }
        let work = try Buffer<Block>(count: 1)
        try eachBlock(count, progress) { (evaluator, first) in
            evaluator.load(couplings, first: first, count: count)
            work.base[0] = evaluator.monotone(parameters.base)
            store(work.base, width: 1, into: values, first: first, count: count)
        }
    }

    /// v(J) of (count, dimension) couplings, and its Jacobian dv_i/dJ_j, (count, dimension, dimension).
    public func velocity(
        _ couplings: UnsafePointer<Double>, count: Int, into velocity: UnsafeMutablePointer<Double>,
        jacobian: UnsafeMutablePointer<Double>?, progress: Progress = .none
    ) throws(Failure) {
        let n = dimension
        let work = try Buffer<Block>(count: n + n * n)
        let adjoint = try Buffer<Block>(count: n)
        try eachBlock(count, progress) { (evaluator, first) in
            evaluator.load(couplings, first: first, count: count)
            evaluator.velocity(parameters.base, into: work.base)
            store(work.base, width: n, into: velocity, first: first, count: count)
            guard let jacobian else { return }
            evaluator.jacobian(parameters.base, scratch: adjoint.base, into: work.base + n)
            store(work.base + n, width: n * n, into: jacobian, first: first, count: count)
        }
    }

    /// Couplings after 0, 1, ..., steps RG steps: (steps + 1, count, dimension).
    ///
    /// - Parameter progress: counts RG steps of single couplings.
    public func flow(
        _ couplings: UnsafePointer<Double>, count: Int, steps: Int,
        into trajectory: UnsafeMutablePointer<Double>, progress: Progress = .none
    ) throws(Failure) {
        let size = count * dimension
        trajectory.update(from: couplings, count: size)
        let evaluator: ModeratorEvaluator<Double> = try evaluator(progress)
        let transport = try Transport(configuration.transport, evaluator)
        for first in stride(from: 0, to: count, by: Block.width) {
            evaluator.load(couplings, first: first, count: count)
            transport.end.update(from: evaluator.network.input, count: dimension)
            for step in 1..<steps + 1 {
                transport.start.update(from: transport.end, count: dimension)
                try transport.forward(parameters.base)
                try progress.check(Self.unevaluated)
                store(
                    transport.end, width: dimension, into: trajectory + step * size, first: first,
                    count: count)
                progress.advance(by: min(Block.width, count - first))
            }
        }
    }

    /// A zero of v(J) near the guess, (dimension) numbers; see `findFixedPoint`.
    public func fixedPoint(from guess: [Double], progress: Progress = .none) throws(Failure) -> [Double] {
        try findFixedPoint(try evaluator(progress), parameters.base, guess)
    }

    private func eachBlock(
        _ count: Int, _ progress: Progress, _ body: (ModeratorEvaluator<Double>, Int) -> Void
    ) throws(Failure) {
        let evaluator: ModeratorEvaluator<Double> = try evaluator(progress)
        for first in stride(from: 0, to: count, by: Block.width) {
            body(evaluator, first)
            try progress.check(Self.unevaluated)
            progress.advance(by: min(Block.width, count - first))
        }
    }

    private static let unevaluated = "not all couplings were evaluated"
}
