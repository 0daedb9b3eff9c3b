import Learning
import MLRG
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Proposals of a network whose flow is known, v(J) = J / 2 - 0.15, while it hardly learns: their
/// law is exp(-beta E(J) - W(J)) with E = |v|^2 or |v| and the wall W.
@Suite(.serialized) struct ProposalTests {
    static let beta = 12.0, bound = 0.8

    static func logDensity(_ j: Double, _ kind: ProposalKind, beta: Double) -> Double {
        let excess = max(0, abs(j) - bound)
        return -beta * energy(j, kind) - 10 * excess * excess
    }

    static func energy(_ j: Double, _ kind: ProposalKind) -> Double {
        let v = abs(j / 2 - 0.15)
        return kind == .squared ? v * v : v
    }

    /// relu(J) - relu(-J) = J.
    static func linearFlow() throws -> MLRGModel {
        var configuration = MLRGModel.Configuration()
        (configuration.moderator, configuration.hidden, configuration.activation) = (.flow, [2], .relu)
        let model = try MLRGModel(configuration)
        for (index, values) in [[1.0, -1], [0, 0], [0.5, -0.5], [-0.15]].enumerated() {
            try model.write(array: index, from: values, count: values.count)
        }
        return model
    }

    static func training(_ kind: ProposalKind, replicas: Int) -> Training {
        var t = TrainingTests.training(steps: 2200, batch: 256)
        (t.learningRate, t.finalLearningRate) = (1e-12, 1e-12)
        (t.betaMax, t.betaRate) = (2 * beta, 0)  // half of the maximum throughout
        (t.hmcStep, t.hmcLeapfrog, t.couplingBound) = (0.2, 5, bound)
        (t.proposal, t.replicas) = (kind, replicas)
        return t
    }

    /// Every rung has its own law: chi-square over 20 bins with every 20th step of 256 walkers,
    /// 25600 samples or 6400 per rung, which exceeds 52 with probability below 1e-4. Exchanges are
    /// accepted as often as the product of the laws says; the tolerance is five standard errors.
    @Test(arguments: ProposalKind.allCases, [1, 4])
    func proposalsFollowTheirLaw(kind: ProposalKind, replicas: Int) throws {
        let (bins, low, width) = (20, -1.6, 0.16)
        var counts = [[Double]](repeating: [Double](repeating: 0, count: bins), count: replicas)
        var rates = [(sum: 0.0, count: 0.0), (sum: 0.0, count: 0.0)]
        let model = try Self.linearFlow()
        let array = model.stateArrays.count - 2
        var couplings = [Double](repeating: 0, count: 256)
        try model.fit(Self.training(kind, replicas: replicas)) { record in
            if model.step > 200 {
                rates[(model.step - 1) % 2].sum += record.swapRate
                rates[(model.step - 1) % 2].count += 1
            }
            guard model.step > 200, model.step % 20 == 0 else { return }
            model.read(array: array, into: &couplings)
            for (i, j) in couplings.enumerated() {
                let replica = i % 32 / (32 / replicas)
                counts[replica][max(0, min(bins - 1, Int(((j - low) / width).rounded(.down))))] += 1
            }
        }
        for k in 0..<replicas {
            let beta = Self.beta * Double(k + 1) / Double(replicas)
            let weights = Self.weights(kind, beta, points: 100 * bins, low: low, width: width / 100)
            let total = counts[k].reduce(0, +)
            var statistic = 0.0
            for bin in 0..<bins {
                let expected = total * weights[bin * 100..<(bin + 1) * 100].reduce(0, +)
                // The rarest bins count together with all below them only through the sum.
                if expected > 1 { statistic += (counts[k][bin] - expected) * (counts[k][bin] - expected) / expected }
            }
            #expect(statistic < 52)
        }
        guard replicas > 1 else {
            #expect(rates.allSatisfy { $0.sum.isNaN })
            return
        }
        let even = (Self.swapRate(kind, 0) + Self.swapRate(kind, 2)) / 2
        #expect(abs(rates[0].sum / rates[0].count - even) < 0.01)
        #expect(abs(rates[1].sum / rates[1].count - Self.swapRate(kind, 1)) < 0.01)
    }

