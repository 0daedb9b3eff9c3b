import Learning
import MLRG
import Numerics
import Testing

/// Single steps of a training, whose results are known: rates, limits, random streams and tolerances.
@Suite(.serialized) struct StepTests {
    /// A flow moderator without any flow: all proposals are accepted, and move freely.
    static func still(_ representation: String = "A1", constant: Double = 0) throws -> MLRGModel {
        var configuration = TrainingTests.configuration(.flow)
        configuration.representation = representation
        let model = try MLRGModel(configuration)
        let state = TrainingTests.state(model)
        for (index, array) in model.stateArrays.enumerated() where array.name.hasPrefix("network") {
            let isLastBias = !model.stateArrays[index + 1].name.hasPrefix("network")
            let values = state[index].map { _ in isLastBias ? constant : 0 }
            try model.write(array: index, from: values, count: values.count)
        }
        return model
    }

    static func couplings(_ model: MLRGModel) -> [Double] {
        TrainingTests.state(model)[model.stateArrays.count - 2]
    }

    static func parameters(_ model: MLRGModel) -> [Double] {
        let count = model.stateArrays.count { $0.name.hasPrefix("network") }
        return Array(TrainingTests.state(model)[..<count].joined())
    }

    static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
            / (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    /// Without a flow the displacement of a step is a sum of new momenta: uncorrelated with that of the
    /// step before, and with that of the same lane in another block of 32. Each correlation is of 4864
    /// or 4480 pairs of normal numbers, and exceeds 5 / sqrt(4480) with probability 6e-7.
    @Test(arguments: [1, 2, 3], [1, 4])
    func successiveMovesAreIndependent(updates: Int, replicas: Int) throws {
        let model = try Self.still()
        var t = TrainingTests.training(steps: 20, batch: 256)
        (t.hmcStep, t.hmcLeapfrog, t.hmcUpdates, t.couplingBound) = (0.01, 2, updates, 10)
        (t.proposalScale, t.replicas) = (1e-6, replicas)
        (t.learningRate, t.finalLearningRate) = (1e-12, 1e-12)
        var places: [[Double]] = []
        try model.fit(t) { record in
            places.append(Self.couplings(model))
            #expect(abs(record.acceptance - 1) < 1e-12)
        }
        let moves = zip(places, places.dropFirst()).map { zip($0, $1).map { $1 - $0 } }
        let limit = 5 / 4480.0.squareRoot()
        if replicas == 1 {
            let successive = Self.correlation(Array(moves.dropLast().joined()), Array(moves.dropFirst().joined()))
            #expect(abs(successive) < limit)
        }
        let blocks = Self.correlation(
            moves.flatMap { $0.dropLast(32) }, moves.flatMap { $0.dropFirst(32) })
        #expect(abs(blocks) < limit)
    }

    /// Equal couplings have equal losses up to the noise of their samples, each from a random stream of
    /// its own: the variance of the mean over 16 is a sixteenth. The ratio of two variances of 64
    /// seeds exceeds 3 with probability 1e-5.
    @Test func everyCouplingHasSamplesOfItsOwn() throws {
        func variance(batch: Int) throws -> Double {
            let couplings = [Double](repeating: 0.7, count: batch)
            let losses = try (0..<64).map { try Self.contrastiveLoss(couplings, seed: UInt64($0)) }
            let mean = losses.reduce(0, +) / 64
            return losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 63
        }
        let ratio = try variance(batch: 1) / variance(batch: 16)
        #expect(ratio > 16.0 / 3 && ratio < 48)
    }

    private static func contrastiveLoss(_ couplings: [Double], seed: UInt64) throws -> Double {
        var configuration = TrainingTests.configuration(.flow, .contrastive)
        configuration.hidden = [2]
        let model = try MLRGModel(configuration)
        try model.write(array: model.stateArrays.count - 2, from: couplings, count: couplings.count)
        var t = TrainingTests.training(steps: 1, batch: couplings.count)
        (t.hmcStep, t.betaMax, t.seed) = (1e-6, 0, seed)
        var loss = 0.0
        try model.fit(t) { loss = $0.loss }
        return loss
    }

    /// The first update of Adam moves every parameter by the rate of step 0, on which the cosine begins;
    /// from the end of the schedule on the rate is the final one.
    @Test func learningRatesOfTheFirstStepAndBeyondTheLast() throws {
        for (done, rate) in [(0, 1e-3), (2, 4e-4), (7, 4e-4)] {
            let model = try MLRGModel(TrainingTests.configuration(.flow))
            try model.write(array: model.stateArrays.count - 1, from: [Double(done)], count: 1)
            var t = TrainingTests.training(steps: 1)
            (t.scheduleSteps, t.learningRate, t.finalLearningRate) = (2, 1e-3, 4e-4)
            let before = Self.parameters(model)
            try model.fit(t) { _ in }
            // With moments of zero, sqrt(1 - beta2^t) / (1 - beta1^t) is what is left of corrections.
            let (first, second) = (0..<done + 1).reduce((1.0, 1.0)) { last, _ in (last.0 * 0.9, last.1 * 0.999) }
            let expected = rate * (0.1 / (1 - first)) / (0.001 / (1 - second)).squareRoot()
            let moves = zip(before, Self.parameters(model)).map { abs($1 - $0) }
            #expect(abs(moves.max()! - expected) < 1e-4 * expected)
        }
    }

    /// The gradient that Adam is given, its first moment / 0.1, has no larger norm than allowed; decay
    /// adds to it the parameters themselves.
    @Test func clippingAndDecay() throws {
        func gradient(_ change: (inout Training) -> Void) throws -> [Double] {
            var t = TrainingTests.training(steps: 1)
            (t.learningRate, t.finalLearningRate) = (1e-12, 1e-12)
            change(&t)
            return try TrainingTests.lossAndGradient(TrainingTests.configuration(.flow), t).gradient
        }
        let plain = try gradient { _ in }
        let norm = plain.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let clipped = try gradient { $0.clipNorm = norm / 4 }
        let decayed = try gradient { $0.weightDecay = 0.3 }
        let parameters = Self.parameters(try MLRGModel(TrainingTests.configuration(.flow)))
        for i in plain.indices {
            #expect(abs(clipped[i] - plain[i] / 4) < 1e-13 * norm)
            #expect(abs(decayed[i] - plain[i] - 0.3 * parameters[i]) < 1e-13 * max(1, norm))
        }
        #expect(try gradient { $0.clipNorm = 2 * norm } == plain)
    }

    /// The first proposals are normal numbers of the given scale: of 4096 the mean square is off by 5
    /// standard errors with probability 6e-7. None is beyond the bound.
    @Test func firstProposals() throws {
        func first(scale: Double, bound: Double) throws -> [Double] {
            let model = try Self.still()
            var t = TrainingTests.training(steps: 1, batch: 4096)
            (t.proposalScale, t.couplingBound, t.hmcStep, t.hmcLeapfrog) = (scale, bound, 1e-6, 1)
            try model.fit(t) { _ in }
            return Self.couplings(model)
        }
        let free = try first(scale: 0.5, bound: 10)
        let (mean, square) = free.reduce((0.0, 0.0)) { ($0.0 + $1 / 4096, $0.1 + $1 * $1 / 4096) }
        let deviation = (2 / 4096.0).squareRoot()
        #expect(abs(square / 0.25 - 1) < 5 * deviation)
        #expect(abs(mean) < 5 * 0.5 / 64)
        let largest = try first(scale: 10, bound: 0.1).map { abs($0) }.max()!
        #expect(largest > 0.09 && largest < 0.1 + 1e-4)
    }

    /// The loss is the mean over the batch of the divergences of J and J + v, v = 0.1 everywhere.
    @Test func lossIsTheMeanDivergence() throws {
        let model = try Self.still(constant: 0.1)
        var t = TrainingTests.training(steps: 1, batch: 37)
        (t.learningRate, t.finalLearningRate) = (1e-12, 1e-12)
        var loss = 0.0
        try model.fit(t) { loss = $0.loss }
        let divergences = Self.couplings(model).map { Enumeration.divergence(teacher: $0, student: $0 + 0.1) }
        #expect(abs(loss - divergences.reduce(0, +) / 37) < 1e-13)
    }

    /// Steps count from 0. v = J / 2 - 0.15 vanishes at 0.3.
    @Test func fixedPointsAreRecordedFromAStepOn() throws {
        var t = ProposalTests.training(.squared, replicas: 1)
        (t.steps, t.batch, t.recordFrom, t.recordGuess) = (5, 8, 3, [0.4])
        var found: [Double] = []
        try ProposalTests.linearFlow().fit(t) { found.append($0.fixedPoint) }
        #expect(found[..<3].allSatisfy(\.isNaN) && found[3...].allSatisfy { abs($0 - 0.3) < 1e-9 })
    }

    /// A constant flow has no fixed point, however slow it is.
    @Test(arguments: [1e-2, 1e-4, 1e-8])
    func aConstantFlowHasNoFixedPoint(velocity: Double) throws {
        let model = try Self.still(constant: velocity)
        let failure = #expect(throws: Failure.self) { try model.fixedPoint(from: [0.3]) }
        guard case .notConverged = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
}
