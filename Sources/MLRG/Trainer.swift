import Learning
import Numerics

/// One training run: everything it allocates, and its step.
///
/// A step (Fig. 1 of Hou & You): propose couplings J of teachers, let the moderator carry them to
/// J' = transport(J), compare teacher and student by their divergence, and send its gradient
/// through the transport to the network. The phases pass plain (batch, couplings) arrays to each
/// other, so each is parallel over what suits it: blocks of 32 for the network, groups of eight
/// for the exact divergence, single couplings for the sampled one.
final class Trainer {
    private let model: MLRGModel
    private let training: Training
    private let progress: Progress
    private let blocks: [BlockWork]
    private let ray: Ray
    private let divergence: Divergence
    private let proposed, carried, adjoints, losses: Buffer<Double>
    private let gradient: Buffer<Double>
    /// Copies of the parameters and both moments, where fixed points are recorded.
    private let kept: [Buffer<Double>]
    /// The parameters in the precision of the proposals, rounded anew in each step.
    private let singleParameters: Buffer<Float>
    /// What the proposals of each block did.
    private let outcomes: Buffer<Proposal.Outcome>
    /// Failures of the blocks in the current phase.
    private var failures: [Failure?]

    /// The network's tools for one block of couplings.
    private struct BlockWork {
        let first, count: Int
        let transport: Transport
        /// None where all couplings are on the ray.
        let proposal: Proposal?
        let gradient: Buffer<Double>
    }

    private enum Divergence {
        /// Compares all rows.
        case exact((DivergenceRows, Progress) throws(Failure) -> Void)
        case contrastive(ContrastiveDivergence, [ContrastiveDivergence.Workspace])
    }

    init(_ model: MLRGModel, _ training: Training, _ progress: Progress) throws(Failure) {
        (self.model, self.training, self.progress) = (model, training, progress)
        ray = Ray(training, model.scheme)
        let (batch, n) = (training.batch, model.dimension)
        let blockBytes =
            ModeratorEvaluator<Double>.bytes(model.shape, symmetric: model.configuration.symmetric)
            + ModeratorEvaluator<Float>.bytes(model.shape, symmetric: model.configuration.symmetric)
            + MemoryLayout<Block>.stride * Transport.blockCount(model.configuration.transport, dimension: n)
            + MemoryLayout<Double>.stride * model.shape.parameterCount
        let bytes = (batch + Block.width - 1) / Block.width * blockBytes
        guard bytes <= physicalMemory() else {
            throw .outOfMemory(
                "a batch of \(batch) with this network needs \(bytes) bytes, more than the memory of "
                    + "\(physicalMemory())")
        }
        proposed = try Buffer(count: batch * n)
        carried = try Buffer(count: batch * n)
        adjoints = try Buffer(count: batch * n)
        losses = try Buffer(count: batch)
        gradient = try Buffer(count: model.shape.parameterCount)
        singleParameters = try Buffer(count: model.shape.parameterCount)
        var kept: [Buffer<Double>] = []
        for _ in 0..<(training.recordFrom < .max ? 3 : 0) {
            kept.append(try Buffer(count: model.shape.parameterCount))
        }
        self.kept = kept
        var blocks: [BlockWork] = []
        for first in stride(from: 0, to: batch, by: Block.width) {
            try progress.check(model.interruption)
            let count = min(Block.width, batch - first)
            let walkers = min(count, training.walkers - first)
            let evaluator: ModeratorEvaluator<Double> = try model.evaluator(progress)
            if model.isFamily { evaluator.setConstant { model.constant(row: first + $0) } }
            blocks.append(
                BlockWork(
                    first: first, count: count,
                    transport: try Transport(model.configuration.transport, evaluator),
                    proposal: walkers > 0
                        ? try Proposal(
                            try ProposalPotential(
                                training.proposal, model, parameters: singleParameters.base, firstRow: first,
                                progress: progress),
                            first: first, count: walkers, training: training) : nil,
                    gradient: try Buffer(count: model.shape.parameterCount)))
        }
        self.blocks = blocks
        outcomes = try Buffer(count: blocks.count)
        failures = Array(repeating: nil, count: blocks.count)
        let (name, frame) = (model.configuration.representation, model.configuration.frame)
        if !model.configuration.symmetries.isEmpty {
            let family = try FamilyDivergence(
                model.configuration.symmetries, SpinPlaces(name), frame: frame, batch: batch, progress: progress)
            divergence = .exact { (rows, progress) throws(Failure) in try family.evaluate(rows, progress) }
            return
        }
        let representation = try Representation(name)
        switch (model.configuration.divergence, model.scheme.kind) {
        case (.exact, .star):
            let exact = try ExactDivergence(corners: representation, centre: representation, frame: frame)
            divergence = Self.exact(try WorkspacePool(exact))
        case (.exact, .loop), (.squares, _):
            let loop = try LoopComparison(representation, model.configuration.divergence)
            divergence = Self.exact(try WorkspacePool(loop))
        case (.contrastive, _):
            let sampled = try ContrastiveDivergence(
                representation, frame: frame, samples: training.cdSamples,
                teacherSweeps: training.teacherSweeps, studentSweeps: training.studentSweeps)
            var workspaces: [ContrastiveDivergence.Workspace] = []
            // Enough for every thread: one for each coupling of a large batch can exceed the memory.
            for _ in 0..<min(batch, 64) { workspaces.append(try ContrastiveDivergence.Workspace(sampled)) }
            divergence = .contrastive(sampled, workspaces)
        }
    }

