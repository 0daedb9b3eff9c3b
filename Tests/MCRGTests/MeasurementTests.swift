import Ising
import MCRG
import Numerics
import Testing

@Suite struct MeasurementTests {
    private func randomSpins(_ count: Int, seed: UInt64) -> [Int8] {
        var random = RandomStream(seed: seed, purpose: .test)
        var uniforms = [Double](repeating: 0, count: count)
        random.fillUniform(&uniforms, count: count)
        return uniforms.map { $0 < 0.4 ? -1 : 1 }
    }

    /// A term as plainly as can be.
    private func plainSum(_ spins: ArraySlice<Int8>, _ torus: Torus, _ term: Term) -> Int {
        let (n, base) = (torus.size, spins.startIndex)
        func wrap(_ x: Int, _ size: Int) -> Int { ((x % size) + size) % size }
        var total = 0
        for z in 0..<torus.planes {
            for y in 0..<n {
                for x in 0..<n {
                    var product = 1
                    for p in term.points {
                        let site = (wrap(z + p.z, torus.planes) * n + wrap(y + p.y, n)) * n + wrap(x + p.x, n)
                        product *= Int(spins[base + site])
                    }
                    total += product
                }
            }
        }
        return total
    }

    @Test(arguments: [(2, 4), (2, 6), (2, 64), (2, 72), (2, 130), (3, 2), (3, 6), (3, 66)])
    func sumsEqualThePlainOnes(dimension: Int, size: Int) throws {
        let torus = Torus(dimension: dimension, size: size)
        let deep = dimension == 3 ? 2 : 0
        let terms = [
            Term(operatorIndex: 0, points: [SIMD3(0, 0, 0)]),
            Term(operatorIndex: 1, points: [SIMD3(0, 0, 0), SIMD3(1, 0, 0)]),
            Term(operatorIndex: 1, points: [SIMD3(0, 0, 0), SIMD3(0, 1, 0)]),
            Term(operatorIndex: 2, points: [SIMD3(-3, 2, 0), SIMD3(1, -1, -deep), SIMD3(5, 0, 0)]),
            Term(operatorIndex: 3, points: [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, deep), SIMD3(1, 1, 0)]),
            Term(operatorIndex: 4, points: (0..<7).map { SIMD3($0, -$0, 0) }),
        ]
        let measurement = try Measurement(
            torus: torus, factor: 2, levels: 1, rule: .majority, terms: terms, operators: 5)
        let count = 3
        let spins = randomSpins(count * torus.sites, seed: UInt64(size))
        var sums = [Double](repeating: 0, count: count * 2 * 5)
        try measurement.measure(spins, count: count, seed: 1, first: 0, into: &sums)
        let half = torus.blocked(by: 2)
        var blocked = [Int8](repeating: 0, count: count * half.sites)
        try measurement.block(spins, count: count, seed: 1, first: 0, into: &blocked)
        for index in 0..<count {
            for (level, (spins, torus)) in [(spins, torus), (blocked, half)].enumerated() {
                let slice = spins[index * torus.sites..<(index + 1) * torus.sites]
                var expected = [Double](repeating: 0, count: 5)
                for term in terms { expected[term.operatorIndex] += Double(plainSum(slice, torus, term)) }
                let start = (2 * index + level) * 5
                #expect(Array(sums[start..<start + 5]) == expected)
            }
        }
    }

    /// The block that a rule makes of each block's spins, where no random number decides.
    @Test(arguments: [(2, 2, 8), (2, 2, 12), (2, 3, 9), (3, 2, 4), (3, 3, 6)])
    func majorityIsTheSignOfTheSum(dimension: Int, factor: Int, size: Int) throws {
        let torus = Torus(dimension: dimension, size: size)
        let blocks = torus.blocked(by: factor)
        let deep = dimension == 3 ? factor : 1
        let width = deep * factor * factor
        let (count, seed) = (200, UInt64(3))
        let spins = randomSpins(count * torus.sites, seed: 9)
        let rules: [BlockRule] = [
            .majority,
            .filter(weights: [Double](repeating: 0.1, count: width), width: factor, isSharp: true),
        ]
        for rule in rules {
            let measurement = try Measurement(
                torus: torus, factor: factor, levels: 1, rule: rule, terms: [], operators: 0)
            var blocked = [Int8](repeating: 0, count: count * blocks.sites)
            try measurement.block(spins, count: count, seed: seed, first: 0, into: &blocked)
            var ties = 0
            var up = 0
            for index in 0..<count {
                for site in 0..<blocks.sites {
                    let (x, y) = (site % blocks.size, site / blocks.size % blocks.size)
                    let z = site / blocks.size / blocks.size
                    var sum = 0
                    for i in 0..<width {
                        let (dx, dy, dz) = (i % factor, i / factor % factor, i / factor / factor)
                        let row = (factor * z + dz) * size + factor * y + dy
                        sum += Int(spins[index * torus.sites + row * size + factor * x + dx])
                    }
                    let spin = Int(blocked[index * blocks.sites + site])
                    if sum == 0 { ties += 1 } else { #expect(spin == sum.signum()) }
                    if sum == 0 && spin == 1 { up += 1 }
                }
            }
            // Five standard deviations: one false alarm in 1.7 million.
            let deviation = abs(Double(up) - Double(ties) / 2)
            #expect(deviation <= 2.5 * Double(ties).squareRoot())
        }
    }

    @Test func aSoftFilterDrawsWithItsProbability() throws {
        let torus = Torus(dimension: 2, size: 8)
        let weights: [Double] = (0..<16).map { Double($0) / 20 - 0.3 }
        let measurement = try Measurement(
            torus: torus, factor: 2, levels: 1, rule: .filter(weights: weights, width: 4, isSharp: false),
            terms: [], operators: 0)
        let spins = randomSpins(64, seed: 4)
        let count = 40_000
        let all = (0..<count).flatMap { _ in spins }
        var blocked = [Int8](repeating: 0, count: count * 16)
        try measurement.block(all, count: count, seed: 2, first: 0, into: &blocked)
        for site in 0..<16 {
            var field = 0.0
            for i in 0..<16 {
                let (x, y) = ((2 * (site % 4) + i % 4 + 7) % 8, (2 * (site / 4) + i / 4 + 7) % 8)
                field += weights[i] * Double(spins[y * 8 + x])
            }
            let p = 0.5 + 0.5 * tanh(SIMD8(repeating: field))[0]
            let up = (0..<count).count { blocked[$0 * 16 + site] == 1 }
            // Five standard deviations at 16 sites: one false alarm in 100,000.
            let error = (p * (1 - p) * Double(count)).squareRoot()
            #expect(abs(Double(up) - p * Double(count)) < 5 * error)
        }
    }

    @Test func badArgumentsAreRefused() {
        let torus = Torus(dimension: 2, size: 8)
        let far = Term(operatorIndex: 0, points: [SIMD3(0, 0, 1)])
        #expect(throws: Failure.self) {
            try Measurement(torus: torus, factor: 2, levels: 4, rule: .majority, terms: [], operators: 0)
        }
        #expect(throws: Failure.self) {
            try Measurement(torus: torus, factor: 2, levels: 1, rule: .majority, terms: [far], operators: 1)
        }
        #expect(throws: Failure.self) {
            try Measurement(
                torus: torus, factor: 2, levels: 1, rule: .filter(weights: [1], width: 3, isSharp: true),
                terms: [], operators: 0)
        }
    }

    @Test func aBadSpinIsFound() throws {
        let measurement = try Measurement(
            torus: Torus(dimension: 2, size: 4), factor: 2, levels: 1, rule: .majority, terms: [], operators: 0)
        var spins = randomSpins(16, seed: 1)
        spins[5] = 0
        var sums: [Double] = [0]
        #expect(throws: Failure.self) {
            try measurement.measure(spins, count: 1, seed: 0, first: 0, into: &sums)
        }
    }
}
