import Learning
import LearningReference
import Numerics
import Testing

@Suite struct LeapfrogTests {
    /// For one chain: follows `steps` steps from (q, p), returns (q, p, U).
    private func follow(
        _ potential: some Potential, _ q: [Double], _ p: [Double], stepSize: Double, steps: Int
    ) -> (q: [Double], p: [Double], energy: Double) {
        var (q, p) = (q, p)
        var gradients = q.map { _ in 0.0 }
        var energy = 0.0
        potential.evaluate(positions: q, count: 1, energy: &energy, gradient: &gradients)
        potential.leapfrog(
            positions: &q, momenta: &p, energies: &energy, gradients: &gradients, count: 1,
            stepSizes: [stepSize], inverseTemperatures: [1], steps: steps)
        return (q, p, energy)
    }

    /// For U = q^2 / 2 the rule conserves p^2 + q^2 (1 - eps^2 / 4) exactly, at any step below 2.
    @Test func conservesTheShadowEnergyOfAnOscillator() {
        let oscillator = Oscillators(frequencies: [1])
        for stepSize in [0.1, 0.5, 1.5] {
            let factor = 1 - stepSize * stepSize / 4
            let end = follow(oscillator, [0.8], [-0.6], stepSize: stepSize, steps: 1000)
            let (before, after) = (0.36 + 0.64 * factor, end.p[0] * end.p[0] + end.q[0] * end.q[0] * factor)
            #expect(abs(after - before) < 1e-12)
            #expect(abs(end.energy - end.q[0] * end.q[0] / 2) < 1e-15)
        }
    }

    /// Halving the step over the same time divides the energy error by 4, up to the next order.
    @Test func energyErrorIsOfSecondOrder() {
        let well = DoubleWell(height: 0.7)
        func error(_ steps: Int) -> Double {
            let end = follow(well, [0.4], [1.3], stepSize: 1.6 / Double(steps), steps: steps)
            let excess = 0.4 * 0.4 - 1
            return end.energy + end.p[0] * end.p[0] / 2 - 0.7 * excess * excess - 1.3 * 1.3 / 2
        }
        #expect(abs(error(64)) < 1e-2)
        #expect(abs(error(64) / error(128) - 4) < 0.05)
        #expect(abs(error(128) / error(256) - 4) < 0.0125)
    }

    @Test func isReversible() {
        let well = DoubleWell(height: 2)
        let there = follow(well, [0.4], [1.3], stepSize: 0.07, steps: 200)
        let back = follow(well, there.q, there.p, stepSize: -0.07, steps: 200)
        #expect(abs(there.q[0] - 0.4) > 0.01)
        #expect(abs(back.q[0] - 0.4) < 1e-11 && abs(back.p[0] - 1.3) < 1e-11)
    }
}

@Suite struct HMCTests {
    @Test func samplesACorrelatedGaussian() throws {
        let (potential, chains) = (CorrelatedGaussian(), 256)
        let sampler = try HMC(potential: potential, chains: chains, stepSize: 0.5, leapfrogSteps: 4, seed: 11)
        let state = try HMC.State(Array(repeating: 0, count: 2 * chains), potential: potential)
        var (x, xx, xy, xxxx) = (
            ChainAverages(chains: chains), ChainAverages(chains: chains), ChainAverages(chains: chains),
            ChainAverages(chains: chains)
        )
        var (acceptance, weight) = (0.0, ChainAverages(chains: chains))
        for step in 0..<1100 {
            let info = sampler.step(state)
            guard step >= 100 else { continue }
            let q = state.positions.base
            x.add { q[2 * $0] }
            xx.add { q[2 * $0] * q[2 * $0] }
            xy.add { q[2 * $0] * q[2 * $0 + 1] }
            xxxx.add { q[2 * $0] * q[2 * $0] * q[2 * $0] * q[2 * $0] }
            // Reversibility makes the mean of exp(-energy error) 1 (Creutz).
            weight.add { exp(Tensor(-info.energyError[$0])).scalar }
            acceptance += info.meanAcceptance / 1000
        }
        #expect(x.agrees(with: 0, error: 0.01))
        #expect(xx.agrees(with: 2 / 1.75, error: 0.01))
        #expect(xy.agrees(with: 1.5 / 1.75, error: 0.01))
        #expect(xxxx.agrees(with: 3 * 2 * 2 / (1.75 * 1.75), error: 0.05))
        #expect(weight.agrees(with: 1, error: 0.002))
        #expect(acceptance > 0.7 && acceptance < 0.99)
        #expect(x.effectiveSampleSize > 20_000)
    }

    @Test func samplesADoubleWellAtThreeTemperatures() throws {
        let (potential, chains) = (DoubleWell(height: 1), 384)
        let sampler = try HMC(potential: potential, chains: chains, stepSize: 0.3, leapfrogSteps: 5, seed: 12)
        let betas = [0.5, 1, 2]
        for i in 0..<chains { sampler.inverseTemperatures[i] = betas[i / 128] }
        let state = try HMC.State((0..<chains).map { $0 % 2 == 0 ? 1 : -1 }, potential: potential)
        var right = betas.map { _ in ChainAverages(chains: 128) }
        var square = right
        for step in 0..<2200 {
            _ = sampler.step(state)
            guard step >= 200 else { continue }
            for k in 0..<3 {
                let q = state.positions.base + 128 * k
                right[k].add { q[$0] > 0 ? 1 : 0 }
                square[k].add { q[$0] * q[$0] }
            }
        }
        for k in 0..<3 {
            #expect(right[k].agrees(with: 0.5, error: 0.02))
            #expect(square[k].agrees(with: potential.moment(2, beta: betas[k]), error: 0.005))
        }
    }

