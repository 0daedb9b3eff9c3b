#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

/// Random spins of a stream, with probability p of +1.
private func randomSpins(_ count: Int, seed: UInt64, up: Double = 0.5) -> [Int8] {
    var stream = RandomStream(seed: seed, purpose: .test)
    var spins: [Int8] = []
    while spins.count < count {
        let u = stream.nextUniform()
        for lane in 0..<8 { spins.append(u[lane] < up ? 1 : -1) }
    }
    return Array(spins.prefix(count))
}

private func plainEnergy(_ spins: ArraySlice<Int8>, size: Int) -> Double {
    let s = Array(spins)
    var energy = 0
    for row in 0..<size {
        for column in 0..<size {
            let spin = Int(s[row * size + column])
            energy -= spin * Int(s[row * size + (column + 1) % size])
            energy -= spin * Int(s[(row + 1) % size * size + column])
        }
    }
    return Double(energy)
}

@Suite struct ObservablesTests {
    @Test(arguments: [2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 63, 64, 65, 100, 128, 257])
    func equalPlainSums(size: Int) throws {
        let sites = size * size
        for (count, up) in [(1, 0.5), (3, 0.9), (70, 0.3)] {
            let spins = randomSpins(count * sites, seed: UInt64(size), up: up)
            var energy = [Double](repeating: .nan, count: count)
            var mean = energy
            try energies(spins: spins, count: count, size: size, into: &energy)
            try magnetizations(spins: spins, count: count, size: size, into: &mean)
            for index in 0..<count {
                let one = spins[index * sites..<(index + 1) * sites]
                #expect(energy[index] == plainEnergy(one, size: size))
                #expect(mean[index] == Double(one.reduce(0) { $0 + Int($1) }) / Double(sites))
            }
        }
    }

    @Test func groundStates() throws {
        // The byte counters are fullest for the antiferromagnet; 1 << 10 crosses several flushes.
        for size in [2, 4, 30, 1 << 10] {
            let sites = size * size
            let up = [Int8](repeating: 1, count: sites)
            let staggered = (0..<sites).map { Int8(($0 / size + $0 % size) % 2 == 0 ? 1 : -1) }
            var energy = [0.0, 0.0]
            try energies(spins: up + staggered, count: 2, size: size, into: &energy)
            #expect(energy == [-2 * Double(sites), 2 * Double(sites)])
            var mean = [0.0]
            try magnetizations(spins: up.map { -$0 }, count: 1, size: size, into: &mean)
            #expect(mean == [-1])
        }
    }

    /// Summed over all states, exp(-K E) must give Kaufman's Z and <E>: one convention of bonds.
    @Test func doubledBondsAgreeWithTheExactSum() throws {
        for (size, coupling) in [(2, 0.3), (3, 0.5), (4, -0.2)] {
            let sites = size * size
            let states = 1 << sites
            var spins: [Int8] = []
            for state in 0..<states { for site in 0..<sites { spins.append(state >> site & 1 == 1 ? 1 : -1) } }
            var energy = [Double](repeating: 0, count: states)
            try energies(spins: spins, count: states, size: size, into: &energy)
            let exact = try torusThermodynamics(size: size, coupling: coupling)
            var weights: (z: Double, e: Double) = (0, 0)
            for e in energy {
                let w = exp(-coupling * e - exact.logPartition)
                weights.z += w
                weights.e += w * e
            }
            #expect(abs(weights.z - 1) < 1e-12)
            #expect(abs(weights.e - exact.energy) < 1e-11)
        }
    }

    @Test(arguments: [
        (4, 1), (4, 2), (6, 2), (6, 3), (12, 4), (15, 5), (64, 2), (66, 2), (130, 2), (130, 13), (60, 60),
    ])
    func blockSpinsAreMajorities(size: Int, block: Int) throws {
        let count = 5
        let width = size / block
        let spins = randomSpins(count * size * size, seed: 7)
        var blocked = [Int8](repeating: 0, count: count * width * width)
        try blockSpins(spins: spins, count: count, size: size, block: block, into: &blocked)
        var plain = blocked
        for index in 0..<count * width * width {
            let (n, row, column) = (index / (width * width), index / width % width, index % width)
            var sum = 0
            for i in 0..<block {
                for j in 0..<block {
                    sum += Int(spins[n * size * size + (row * block + i) * size + column * block + j])
                }
            }
            plain[index] = sum >= 0 ? 1 : -1
        }
        #expect(blocked == plain)
    }

    @Test func tiesGoUp() throws {
        let spins: [Int8] = [1, -1, -1, 1]
        var blocked: [Int8] = [0]
        try blockSpins(spins: spins, count: 1, size: 2, block: 2, into: &blocked)
        #expect(blocked == [1])
    }

    @Test func namesTheFirstBadSpin() throws {
        let size = 20
        let good = randomSpins(1000 * size * size, seed: 3)
        for (first, value) in [(0, Int8(0)), (12_345, 2), (399_999, -2), (200_001, 127), (63, -128), (77, 3)] {
            var spins = good
            spins[first] = value
            spins[399_999] = value == -2 ? -2 : 5
            var energy = [Double](repeating: 0, count: 1000)
            let expected = Failure.invalidArgument("spins must be -1 or +1, but spin \(first) is \(value)")
            #expect(throws: expected) { try energies(spins: spins, count: 1000, size: size, into: &energy) }
            #expect(throws: expected) { try magnetizations(spins: spins, count: 1000, size: size, into: &energy) }
            #expect(throws: expected) { try validateSpins(spins, count: spins.count) }
        }
        try validateSpins(good, count: good.count)
        try validateSpins(good, count: 0)
    }

    @Test func refusesImpossibleShapes() {
        let spins = [Int8](repeating: 1, count: 36)
        var energy = [0.0]
        var blocked = spins
        for (count, size) in [(1, 1), (1, 0), (1, -6), (-1, 6), (Int.max, 6)] {
            #expect(throws: Failure.self) { try energies(spins: spins, count: count, size: size, into: &energy) }
        }
        for block in [0, -1, 4, 7] {
            #expect(throws: Failure.self) {
                try blockSpins(spins: spins, count: 1, size: 6, block: block, into: &blocked)
            }
        }
    }
}
