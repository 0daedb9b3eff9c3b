import Learning
import Numerics
import Testing

@Suite struct ReplicaExchangeTests {
    /// A barrier of 14: plain HMC started on the left does not find the right well, the ladder
    /// occupies both equally, and every rung has its exact second moment.
    @Test func crossesABarrier() throws {
        let (potential, chains) = (DoubleWell(height: 14), 128)
        let plain = try HMC(potential: potential, chains: chains, stepSize: 0.07, leapfrogSteps: 10, seed: 5)
        let stuck = try HMC.State(Array(repeating: -1, count: chains), potential: potential)
        for _ in 0..<2000 { _ = plain.step(stuck) }
        #expect((0..<chains).filter { stuck.positions[$0] > 0 }.count < 10)

        let betas = [1, 0.5, 0.25, 0.12, 0.05]
        let ladder = try ReplicaExchange(
            potential: potential, inverseTemperatures: betas, chains: chains,
            stepSizes: betas.map { 0.07 / $0.squareRoot() }, leapfrogSteps: 10, seed: 5)
        let state = try HMC.State(Array(repeating: -1, count: chains * betas.count), potential: potential)
        var right = betas.map { _ in ChainAverages(chains: chains) }
        var square = right
        for step in 0..<2200 {
            _ = ladder.step(state)
            guard step >= 200 else { continue }
            for k in betas.indices {
                let q = state.positions.base + k * chains
                right[k].add { q[$0] > 0 ? 1 : 0 }
                square[k].add { q[$0] * q[$0] }
            }
        }
        for k in betas.indices {
            #expect(right[k].agrees(with: 0.5, error: 0.01))
            #expect(square[k].agrees(with: potential.moment(2, beta: betas[k]), error: 0.005))
        }
        #expect(ladder.swapRates.allSatisfy { $0 > 0.3 && $0 < 1 })
        #expect(ladder.proposed == Array(repeating: 1100 * chains, count: 4))
        // Energies and gradients moved with the positions.
        let fresh = try HMC.State((0..<chains * betas.count).map { state.positions[$0] }, potential: potential)
        for row in 0..<chains * betas.count {
            #expect(fresh.energies[row] == state.energies[row] && fresh.gradients[row] == state.gradients[row])
        }
    }

    /// Chains decide on exchanges by random numbers of their own, new ones in each step. Energies 0 and
    /// 1 at inverse temperatures that differ by ln 2 exchange with probability 1/2 on the way up; of
    /// 4000 pairs the accepted part is off by 5 standard errors with probability 6e-7, and as often
    /// agreements of two decisions are.
    @Test func exchangesAreIndependent() throws {
        struct Step: Potential {
            let dimension = 1
            func evaluate(
                positions: UnsafePointer<Double>, count: Int,
                energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
            ) {
                for i in 0..<count { (energy[i], gradient[i]) = (positions[i] > 0.5 ? 1 : 0, 0) }
            }
        }
        let chains = 4000
        func decisions(firstStream: UInt64, step: UInt64) throws -> [Bool] {
            let ladder = try ReplicaExchange(
                potential: Step(), inverseTemperatures: [0.6931471805599453, 0], chains: chains,
                stepSizes: [1e-9, 1e-9], leapfrogSteps: 1, seed: 6, firstStream: firstStream)
            let start = (0..<2 * chains).map { $0 < chains ? 0.0 : 1 }
            let state = try HMC.State(start, potential: Step())
            state.step = step
            _ = ladder.step(state)
            return (0..<chains).map { state.energies[$0] == 1 }
        }
        let first = try decisions(firstStream: 0, step: 0)
        let others = try [decisions(firstStream: 1 << 20, step: 0), decisions(firstStream: 0, step: 2)]
        let shifted = [Array(first.dropFirst()) + [first[0]]]
        let limit = 5 * (0.25 / Double(chains)).squareRoot()
        #expect(abs(Double(first.count { $0 }) / Double(chains) - 0.5) < limit)
        for other in others + shifted {
            let agreements = zip(first, other).count { $0 == $1 }
            #expect(abs(Double(agreements) / Double(chains) - 0.5) < limit)
        }
    }

    @Test func refusesWrongLadders() {
        func ladder(_ betas: [Double], _ steps: [Double]) throws -> ReplicaExchange {
            try ReplicaExchange(
                potential: DoubleWell(height: 1), inverseTemperatures: betas, chains: 1, stepSizes: steps,
                leapfrogSteps: 1, seed: 0)
        }
        #expect(throws: Failure.self) { try ladder([1], [0.1]) }
        #expect(throws: Failure.self) { try ladder([1, -0.5], [0.1, 0.1]) }
        #expect(throws: Failure.self) { try ladder([1, 0.5], [0.1]) }
        #expect(throws: Failure.self) { try ladder([1, 0.5], [0.1, 0]) }
    }
}
