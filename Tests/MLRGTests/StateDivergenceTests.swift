import Numerics
import Testing

import MLRG

/// Orbits and divergences of spins of q states against plain sums over all states.
@Suite struct StateDivergenceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let symmetry: InternalSymmetry
        let representation: String
        let frame: Frame
        var testDescription: String { "\(name) \(representation) \(frame)" }
    }

    /// The kernels of a group: indicators of the orbits of pairs of states but the last.
    static func symmetry(_ generators: [[Int]]) throws -> InternalSymmetry {
        let q = generators[0].count
        var orbit = [Int](repeating: -1, count: q * q)
        var count = 0
        for pair in 0..<q * q where orbit[pair] < 0 {
            var queue = [pair]
            orbit[pair] = count
            while let next = queue.popLast() {
                for g in generators {
                    let image = g[next / q] * q + g[next % q]
                    if orbit[image] < 0 {
                        orbit[image] = count
                        queue.append(image)
                    }
                }
            }
            count += 1
        }
        let kernels = (0..<count - 1).flatMap { k in orbit.map { $0 == k ? 1.0 : 0 } }
        return try InternalSymmetry(q: q, kernels: kernels, generators: generators)
    }

    static let cases: [Case] = {
        let groups = [
            ("Potts 3", [[1, 2, 0], [1, 0, 2]]), ("clock 4", [[1, 2, 3, 0], [3, 2, 1, 0]]),
            ("chiral 3", [[1, 2, 0]]), ("two states", [[1, 0]]),
        ]
        return groups.flatMap { name, generators in
            ["A1", "2A1", "P4", "P4d"].flatMap { representation in
                Frame.allCases.compactMap { frame in
                    // 81 states of a spin are many for a test.
                    guard generators[0].count == 2 || !representation.hasPrefix("P") else { return nil }
                    return try! Case(
                        name: name, symmetry: symmetry(generators), representation: representation,
                        frame: frame)
                }
            }
        }
    }()

    @Test(arguments: cases) func orbitsCoverAllStatesOnce(_ test: Case) throws {
        let places = try SpinPlaces(test.representation)
        let orbits = try StateOrbits(test.symmetry, places, frame: test.frame)
        let n = SpinStates(q: test.symmetry.q, components: places.count).count
        #expect(orbits.multiplicities.reduce(0) { $0 + Int($1) } == n * n * n * n)
        #expect(zip(orbits.representatives, orbits.representatives.dropFirst()).allSatisfy(<))
        // Every state of an orbit has the weights of the representative: so do averages.
        let count = StateBond.couplings(test.symmetry, places, test.frame).count
        let couplings = ExactDivergenceTests.random(count, seed: 5, scale: 1)
        for machine in Machine.allCases {
            let tensor = try StateTensor(test.symmetry, test.representation, machine, frame: test.frame)
            var logs = [Double](repeating: 0, count: n * n * n * n)
            tensor.logarithms(couplings, into: &logs)
            var byOrbit: (sum: Double, squares: Double) = (0, 0)
            for (state, multiplicity) in zip(orbits.representatives, orbits.multiplicities) {
                byOrbit.sum += Double(multiplicity) * logs[Int(state)]
                byOrbit.squares += Double(multiplicity) * logs[Int(state)] * logs[Int(state)]
            }
            let sum = logs.reduce(0, +)
            let squares = logs.reduce(0) { $0 + $1 * $1 }
            #expect(abs(byOrbit.sum - sum) < 1e-10 * abs(sum))
            #expect(abs(byOrbit.squares - squares) < 1e-10 * squares)
        }
    }

    @Test(arguments: cases) func derivativesAreThoseOfTheDivergence(_ test: Case) throws {
        let results = try ExactResults(test.symmetry, test.representation, frame: test.frame)
        let n = results.studentCount
        let teacher = ExactDivergenceTests.random(n, seed: 1, scale: 1)
        let student = ExactDivergenceTests.random(n, seed: 2, scale: 1)
        let direction = ExactDivergenceTests.random(n, seed: 3, scale: 1)
        let width = 1e-4
        func at(_ steps: Double) throws -> ExactDivergenceTests.Expansion {
            try ExactDivergenceTests.expand(
                results, teacher, zip(student, direction).map { $0 + steps * width * $1 }, direction)
        }
        let (here, above, below) = (try at(0), try at(1), try at(-1))
        let slope = zip(here.gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs((above.value - below.value) / (2 * width) - slope) < 1e-6)
        for c in 0..<n {
            let change = (above.gradient[c] - below.gradient[c]) / (2 * width)
            #expect(abs(change - here.product[c]) < 1e-6)
        }
    }

    @Test func renamingsCommuteWithTheGroup() throws {
        let groups = [
            ([[1, 2, 0], [1, 0, 2]], 1), ([[1, 2, 0]], 3), ([[1, 2, 3, 0], [3, 2, 1, 0]], 2),
        ]
        for (generators, count) in groups {
            let symmetry = try Self.symmetry(generators)
            #expect(symmetry.renamings.count == count)
            for renaming in symmetry.renamings {
                for g in generators {
                    #expect(g.indices.allSatisfy { renaming[g[$0]] == g[renaming[$0]] })
                }
            }
        }
    }

    @Test func whatCannotBeIsRefused() throws {
        for name in ["", "A1+", "E", "A1+B1", "P5", "3P4", "9A1", "p4"] {
            #expect(throws: Failure.self) { try SpinPlaces(name) }
        }
        let potts = try Self.symmetry([[1, 2, 0], [1, 0, 2]])
        #expect(throws: Failure.self) { try StateOrbits(potts, SpinPlaces("5A1"), frame: .published) }
        #expect(throws: Failure.self) { try StateTensor.states(potts, "6A1") }
        #expect(try StateTensor.states(potts, "5A1") == 243)
    }
}
