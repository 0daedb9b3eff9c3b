import Numerics
import Testing

@Suite struct ParallelTests {
    @Test func everyIndexRunsOnce() throws {
        let counts = try Buffer<Int32>(count: 1000)
        for _ in 0..<50 { parallelFor(1000) { counts.base[$0] += 1 } }
        for i in 0..<1000 { #expect(counts[i] == 50) }
    }
}
