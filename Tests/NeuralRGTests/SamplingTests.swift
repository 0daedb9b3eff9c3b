import Ising
import Learning
import Numerics
import Testing
import NeuralRG

@Suite(.serialized) struct FlowSamplingTests {
    /// Gradients of both energies against finite differences of the double-precision density.
    @Test(arguments: [SamplingSpace.latent, .physical])
    func gradients(space: SamplingSpace) throws {
        let model = try FlowTrainingTests.model(symmetric: true)
        let (chains, n) = (5, model.shape.sites)
        let potential: any Potential =
            space == .latent
            ? try LatentPotential(model, chains: chains) : try PhysicalPotential(model.target, chains: chains)
        var random = RandomStream(seed: 3, purpose: .test)
        let positions = (0..<chains * n).map { _ in random.nextNormal()[0] }
        func energy(_ z: [Double]) throws -> [Double] {
            var (x, determinants) = (z, [Double](repeating: 0, count: chains))
            if space == .latent { try model.decode(z, count: chains, into: &x, logDeterminants: &determinants) }
            var density = determinants
            try model.target.logDensity(x, count: chains, into: &density)
            return zip(density, determinants).map { -$0 - $1 }
        }
        var (values, slopes) = ([Double](repeating: 0, count: chains), positions)
        potential.evaluate(positions: positions, count: chains, energy: &values, gradient: &slopes)
        let expected = try energy(positions)
        for chain in 0..<chains { #expect(abs(values[chain] - expected[chain]) < 1e-4) }
        for i in 0..<n {
            var (up, down) = (positions, positions)
            for chain in 0..<chains {
                up[chain * n + i] += 1e-5
                down[chain * n + i] -= 1e-5
            }
            let (a, b) = (try energy(up), try energy(down))
            for chain in 0..<chains {
                let slope = (a[chain] - b[chain]) / 2e-5
                #expect(abs(slope - slopes[chain * n + i]) < 1e-4 * (1 + abs(slope)))
            }
        }
    }

    /// <x_i^2> of the 4 x 4 torus from both spaces. Exactly it is A_ii + <(A s)_i^2> with A = K + alpha
    /// and s the Ising model, by enumeration of its 2^16 states.
    @Test(arguments: [SamplingSpace.latent, .physical])
    func secondMoment(space: SamplingSpace) throws {
        let model = try FlowTrainingTests.model(symmetric: true)
        let (size, n, coupling) = (4, 16, model.configuration.coupling)
        func neighbours(_ i: Int) -> [Int] {
            let (r, c) = (i / size, i % size)
            return [r * 4 + (c + 1) % 4, r * 4 + (c + 3) % 4, (r + 1) % 4 * 4 + c, (r + 3) % 4 * 4 + c]
        }
        let alpha = try DualIsing(size: size, coupling: coupling).alpha
        var (weights, moment) = (0.0, 0.0)
        for state in 0..<1 << n {
            let s = (0..<n).map { state >> $0 & 1 == 1 ? 1.0 : -1.0 }
            var pairs = 0.0
            for i in 0..<n { for j in neighbours(i) { pairs += s[i] * s[j] / 2 } }
            let weight = exp(SIMD8<Double>(repeating: coupling * pairs))[0]
            let field = alpha * s[0] + coupling * neighbours(0).reduce(0) { $0 + s[$1] }
            weights += weight
            moment += weight * field * field
        }
        let exact = alpha + moment / weights
        var plan = ChainPlan()
        (plan.space, plan.chains, plan.samples, plan.warmup, plan.between) = (space, 64, 60, 100, 10)
        (plan.stepSize, plan.leapfrog, plan.adapts, plan.seed) = (0.1, 8, true, 4)
        var samples = [Double](repeating: 0, count: 64 * 60 * n)
        let report = try model.sampleTarget(plan, into: &samples)
        #expect((0..<report.acceptance.count).allSatisfy { (0.3...1).contains(report.acceptance[$0]) })
        // One number per chain: chains are independent.
        let means = (0..<64).map { chain in
            (0..<60 * n).reduce(0.0) { $0 + samples[chain * 60 * n + $1] * samples[chain * 60 * n + $1] }
                / Double(60 * n)
        }
        let mean = means.reduce(0, +) / 64
        let error = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (63 * 64)).squareRoot()
        #expect(abs(mean - exact) < 4 * error && error < 0.1 * exact)
    }
}