    /// Normalised weights at the middles of intervals.
    private static func weights(
        _ kind: ProposalKind, _ beta: Double, points: Int, low: Double, width: Double
    ) -> [Double] {
        let weights = (0..<points).map {
            exp(logDensity(low + (Double($0) + 0.5) * width, kind, beta: beta))
        }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// Mean of min(1, exp((beta_k - beta_l) (E_k - E_l))) over neighbours of a ladder of four.
    private static func swapRate(_ kind: ProposalKind, _ k: Int) -> Double {
        let (points, low) = (800, -1.6)
        let width = -2 * low / Double(points)
        let cold = weights(kind, beta * Double(k + 2) / 4, points: points, low: low, width: width)
        let hot = weights(kind, beta * Double(k + 1) / 4, points: points, low: low, width: width)
        let energies = (0..<points).map { energy(low + (Double($0) + 0.5) * width, kind) }
        var sum = 0.0
        for a in 0..<points {
            for b in 0..<points {
                sum += hot[a] * cold[b] * min(1, exp(-beta / 4 * (energies[a] - energies[b])))
            }
        }
        return sum
    }

    /// Five couplings and short steps: with the exact gradient the energy is conserved to the
    /// square of the step, with any other it would change in proportion to the path.
    @Test(arguments: ModeratorKind.allCases, ProposalKind.allCases)
    func gradientConservesTheEnergy(moderator: ModeratorKind, kind: ProposalKind) throws {
        var configuration = TrainingTests.configuration(moderator)
        configuration.representation = "A1+E"
        var t = TrainingTests.training(steps: 1, batch: 64)
        (t.proposal, t.betaMax, t.betaRate) = (kind, 200, 0)
        let errors = try [0.02, 0.002].map { step in
            (t.hmcStep, t.hmcLeapfrog) = (step, Int((0.1 / step).rounded()))
            let model = try MLRGModel(configuration)
            var error = 0.0
            try model.fit(t) { error = 1 - $0.acceptance }
            return error
        }
        #expect(errors[0] < 0.1 && errors[1] < 0.1 * errors[0], "\(errors)")
    }

    /// Energies and forces in single precision against those in double: to 2e-6 of the largest
    /// energy and 2e-5 of the largest force, for J uniform up to 1.5.
    @Test(arguments: ModeratorKind.allCases, Activation.allCases)
    func singlePrecisionFollowsDouble(moderator: ModeratorKind, activation: Activation) throws {
        for (layerNorm, symmetric) in [(false, false), (false, true), (true, false), (true, true)] {
            var configuration = MLRGModel.Configuration()
            (configuration.representation, configuration.moderator) = ("A1+E", moderator)
            (configuration.hidden, configuration.activation) = ([12, 24, 6], activation)
            (configuration.layerNorm, configuration.symmetric) = (layerNorm, symmetric)
            let model = try MLRGModel(configuration)
            let rounded = try Buffer<Float>(count: model.parameters.count)
            for i in 0..<rounded.count { rounded[i] = Float(model.parameters[i]) }
            for kind in ProposalKind.allCases {
                let reference = try Self.energies(
                    ProposalPotential(kind, model, parameters: UnsafePointer(model.parameters.base)))
                let single = try Self.energies(
                    ProposalPotential(kind, model, parameters: UnsafePointer(rounded.base)))
                #expect(Self.agree(single.energy, reference.energy, 2e-6))
                #expect(Self.agree(single.gradient, reference.gradient, 2e-5))
            }
        }
    }

    /// Energies and gradients of 30 couplings of one block.
    private static func energies(_ potential: some Potential) throws -> (energy: [Double], gradient: [Double]) {
        let n = potential.dimension
        var random = RandomStream(seed: 5, purpose: .test)
        let positions = (0..<30 * n).map { _ in 3 * random.nextUniform()[0] - 1.5 }
        var (energy, gradient) = ([Double](repeating: 0, count: 30), [Double](repeating: 0, count: 30 * n))
        potential.evaluate(positions: positions, count: 30, energy: &energy, gradient: &gradient)
        return (energy, gradient)
    }

    /// Within a tolerance relative to the largest number.
    private static func agree(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
        let scale = b.map(abs).max()!
        return zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * scale }
    }

    /// At J = 0.3 the flow vanishes, and with it the direction of the gradient of |v|.
    @Test func normAtAFixedPoint() throws {
        let model = try Self.linearFlow()
        let start = [Double](repeating: 0.3, count: 32)
        try model.write(array: model.stateArrays.count - 2, from: start, count: 32)
        var t = Self.training(.norm, replicas: 1)
        (t.steps, t.batch, t.hmcStep) = (1, 32, 1e-3)
        try model.fit(t) { #expect($0.acceptance > 0.9 && $0.acceptance <= 1) }
    }

    /// 16 of 40 couplings on the ray: uniform by the Kolmogorov distance, whose critical value at
    /// 1e-6 is 2.7 / sqrt(n), and all but J0 zero; the others are moved.
    @Test func rayIsDrawnAnew() throws {
        var configuration = TrainingTests.configuration(.flow)
        configuration.representation = "A1+E"
        let model = try MLRGModel(configuration)
        let n = model.dimension
        var t = TrainingTests.training(steps: 100, batch: 40)
        (t.ray, t.couplingBound, t.replicas) = (0.4, 1.5, 8)
        (t.rayLow, t.rayHigh) = (-1.5, 1.5)
        var drawn: [Double] = []
        var couplings = [Double](repeating: 0, count: 40 * n)
        try model.fit(t) { _ in
            model.read(array: model.stateArrays.count - 2, into: &couplings)
            for row in 0..<40 {
                let others = couplings[row * n + 1..<(row + 1) * n]
                #expect(others.allSatisfy { ($0 == 0) == (row >= 24) })
                if row >= 24 { drawn.append(couplings[row * n]) }
            }
        }
        let distance = drawn.sorted().enumerated().reduce(0) { worst, entry in
            max(worst, abs(Double(entry.offset) / 1600 - (entry.element + 1.5) / 3))
        }
        #expect(drawn.count == 1600 && distance < 2.7 / 40)
        t.ray = 1
        t.replicas = 1
        try model.fit(t) { #expect($0.acceptance.isNaN && $0.loss.isFinite) }
    }

    @Test func wrongLaddersAreRefused() throws {
        let model = try Self.linearFlow()
        for (replicas, batch, ray) in [(0, 32, 0.0), (3, 32, 0), (64, 64, 0), (4, 30, 0), (2, 32, 0.1), (1, 8, 1.5)] {
            var t = TrainingTests.training(steps: 1, batch: batch)
            (t.replicas, t.ray) = (replicas, ray)
            #expect(throws: Failure.self) { try model.fit(t) { _ in } }
        }
    }
}
