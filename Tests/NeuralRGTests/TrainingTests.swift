import Learning
import Numerics
import Testing
import NeuralRG

@Suite(.serialized) struct FlowTrainingTests {
    /// - Parameter shift: of the last biases. Without one -x is foreign to the flow wherever x is
    ///   not; 1 brings both within its reach.
    static func model(
        symmetric: Bool, size: Int = 4, shift: Double = 0, group: SymmetryGroup? = nil
    ) throws -> FlowModel {
        var configuration = FlowModel.Configuration()
        (configuration.rows, configuration.columns, configuration.coupling) = (size, size, 0.4)
        (configuration.layers, configuration.hidden) = (4, [6, 5])
        (configuration.symmetric, configuration.seed) = (symmetric, 3)
        configuration.symmetry = group
        let model = try FlowModel(configuration)
        var random = RandomStream(seed: 4, purpose: .test)
        for place in model.shape.scalePlaces {
            model.parameters[place] = shift + 0.3 * random.nextNormal()[0]
        }
        return model
    }

    /// Mean of ln q(g(z)) - ln pi(g(z)) in double precision, by the evaluation functions; q may be
    /// another model than g.
    static func loss(_ model: FlowModel, density: FlowModel, _ latents: [Double], count: Int) throws -> Double {
        let n = model.shape.sites
        var (samples, determinants) = ([Double](repeating: 0, count: count * n), [Double](repeating: 0, count: count))
        try model.decode(latents, count: count, into: &samples, logDeterminants: &determinants)
        var (logQ, logPi) = (determinants, determinants)
        try density.logProbability(samples, count: count, into: &logQ)
        try model.target.logDensity(samples, count: count, into: &logPi)
        return zip(logQ, logPi).reduce(0) { $0 + $1.0 - $1.1 } / Double(count)
    }

    /// The single-precision loss and gradient of a workspace, whose tile has been drawn, against the
    /// double one and its finite differences.
    static func compare(
        _ workspace: some FlowLoss, _ model: FlowModel, count: Int, _ loss: () throws -> Double
    ) throws {
        let packed = try model.packed(Float.self)
        workspace.clear()
        workspace.add(packed.base, samples: count, batch: count)
        #expect(abs(workspace.lossSum / Double(count) - (try loss())) < 1e-4)
        let gradient = try Buffer<Double>(count: model.shape.parameterCount)
        model.shape.unpack(workspace.gradient.base, onto: gradient.base)
        let h = 1e-5
        for i in stride(from: 0, to: model.shape.parameterCount, by: 11) {
            let value = model.parameters[i]
            model.parameters[i] = value + h
            let up = try loss()
            model.parameters[i] = value - h
            let slope = (up - (try loss())) / (2 * h)
            model.parameters[i] = value
            #expect(abs(slope - gradient[i]) < 2e-4 * (1 + abs(slope)))
        }
    }

    static func samples(_ workspace: LossWorkspace, _ model: FlowModel, count: Int) -> [Double] {
        let n = model.shape.sites
        return (0..<count * n).map { Double(workspace.tile.sites[$0 % n][$0 / n]) }
    }

    @Test(arguments: [(false, 0), (true, 0), (true, 1)])
    func gradientOfTheDistillationLoss(symmetric: Bool, shift: Double) throws {
        let model = try Self.model(symmetric: symmetric, shift: shift)
        let workspace = try DistillationWorkspace(model)
        let count = 21
        workspace.draw(seed: 8, tile: 0, step: 0)
        let latents = Self.samples(workspace, model, count: count)
        let density = try Self.model(symmetric: symmetric, shift: shift)
        try Self.compare(workspace, model, count: count) {
            try Self.loss(model, density: density, latents, count: count)
        }
        // Where the two signs share nothing, q = q0 / 2, here and in the training.
        let plain = try Self.model(symmetric: false, shift: shift)
        let excess =
            try Self.loss(model, density: plain, latents, count: count)
            - Self.loss(model, density: density, latents, count: count)
        #expect((abs(excess - 0.6931471805599453) < 1e-7) == (symmetric && shift == 0))
    }

