import Learning
import Numerics
import Testing

/// Trajectories of random length.
@Suite struct HMCLengthTests {
    /// The published 10 steps of 0.2 on the stiffest mode of the dual Ising model, whose period they
    /// nearly are, and on its softer ones. The leapfrog rule turns the mode by theta, with
    /// 2 sin(theta / 2) = step frequency, so that n steps leave the correlation cos(n theta), and
    /// random ones the mean over n from 1 to 19. Rejections of 1 in 50 shift it by as much; four
    /// standard errors are below 0.03.
    @Test(arguments: [0.5, 1, 10.0.squareRoot()])
    func correlationFromOneUpdateToTheNext(frequency: Double) throws {
        let (potential, chains, steps) = (Oscillators(frequencies: [frequency]), 500, 400)
        for (randomLength, lengths) in [(false, 10...10), (true, 1...19)] {
            let sampler = try HMC(
                potential: potential, chains: chains, stepSize: 0.2, leapfrogSteps: 10, randomLength: randomLength,
                seed: 6)
            var random = RandomStream(seed: 7, purpose: .test)
            let start = (0..<chains).map { _ in random.nextNormal()[0] / frequency }
            let state = try HMC.State(start, potential: potential)
            var (products, squares) = (0.0, 0.0)
            for _ in 0..<steps {
                let before = (0..<chains).map { state.positions[$0] }
                _ = sampler.step(state)
                for chain in 0..<chains {
                    products += before[chain] * state.positions[chain]
                    squares += before[chain] * before[chain]
                }
            }
            // cos(n theta) by its recursion in n
            var cosines = [1, 1 - 0.02 * frequency * frequency]
            for _ in 2...19 { cosines.append(2 * cosines[1] * cosines[cosines.count - 1] - cosines[cosines.count - 2]) }
            let exact = lengths.reduce(0) { $0 + cosines[$1] } / Double(lengths.count)
            #expect(abs(products / squares - exact) < 0.05)
            if frequency > 3 { #expect((products / squares > 0.95) == !randomLength) }
        }
    }

    /// Where nothing pulls, n steps carry n times as far as one: each number from 1 to 2 leapfrog - 1
    /// as often as another, one after the other without memory, for all chains alike. Chi-squared of
    /// the counts within four standard deviations, the correlation likewise.
    @Test func randomLengthsAreUniform() throws {
        struct Flat: Potential {
            let dimension = 1
            func evaluate(
                positions: UnsafePointer<Double>, count: Int,
                energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
            ) {
                energy.update(repeating: 0, count: count)
                gradient.update(repeating: 0, count: count)
            }
        }
        func sampler(_ steps: Int, random: Bool, seed: UInt64 = 8) throws -> HMC {
            try HMC(
                potential: Flat(), chains: 2, stepSize: 1, leapfrogSteps: steps, randomLength: random, seed: seed)
        }
        func lengths(_ seed: UInt64, _ count: Int) throws -> [Int] {
            let (one, many) = (try sampler(1, random: true, seed: seed), try sampler(4, random: true, seed: seed))
            let (near, far) = (
                try HMC.State([0, 0], potential: Flat()), try HMC.State([0, 0], potential: Flat())
            )
            var (areWhole, areEqual) = (true, true)
            let lengths = try (0..<count).map { _ in
                try near.restart(at: [0, 0], potential: Flat())
                try far.restart(at: [0, 0], potential: Flat())
                _ = (one.step(near), many.step(far))
                let ratios = (0..<2).map { far.positions[$0] / near.positions[$0] }
                areWhole = areWhole && abs(ratios[0] - ratios[0].rounded()) < 1e-9
                areEqual = areEqual && abs(ratios[1] - ratios[0]) < 1e-9
                return Int(ratios[0].rounded())
            }
            #expect(areWhole && areEqual)
            return lengths
        }
        let (drawn, n) = (try lengths(8, 14_000), 14_000.0)
        #expect(Set(drawn) == Set(1...7))
        let chi = (1...7).reduce(0) { sum, length in
            let excess = Double(drawn.count { $0 == length }) - n / 7
            return sum + excess * excess / (n / 7)
        }
        #expect(abs(chi - 6) < 4 * 12.0.squareRoot())
        let pairs = zip(drawn, drawn.dropFirst()).reduce(0.0) { $0 + Double($1.0 - 4) * Double($1.1 - 4) }
        #expect(abs(pairs / n / 4) < 4 / n.squareRoot())  // of variance 4
        #expect(try lengths(9, 50) != Array(drawn.prefix(50)))
    }
}