    private static func exact<Kind: LaneDivergence>(_ pool: WorkspacePool<Kind>) -> Divergence {
        .exact { (rows, progress) throws(Failure) in try pool.evaluate(rows, progress) }
    }

    /// Does one step. The model changes only at its very end, when everything has succeeded.
    ///
    /// - Throws: `nonFinite` when loss or gradient are not finite, `notConverged` when the flow
    ///   equation is too stiff, `interrupted`.
    func step() throws(Failure) -> StepRecord {
        let step = model.step
        let beta = training.beta(step: step)
        let (batch, n) = (training.batch, model.dimension)
        let parameters = UnsafePointer(model.parameters.base)

        for i in 0..<singleParameters.count { singleParameters.base[i] = Float(parameters[i]) }
        model.startingCouplings(training, into: proposed.base)
        try moveRay(step)
        try eachBlock { (index, block) throws(Failure) in
            if let proposal = block.proposal {
                outcomes.base[index] = try proposal.advance(
                    proposed.base, updates: training.hmcUpdates, step: step, beta: beta)
            }
            try carry(block)
        }
        try compare(step)
        try eachBlock { (_, block) throws(Failure) in
            clear(block.gradient)
            loadAdjoint(block)
            block.transport.backward(parameters, gradient: block.gradient.base)
        }

        clear(gradient)
        for block in blocks {
            try progress.check(model.interruption)
            for i in 0..<gradient.count { gradient.base[i] += block.gradient.base[i] }
        }
        let loss = sum(losses.base, count: batch) / Double(batch)
        let norm = clipGlobalNorm(
            gradient.base, count: gradient.count,
            maximum: training.clipNorm > 0 ? training.clipNorm : .infinity)
        guard loss.isFinite, norm.isFinite else {
            throw .nonFinite("the loss became \(loss) with a gradient of norm \(norm); the model is at step \(step)")
        }
        let fixedPoint = try update()
        model.keepCouplings(proposed.base, count: batch * n)
        model.step += 1
        return record(loss: loss, beta: beta, fixedPoint: fixedPoint)
    }

    private func record(loss: Double, beta: Double, fixedPoint: Double) -> StepRecord {
        var total = Proposal.Outcome()
        for i in 0..<blocks.count {
            total.acceptance += outcomes.base[i].acceptance
            total.swapsTried += outcomes.base[i].swapsTried
            total.swapsAccepted += outcomes.base[i].swapsAccepted
        }
        return StepRecord(
            loss: loss, acceptance: total.acceptance / Double(training.walkers),
            swapRate: Double(total.swapsAccepted) / Double(total.swapsTried), beta: beta,
            fixedPoint: fixedPoint)
    }

