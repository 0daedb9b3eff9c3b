import Ising
import Learning
import Multilevel
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite(.serialized) struct SamplerTrainingTests {
    static func training(_ steps: Int, _ start: SamplerStart = .wolff) -> SamplerTraining {
        var training = SamplerTraining()
        (training.steps, training.batch, training.start, training.seed) = (steps, 5000, start, 4)
        return training
    }

    static func couplings(_ model: SamplerModel) -> [Double] {
        (0..<model.couplings.count).map { model.couplings[$0] }
    }

    /// The divergences from the model to the target and back, by all configurations of 4 x 4.
    static func divergences(_ model: SamplerModel) throws -> (reverse: Double, forward: Double) {
        let logarithms = try Samples.logProbabilities(model, Samples.all)
        let weights = Samples.logWeights(model, Samples.all)
        let logPartition = log(weights.reduce(0) { $0 + exp($1) })
        var (reverse, forward) = (0.0, 0.0)
        for (q, w) in zip(logarithms, weights) {
            reverse += exp(q) * (q - w + logPartition)
            forward += exp(w - logPartition) * (w - logPartition - q)
        }
        return (reverse, forward)
    }

    @Test(arguments: [0.4406867935, -0.44, 0.0, 0.3, 0.6], [SamplerStart.wolff, .ladder])
    func theTargetIsLearned(coupling: Double, start: SamplerStart) throws {
        let model = try Samples.model(4, coupling: coupling)
        var reports: [SamplerReport] = []
        try model.fit(Self.training(3, start)) { reports.append($0) }
        let found = try Self.divergences(model)
        #expect(found.reverse < 2e-3 && found.forward < 2e-3)
        let report = reports[2]
        let exact = try logPartition(size: 4, coupling: coupling)
        #expect(abs(report.bound + exact - found.reverse) < 5 * report.boundError + 1e-4)
        #expect(abs(report.logPartition - exact) < 5 * report.logPartitionError + 1e-4)
        // Without couplings all weights are equal, and there is no error.
        let forwardError = report.forwardError.isNaN ? 0 : report.forwardError
        #expect(abs(report.forward - found.forward) < 5 * forwardError + 1e-4)
        #expect(report.share > 0.99 && report.share <= 1)
    }

    @Test(arguments: [SamplerStart.wolff, .ladder])
    func aModelWithAFieldIsLearned(start: SamplerStart) throws {
        let model = try Samples.model(4, coupling: 0.3, field: 0.1)
        var reports: [SamplerReport] = []
        try model.fit(Self.training(3, start)) { reports.append($0) }
        let found = try Self.divergences(model)
        #expect(found.forward < 2e-3)
        let report = reports[2]
        let error = report.forwardError + report.logPartitionError
        #expect(abs(report.forward - found.forward) < 5 * error + 1e-4)
    }

    /// A phase that is never drawn shows in the divergence from the target, not in the other one.
    @Test func aDroppedPhaseIsReported() throws {
        let model = try Samples.model(4, coupling: 1.5, field: 0.001)
        try model.fit(Self.training(3)) { _ in }
        let root = model.learned.first { model.hierarchy.classes[$0.index].name == "4.A.0" }!
        model.couplings.base[root.offset] = 8
        let found = try Self.divergences(model)
        let logPartition = log(Samples.logWeights(model, Samples.all).reduce(0) { $0 + exp($1) })
        let exact = try ExactConfigurations.of(model, seed: 4, .none).divergence(
            to: model, estimate: logPartition, .none)
        #expect(abs(exact.0 - found.forward) < 5 * exact.1 && found.forward > 2 * found.reverse)
    }

    @Test(arguments: [SamplerStart.wolff, .ladder])
    func aTrainingInPiecesOrOnOtherThreadsIsTheSame(start: SamplerStart) throws {
        let (whole, pieces) = (try Samples.model(8), try Samples.model(8))
        try whole.fit(Self.training(3, start)) { _ in }
        let threads = threadCount
        threadCount = 3
        defer { threadCount = threads }
        try pieces.fit(Self.training(1, start)) { _ in }
        let other = try Samples.model(8)
        for (index, array) in pieces.stateArrays.enumerated() {
            var values = [Double](repeating: .nan, count: array.count)
            pieces.read(array: index, into: &values)
            try other.write(array: index, from: values, count: values.count)
        }
        try other.fit(Self.training(2, start)) { _ in }
        #expect(Self.couplings(other) == Self.couplings(whole) && other.step == 3)
    }

    /// Around the first sites B of spacing 1 a lattice of 4 x 4 has four corners, of which one of 8 x 8 takes over
    /// all products. A neighbour that is two steps away to both sides on the smaller one is none of
    /// the two on the larger.
    @Test(arguments: [0, 0.1])
    func aLargerModelHasTheFieldsOfTheProductsThatBothHave(field: Double) throws {
        let smaller = try Samples.model(4, coupling: 1.5, field: field, random: 0.2)
        let larger = try Samples.model(8, coupling: 1.5, field: field, random: 7)
        try larger.adopt(smaller)
        func part(_ model: SamplerModel, _ name: String) -> SamplerModel.LearnedClass {
            model.learned.first { model.hierarchy.classes[$0.index].name == name }!
        }
        let given = Samples.random(64)
        var coarse = [Int8](repeating: 1, count: 16)
        for i in 0..<4 { for j in 0..<4 { coarse[4 * i + j] = given[8 * i + j] } }
        let fields = (
            PlainSampler(model: smaller).field(part(smaller, "1.B.0"), site: 5, coarse),
            PlainSampler(model: larger).field(part(larger, "1.B.0"), site: 9, given)
        )
        #expect(abs(fields.0 - fields.1) < 1e-12 && fields.0 != 0)
        let plain = PlainSampler(model: larger)
        for site in 0..<64 {
            var turned = given
            turned[site] *= -1
            let distance = Displacement(row: site / 8 - 1, column: site % 8 - 1).wrapped(8)
            let isCorner = abs(distance.row) == 1 && abs(distance.column) == 1
            let changes =
                plain.field(part(larger, "1.B.1"), site: 9, turned)
                != plain.field(part(larger, "1.B.1"), site: 9, given)
            #expect(isCorner || !changes)
        }
    }

    @Test func givenConfigurationsAreLearned() throws {
        let model = try Samples.model(4, coupling: 0.44)
        let plan = SamplingPlan(size: 4, couplings: [0.44], chains: 100, samples: 200, between: 2, seed: 1)
        var spins = [Int8](repeating: 0, count: 20000 * 16)
        try sample(plan, into: &spins, progress: .none)
        try model.fit(spins, count: 20000, Self.training(6)) { _ in }
        #expect(try Self.divergences(model).forward < 4e-3)
    }

    @Test func anInterruptedTrainingLeavesTheModelAtItsStep() throws {
        for stopAfter in [0, 1] {
            let model = try Samples.model(16)
            if stopAfter == 1 { try model.fit(Self.training(1)) { _ in } }
            let before = Self.couplings(model)
            let progress = Progress(total: 1) { _, _ in false }
            #expect(throws: Failure.self) { try model.fit(Self.training(2), progress: progress) { _ in } }
            #expect(Self.couplings(model) == before && model.step == stopAfter)
        }
    }
}