    @Test(arguments: [false, true])
    func aChainDoesNotDependOnItsCompany(randomLength: Bool) throws {
        let potential = DoubleWell(height: 1)
        let starts = [-1, 0.2, 0.7, 1.4, -0.3]
        let group = try HMC(
            potential: potential, chains: 5, stepSize: 0.4, leapfrogSteps: 5, randomLength: randomLength, seed: 3)
        let alone = try HMC(
            potential: potential, chains: 1, stepSize: 0.4, leapfrogSteps: 5, randomLength: randomLength, seed: 3,
            firstStream: 3)
        let groupState = try HMC.State(starts, potential: potential)
        let aloneState = try HMC.State([starts[3]], potential: potential)
        var rejections = 0
        for _ in 0..<200 {
            let info = group.step(groupState)
            #expect(alone.step(aloneState).energyError[0] == info.energyError[3])
            #expect(groupState.positions[3] == aloneState.positions[0])
            rejections += info.accepted[3] ? 0 : 1
        }
        #expect(rejections > 0)
    }

    /// A step of 10 on a stiff oscillator grows by orders of magnitude; the energy of the wall is
    /// not a number. Both must be reported and leave the chain where it is.
    @Test func divergencesAreReportedAndRejected() throws {
        struct Wall: Potential {
            let dimension = 1
            func evaluate(
                positions: UnsafePointer<Double>, count: Int,
                energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
            ) {
                for i in 0..<count {
                    energy[i] = positions[i] > 1 ? .nan : 0
                    gradient[i] = -1
                }
            }
        }
        let stiff = Oscillators(frequencies: [1, 3])
        let sampler = try HMC(potential: stiff, chains: 2, stepSize: 0.2, leapfrogSteps: 10, seed: 1)
        sampler.stepSizes[1] = 10
        let state = try HMC.State([1, 1, 1, 1], potential: stiff)
        let info = sampler.step(state)
        #expect(info.diverged == [false, true] && info.divergences == 1)
        #expect(!info.accepted[1] && info.acceptanceProbability[1] == 0 && info.meanAcceptance < 0.51)
        #expect(state.positions[2] == 1 && state.positions[3] == 1 && state.energies[1] == 5)

        let wall = try HMC(potential: Wall(), chains: 1, stepSize: 10, leapfrogSteps: 2, seed: 1)
        let before = try HMC.State([0.5], potential: Wall())
        #expect(wall.step(before).diverged == [true])
        #expect(before.positions[0] == 0.5 && before.energies[0] == 0)
        #expect(throws: Failure.self) { try HMC.State([0.5, 2], potential: Wall()) }
    }

    @Test func refusesWrongSettings() {
        let potential = CorrelatedGaussian()
        #expect(throws: Failure.self) {
            try HMC(potential: potential, chains: 0, stepSize: 1, leapfrogSteps: 1, seed: 0)
        }
        #expect(throws: Failure.self) {
            try HMC(potential: potential, chains: 1, stepSize: 0, leapfrogSteps: 1, seed: 0)
        }
        #expect(throws: Failure.self) {
            try HMC(potential: potential, chains: 1, stepSize: 1, leapfrogSteps: 0, seed: 0)
        }
        #expect(throws: Failure.self) {
            try HMC(potential: potential, chains: .max, stepSize: 1, leapfrogSteps: 1, seed: 0)
        }
        #expect(throws: Failure.self) { try HMC.State([1, 2, 3], potential: potential) }
        #expect(throws: Failure.self) { try StepSizeAdaptation(initial: 0) }
        #expect(throws: Failure.self) { try StepSizeAdaptation(initial: 0.1, target: 1) }
    }

    /// One leapfrog step, so that the acceptance falls monotonically with the step size.
    @Test(arguments: [0.02, 3])
    func adaptationFindsTheTargetAcceptance(initial: Double) throws {
        let (potential, chains) = (Oscillators(frequencies: Array(repeating: 1, count: 20)), 32)
        let sampler = try HMC(potential: potential, chains: chains, stepSize: initial, leapfrogSteps: 1, seed: 4)
        let state = try HMC.State(Array(repeating: 1, count: 20 * chains), potential: potential)
        var adaptation = try StepSizeAdaptation(initial: initial)
        for _ in 0..<500 {
            sampler.setStepSize(adaptation.stepSize)
            adaptation.update(acceptance: sampler.step(state).meanAcceptance)
        }
        sampler.setStepSize(adaptation.averagedStepSize)
        let acceptance = (0..<200).reduce(0) { sum, _ in sum + sampler.step(state).meanAcceptance } / 200
        #expect(abs(acceptance - 0.65) < 0.05)
    }
}
