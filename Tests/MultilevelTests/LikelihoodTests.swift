import Multilevel
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct LikelihoodTests {
    static let models: [(coupling: Double, field: Double, colours: Int, random: Double)] = [
        (0.4, 0, 4, 0.1), (0.4, 0, 1, 0.1), (-0.4, 0, 2, 0.1), (0, 0, 4, 0), (5, 0, 4, 3), (0.3, 0.2, 4, 0.1),
        (-0.5, -0.3, 8, 0.2), (100, 100, 4, 50),
    ]

    @Test(arguments: models)
    func theProbabilitiesOfAllConfigurationsAddUpToOne(
        coupling: Double, field: Double, colours: Int, random: Double
    ) throws {
        let model = try Samples.model(4, coupling: coupling, field: field, colours: colours, random: random)
        let sum = try Samples.logProbabilities(model, Samples.all).reduce(0) { $0 + exp($1) }
        #expect(abs(sum - 1) < 1e-12)
    }

    @Test(arguments: models)
    func reversingAllSpinsChangesNothingWithoutAField(
        coupling: Double, field: Double, colours: Int, random: Double
    ) throws {
        let model = try Samples.model(8, coupling: coupling, field: field, colours: colours, random: random)
        let spins = Samples.random(64 * 100)
        let (given, reversed) = (
            try Samples.logProbabilities(model, spins), try Samples.logProbabilities(model, spins.map { -$0 })
        )
        #expect((given == reversed) == (field == 0))
    }

    /// Fields in single precision, and thresholds of 2^-31.
    @Test(arguments: [4, 8, 16], [0.0, 0.15])
    func theKernelAgreesWithTheDefinitions(size: Int, field: Double) throws {
        // The last one has fields beyond the bound.
        for (coupling, colours, random) in [(0.4, 4, 0.05), (-0.45, 2, 0.05), (0.2, 1, 0.05), (0.3, 4, 0.4)] {
            let model = try Samples.model(size, coupling: coupling, field: field, colours: colours, random: random)
            let spins = Samples.random(size * size * 70)
            let found = try Samples.logProbabilities(model, spins)
            for n in 0..<70 {
                let configuration = Array(spins[n * model.sites..<(n + 1) * model.sites])
                let expected = PlainSampler(model: model).logProbability(configuration)
                #expect(abs(found[n] - expected) < 1e-5 * Double(model.sites) / 16)
            }
        }
    }

    /// However large the couplings: by enumeration, whatever the other spins are, the exact conditional
    /// probability of a spin is at least that of four equal neighbours, and so is the model's.
    @Test(arguments: [(0.4, 0.0), (-0.3, 0.2)])
    func noValueOfASpinIsLessProbableThanAmongFourEqualNeighbours(coupling: Double, field: Double) throws {
        let model = try Samples.model(4, coupling: coupling, field: field, random: 100)
        let rarest = -log1p(exp(2 * (4 * abs(coupling) + abs(field))))
        let values = try Samples.logProbabilities(model, Samples.all)
        #expect(values.min()! >= 16 * rarest - 1e-6)
        let weights = Samples.logWeights(model, Samples.all).map { exp($0) }
        // Of the first spin alone, given the second, and given the last; all others are summed.
        for drawn in [1, 3, 0x8001] {
            var sums: [Int: Double] = [:]
            for (code, weight) in weights.enumerated() { sums[code & drawn, default: 0] += weight }
            for (code, sum) in sums {
                let both = sum + sums[code ^ (drawn & ~(drawn - 1))]!
                #expect(log(sum / both) >= rarest - 1e-9)
            }
        }
    }

    @Test(arguments: [4, 16])
    func samplesHaveTheProbabilitiesThatTheyAreSaidToHave(size: Int) throws {
        let model = try Samples.model(size, random: 0.1)
        let (spins, values) = try Self.sample(model, 200)
        #expect(try Samples.logProbabilities(model, spins) == values)
        let (first, firstValues) = try Self.sample(model, 70)
        #expect(first == Array(spins.prefix(first.count)) && firstValues == Array(values.prefix(70)))
        #expect(try Self.sample(model, 70, seed: 8).spins != first)
    }

    static func sample(_ model: SamplerModel, _ count: Int, seed: UInt64 = 7) throws -> (spins: [Int8], [Double]) {
        var spins = [Int8](repeating: 0, count: count * model.sites)
        var values = [Double](repeating: .nan, count: count)
        try model.sample(count, seed: seed, into: &spins, logProbabilities: &values)
        return (spins, values)
    }

    /// 256 groups of configurations; fails by chance once in 10^7 trials.
    @Test(arguments: [(0.4, 0.0, 0.3), (-0.3, 0.2, 0.2)])
    func frequenciesOfSamples(coupling: Double, field: Double, random: Double) throws {
        let model = try Samples.model(4, coupling: coupling, field: field, random: random)
        let count = 1 << 18
        let (spins, _) = try Self.sample(model, count)
        func group(_ code: Int) -> Int { (code &* 0x9E37_79B1) >> 8 & 255 }
        var expected = [Double](repeating: 0, count: 256)
        for (code, value) in try Samples.logProbabilities(model, Samples.all).enumerated() {
            expected[group(code)] += Double(count) * exp(value)
        }
        var found = [Double](repeating: 0, count: 256)
        for n in 0..<count {
            found[group((0..<16).reduce(0) { $0 | (spins[n * 16 + $1] < 0 ? 1 << $1 : 0) })] += 1
        }
        let square = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
        #expect(square > 150 && square < 390)
    }

    @Test func aRefinedConfigurationKeepsTheCoarseOne() throws {
        let model = try Samples.model(16, random: 0.1)
        for coarseSize in [1, 2, 8] {
            let coarse = Samples.random(coarseSize * coarseSize * 70)
            var spins = [Int8](repeating: 0, count: 70 * 256)
            var values = [Double](repeating: .nan, count: 70)
            try model.sample(
                70, coarse: coarse, coarseSize: coarseSize, seed: 2, into: &spins, logProbabilities: &values)
            let spacing = 16 / coarseSize
            for n in 0..<70 {
                for k in 0..<coarseSize * coarseSize {
                    let site = k / coarseSize * spacing * 16 + k % coarseSize * spacing
                    #expect(spins[n * 256 + site] == coarse[n * coarseSize * coarseSize + k])
                }
            }
            var again = values
            try model.logProbability(spins, count: 70, coarseSize: coarseSize, into: &again)
            #expect(again == values)
        }
    }

    @Test func whatIsNoCoarseLattice() throws {
        let model = try Samples.model(8)
        var value = 0.0
        for size in [-1, 3, 8, 16] {
            #expect(throws: Failure.self) {
                try model.logProbability(Samples.random(64), count: 1, coarseSize: size, into: &value)
            }
        }
    }
}