    /// Translations by one site along the rows, each with the opposite sign.
    static func turns(size: Int) throws -> SymmetryGroup {
        var (sources, signs): ([Int32], [Int8]) = ([], [])
        for shift in 0..<size {
            for i in 0..<size * size {
                sources.append(Int32(i / size * size + (i + shift) % size))
                signs.append(shift.isMultiple(of: 2) ? 1 : -1)
            }
        }
        return try SymmetryGroup(sources: sources, signs: signs, sites: size * size)
    }

    @Test(arguments: [2, 4]) func gradientsWithAGroup(size: Int) throws {
        let group = try Self.turns(size: size)
        let model = try Self.model(symmetric: true, size: size, group: group)
        let density = try Self.model(symmetric: true, size: size, group: group)
        let count = 21
        let workspace = try DistillationWorkspace(model)
        workspace.draw(seed: 8, tile: 0, step: 0)
        let latents = Self.samples(workspace, model, count: count)
        try Self.compare(workspace, model, count: count) {
            try Self.loss(model, density: density, latents, count: count)
        }
        try latents.withUnsafeBufferPointer { given in
            let workspace = try LikelihoodWorkspace(model, FlowSamples(given.baseAddress!, count: count))
            workspace.draw(seed: 8, tile: 0, step: 0)
            let drawn = Self.samples(workspace, model, count: count)
            try Self.compare(workspace, model, count: count) {
                var values = [Double](repeating: 0, count: count)
                try model.logProbability(drawn, count: count, into: &values)
                return -values.reduce(0, +) / Double(count)
            }
        }
    }

    /// -x carries a few per cent of the density of every sample: its derivative counts.
    @Test func gradientWhereTheOtherSignIsUnlikely() throws {
        let (model, plain) = (try Self.model(symmetric: true, size: 2), try Self.model(symmetric: false, size: 2))
        let density = try Self.model(symmetric: true, size: 2)
        let workspace = try DistillationWorkspace(model)
        let n = model.shape.sites
        var found: [Double] = []
        for tile in 0..<100 where found.isEmpty {
            workspace.draw(seed: 8, tile: tile, step: 0)
            let latents = Self.samples(workspace, model, count: 32)
            var (x, own, other) = (latents, [Double](repeating: 0, count: 32), [Double](repeating: 0, count: 32))
            try model.decode(latents, count: 32, into: &x, logDeterminants: &own)
            try plain.logProbability(x, count: 32, into: &own)
            try plain.logProbability(x.map { -$0 }, count: 32, into: &other)
            for lane in 0..<32 where (3.2...3.9).contains(own[lane] - other[lane]) {
                found = Array(latents[lane * n..<(lane + 1) * n])  // a share of 0.961 to 0.980
            }
        }
        try #require(!found.isEmpty)
        for i in 0..<n { workspace.tile.sites[i] = SampleBlock(repeating: Float(found[i])) }
        let latents = Self.samples(workspace, model, count: 3)
        try Self.compare(workspace, model, count: 3) {
            try Self.loss(model, density: density, latents, count: 3)
        }
    }

    /// The derivative of ln q in its own parameters, which the gradient leaves out, has mean zero:
    /// four standard errors of each component, of which 1 in 16,000 may fail.
    @Test func whatTheGradientLeavesOutIsZeroOnAverage() throws {
        let (model, density) = (try Self.model(symmetric: true), try Self.model(symmetric: true))
        let (tiles, h) = (60, 1e-4)
        let workspace = try DistillationWorkspace(model)
        for i in stride(from: 7, to: model.shape.parameterCount, by: 97) {
            var slopes: [Double] = []
            for tile in 0..<tiles {
                workspace.draw(seed: 2, tile: tile, step: 0)
                let latents = Self.samples(workspace, model, count: 32)
                var ends: [Double] = []
                for sign in [1.0, -1] {
                    let value = density.parameters[i]
                    density.parameters[i] += sign * h
                    ends.append(try Self.loss(model, density: density, latents, count: 32))
                    density.parameters[i] = value
                }
                slopes.append((ends[0] - ends[1]) / (2 * h))
            }
            let mean = slopes.reduce(0, +) / Double(tiles)
            let variance = slopes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(tiles - 1)
            #expect(abs(mean) <= 4 * (variance / Double(tiles)).squareRoot() + 1e-9)
        }
    }

