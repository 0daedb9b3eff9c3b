import Multilevel
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct AnnealingTests {
    private func anneal(
        _ spins: [Int8], size: Int = 4, couplings: [Double], field: Double = 0, seed: UInt64 = 0
    ) throws -> (spins: [Int8], work: [Double]) {
        var annealing = Annealing(size: size, couplings: couplings)
        (annealing.field, annealing.seed) = (field, seed)
        var (moved, work) = (spins, [Double](repeating: .nan, count: spins.count / (size * size)))
        try annealing.run(&moved, count: work.count, work: &work)
        return (moved, work)
    }

    /// Sums over all configurations of 4 x 4.
    private func exact(_ coupling: Double, _ field: Double) throws -> (logPartition: Double, energy: Double) {
        let model = try Samples.model(4, coupling: coupling, field: field)
        let bonds = Samples.logWeights(try Samples.model(4, coupling: 1), Samples.all)
        let weights = Samples.logWeights(model, Samples.all).map { exp($0) }
        let partition = weights.reduce(0, +)
        return (log(partition), zip(weights, bonds).reduce(0) { $0 + $1.0 * $1.1 } / partition)
    }

    /// From random spins: the mean of exp(work) is a ratio of partition functions, and weighed averages are
    /// those of the last coupling. Within five standard errors.
    @Test(arguments: [(0.44, 0.0), (-0.3, 0.0), (0.3, 0.2)])
    func theWorkGivesPartitionFunctions(coupling: Double, field: Double) throws {
        let count = 1 << 16
        // Independent spins in the field, which are samples at K = 0.
        var stream = RandomStream(seed: 5, purpose: .test)
        let up = 1 / (1 + exp(-2 * field))
        let start = (0..<16 * count).map { _ -> Int8 in Double(stream.nextBits()[0] >> 11) * 0x1p-53 < up ? 1 : -1 }
        let (spins, work) = try anneal(start, couplings: (0...6).map { coupling * Double($0) / 6 }, field: field)
        let bonds = Samples.logWeights(try Samples.model(4, coupling: 1), spins)
        let (n, weights) = (Double(count), work.map { exp($0) })
        let (first, last) = (try exact(0, field), try exact(coupling, field))
        let mean = weights.reduce(0, +) / n
        let error = (weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n / n).squareRoot()
        #expect(abs(mean - exp(last.logPartition - first.logPartition)) < 5 * error)
        let energy = zip(weights, bonds).reduce(0) { $0 + $1.0 * $1.1 } / n / mean
        let deviations = zip(weights, bonds).map { $0 * ($1 - energy) / mean }
        #expect(abs(energy - last.energy) < 5 * (deviations.reduce(0) { $0 + $1 * $1 } / n / n).squareRoot())
    }

    /// One coupling moves nothing; equal ones weigh nothing.
    @Test func whatCostsNoWork() throws {
        let start = Samples.random(64 * 70)
        #expect(try anneal(start, size: 8, couplings: [0.3]) == (start, [Double](repeating: 0, count: 70)))
        let (moved, work) = try anneal(start, size: 8, couplings: [0.3, 0.3])
        #expect(moved != start && work.allSatisfy { $0 == 0 })
    }

    @Test func theFirstConfigurationsDoNotDependOnHowManyThereAre() throws {
        let start = Samples.random(256 * 150)
        let all = try anneal(start, size: 16, couplings: [0, 0.2, 0.4])
        let few = try anneal(Array(start.prefix(256 * 70)), size: 16, couplings: [0, 0.2, 0.4])
        #expect(few.spins == Array(all.spins.prefix(256 * 70)) && few.work == Array(all.work.prefix(70)))
        #expect(try anneal(start, size: 16, couplings: [0, 0.2, 0.4], seed: 1).spins != all.spins)
    }

    @Test func whatIsRefused() throws {
        for (size, couplings, field) in [
            (12, [0.1], 0.0), (512, [0.1], 0), (4, [], 0), (4, [.nan], 0), (4, [101], 0), (4, [0], .infinity),
        ] {
            #expect(throws: Failure.self) {
                try anneal([Int8](repeating: 1, count: size * size), size: size, couplings: couplings, field: field)
            }
        }
        #expect(throws: Failure.self) { try anneal([Int8](repeating: 0, count: 16), couplings: [0.1]) }
    }
}