    /// Moves the rows of the ray on, or draws them anew.
    private func moveRay(_ step: Int) throws(Failure) {
        let isFollowed = ray.follows && model.couplings.count == training.batch * model.dimension
        if isFollowed {
            try eachBlock { (_, block) throws(Failure) in
                if block.first + block.count > training.walkers { try carry(block) }
            }
        }
        ray.move(proposed.base, ends: isFollowed ? carried.base : nil, step: step)
    }

    /// Proposed couplings of a block -> carried ones.
    private func carry(_ block: BlockWork) throws(Failure) {
        let n = model.dimension
        let evaluator = block.transport.evaluator
        evaluator.load(proposed.base, first: block.first, count: training.batch)
        block.transport.start.update(from: evaluator.network.input, count: n)
        try block.transport.forward(UnsafePointer(model.parameters.base))
        store(block.transport.end, width: n, into: carried.base, first: block.first, count: training.batch)
    }

    /// Runs over the blocks in parallel and rethrows the first failure.
    private func eachBlock(_ body: (Int, BlockWork) throws(Failure) -> Void) throws(Failure) {
        failures.withUnsafeMutableBufferPointer { failures in
            parallelFor(blocks.count, progress: progress) { index in
                do throws(Failure) { try body(index, blocks[index]) } catch { failures[index] = error }
            }
        }
        // A block that was stopped may have failed on undefined numbers.
        try progress.check(model.interruption)
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    }

    /// Fills `losses`, and `adjoints` with d(mean loss)/dJ'.
    private func compare(_ step: Int) throws(Failure) {
        let (batch, n) = (training.batch, model.dimension)
        switch divergence {
        case .exact(let evaluate):
            try evaluate(
                DivergenceRows(
                    count: batch, teacher: proposed.base, student: carried.base,
                    divergence: losses.base, gradient: adjoints.base), progress)
        case .contrastive(let sampled, let workspaces):
            parallelFor(workspaces.count, progress: progress) { slot in
                for i in stride(from: slot, to: batch, by: workspaces.count) where !progress.isStopped {
                    losses.base[i] = sampled.evaluate(
                        workspaces[slot], teacher: proposed.base + i * n, student: carried.base + i * n,
                        gradient: adjoints.base + i * n, seed: training.seed, stream: UInt64(i),
                        step: UInt64(step), progress: progress)
                }
            }
        }
        try progress.check(model.interruption)
        for i in 0..<batch * n { adjoints.base[i] /= Double(batch) }
    }

    /// Lanes that stand for no coupling get zero, so that they add nothing to the gradient.
    private func loadAdjoint(_ block: BlockWork) {
        let n = model.dimension
        for c in 0..<n {
            var lanes = Block(repeating: 0)
            for lane in 0..<block.count { lanes[lane] = adjoints.base[(block.first + lane) * n + c] }
            block.transport.endAdjoint[c] = lanes
        }
    }

    /// Changes parameters and moments. If the search for the fixed point that is to be recorded is
    /// interrupted, they are what they were before.
    ///
    /// - Returns: J0 of the fixed point, NaN where none was asked for or found.
    private func update() throws(Failure) -> Double {
        let (parameters, optimiser) = (model.parameters, model.optimiser)
        let state = [parameters, optimiser.firstMoment, optimiser.secondMoment]
        let isRecorded = model.step >= training.recordFrom
        if isRecorded {
            for (copy, buffer) in zip(kept, state) { copy.base.update(from: buffer.base, count: copy.count) }
        }
        (optimiser.learningRate, optimiser.weightDecay) = (training.learningRate, training.weightDecay)
        optimiser.update(
            parameters.base, gradient: gradient.base, scale: training.learningRateFactor(step: model.step))
        guard isRecorded else { return .nan }
        do throws(Failure) {
            return try findFixedPoint(blocks[0].transport.evaluator, parameters.base, training.recordGuess)[0]
        } catch {
            guard case .interrupted = error else { return .nan }
            for (copy, buffer) in zip(kept, state) { buffer.base.update(from: copy.base, count: copy.count) }
            optimiser.step -= 1
            throw .interrupted(model.interruption)
        }
    }

    private func clear(_ buffer: Buffer<Double>) { buffer.base.update(repeating: 0, count: buffer.count) }
}