    @Test(arguments: [false, true])
    func gradientOfTheLikelihood(symmetric: Bool) throws {
        let model = try Self.model(symmetric: symmetric)
        let (count, n) = (21, model.shape.sites)
        var random = RandomStream(seed: 9, purpose: .test)
        let given = (0..<50 * n).map { _ in 1.5 * random.nextNormal()[0] }
        try given.withUnsafeBufferPointer { given in
            let workspace = try LikelihoodWorkspace(model, FlowSamples(given.baseAddress!, count: 50))
            workspace.draw(seed: 8, tile: 0, step: 0)
            let drawn = Self.samples(workspace, model, count: count)
            // Rows of what was given, not always the same.
            let firsts = (0..<count).map { lane in
                (0..<50).firstIndex { row in abs(given[row * n] - drawn[lane * n]) < 1e-6 }
            }
            #expect(!firsts.contains(nil) && Set(firsts).count > 10)
            try Self.compare(workspace, model, count: count) {
                var values = [Double](repeating: 0, count: count)
                try model.logProbability(drawn, count: count, into: &values)
                return -values.reduce(0, +) / Double(count)
            }
        }
    }

    /// The bound falls towards -ln Z and never below it, and importance weights give ln Z.
    @Test func trainingApproachesTheExactFreeEnergy() throws {
        var configuration = FlowModel.Configuration()
        (configuration.rows, configuration.columns) = (4, 4)
        (configuration.coupling, configuration.hidden) = (0.3, [8, 8])
        configuration.layers = 6
        let model = try FlowModel(configuration)
        var training = FlowTraining()
        (training.steps, training.batch, training.learningRate, training.seed) = (400, 128, 4e-3, 1)
        var losses: [Double] = []
        try model.fit(training) { losses.append($0.loss) }
        let exact = -(try DualIsing(size: 4, coupling: 0.3).logPartition)
        let late = losses.suffix(50).reduce(0, +) / 50
        #expect(losses[0] > exact + 1)
        #expect(late > exact && late < exact + 0.4)

        let (count, n) = (4096, model.shape.sites)
        var samples = [Double](repeating: 0, count: count * n)
        try model.sample(count, seed: 5, into: &samples)
        var (logQ, logPi) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        try model.logProbability(samples, count: count, into: &logQ)
        try model.target.logDensity(samples, count: count, into: &logPi)
        let weights = zip(logQ, logPi).map { exp(SIMD8<Double>(repeating: $1 - $0 + exact))[0] }
        let mean = weights.reduce(0, +) / Double(count)
        let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // Z_estimate / Z has mean 1; four standard errors.
        #expect(abs(mean - 1) < 4 * (variance / Double(count)).squareRoot())
    }

    @Test func refusesSchedulesOutOfRange() throws {
        let model = try Self.model(symmetric: false)
        for change in [
            { $0.finalLearningRate = 0 }, { $0.scheduleSteps = 0 }, { $0.reverse = 1 }, { $0.reverse = .nan },
        ] as [(inout FlowTraining) -> Void] {
            var training = FlowTraining()
            (training.steps, training.batch) = (1, 2)
            change(&training)
            #expect(throws: Failure.self) { try model.fit(training) { _ in } }
        }
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let threads = threadCount
        defer { threadCount = threads }
        var ends: [[Double]] = []
        for count in [1, 2, 3] {
            threadCount = count
            let model = try Self.model(symmetric: true)
            var training = FlowTraining()
            (training.steps, training.batch) = (4, 150)
            try model.fit(training) { _ in }
            ends.append((0..<model.shape.parameterCount).map { model.parameters[$0] })
        }
        #expect(ends[0] == ends[1] && ends[0] == ends[2])
    }
}
