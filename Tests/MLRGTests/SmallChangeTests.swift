import MLRG
import Numerics
import Testing

/// What small wrong changes of the code did unseen; see soak/mutation.
@Suite struct MLRGSmallChangeTests {
    /// A teacher at J = 20 has all spins equal. Of its one sample, whose sign is all that is left of
    /// the teacher, the student makes new corners in each step, with sums of 0, 2 or 4: three values
    /// of the divergence, each with a probability above 0.2, so that 100 steps miss one of them with a
    /// chance of 1e-9. Equal random numbers in all steps would leave two.
    @Test func eachStepHasItsOwnRandomNumbers() throws {
        let sampled = try ContrastiveDivergence(
            try Representation("A1"), frame: .published, samples: 1, teacherSweeps: 300, studentSweeps: 1)
        let work = try ContrastiveDivergence.Workspace(sampled)
        let values = (0..<100).map { step in
            var gradient = [0.0]
            return sampled.evaluate(
                work, teacher: [20], student: [0.5], gradient: &gradient, seed: 1, stream: 0, step: UInt64(step))
        }
        #expect(Set(values).count == 3)
    }

    /// v has the slopes -1/3.5, 1 and 0.1 between its corners at -1 and 0.5, and zeros at -4.5 and 0.
    /// From 0.6 a whole step of Newton would end at the far one, a step of 0.5 leads to the near one.
    @Test func newtonStaysInTheNeighbourhood() throws {
        var configuration = MLRGModel.Configuration()
        (configuration.moderator, configuration.hidden, configuration.activation) = (.flow, [3], .relu)
        let model = try MLRGModel(configuration)
        let arrays: [[Double]] = [[1, 1, -1], [1, -0.5, -1], [1, -0.9, 1 / 3.5], [-1]]
        for (index, values) in arrays.enumerated() {
            try model.write(array: index, from: values, count: values.count)
        }
        #expect(abs(try model.fixedPoint(from: [0.6])[0]) < 1e-9)
        #expect(abs(try model.fixedPoint(from: [-4.2])[0] + 4.5) < 1e-9)
    }

    /// Without a flow two updates of a step are two independent moves: their mean square is twice that of
    /// one. Of 4864 normal numbers it is known to 2 %, so that the ratio is within 1.8 and 2.2 but for a
    /// chance of 1e-6; moves with the same momenta give 4.
    @Test func updatesOfAStepHaveTheirOwnMomenta() throws {
        func meanSquare(updates: Int) throws -> Double {
            let model = try StepTests.still()
            var t = TrainingTests.training(steps: 20, batch: 256)
            (t.hmcStep, t.hmcLeapfrog, t.hmcUpdates, t.couplingBound) = (0.01, 2, updates, 10)
            (t.proposalScale, t.learningRate, t.finalLearningRate) = (1e-6, 1e-12, 1e-12)
            var places: [[Double]] = []
            try model.fit(t) { _ in places.append(StepTests.couplings(model)) }
            let moves = zip(places, places.dropFirst()).flatMap { zip($0, $1).map { $1 - $0 } }
            return moves.reduce(0) { $0 + $1 * $1 } / Double(moves.count)
        }
        let ratio = try meanSquare(updates: 2) / meanSquare(updates: 1)
        #expect(ratio > 1.8 && ratio < 2.2)
    }
}
