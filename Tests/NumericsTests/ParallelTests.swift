import Numerics
import Testing

@Suite(.serialized) struct ParallelTests {
    @Test func everyIndexRunsOnce() throws {
        let counts = try Buffer<Int32>(count: 1000)
        for _ in 0..<50 { parallelFor(1000) { counts.base[$0] += 1 } }
        for i in 0..<1000 { #expect(counts[i] == 50) }
    }

    @Test func emptyAndNegativeCountsRunNothing() {
        parallelFor(0) { _ in Issue.record("index of an empty loop") }
        parallelFor(-3) { _ in Issue.record("index of an empty loop") }
    }

    /// An inner loop runs on its own thread, in order: a plain variable can count its indices.
    @Test func innerLoopsRunInOrder() throws {
        let inOrder = try Buffer<Int32>(count: 16)
        parallelFor(16) { outer in
            var next = 0
            parallelFor(100) { inner in if inner == next { next += 1 } }
            inOrder.base[outer] = Int32(next)
        }
        for outer in 0..<16 { #expect(inOrder[outer] == 100) }
    }

    @Test func threadsDoNotChangeTheResult() throws {
        let before = threadCount
        defer { threadCount = before }
        var results: [[Double]] = []
        for threads in [1, 2, 5] {
            threadCount = threads
            let values = try Buffer<Double>(count: 64)
            parallelFor(64) { index in
                var stream = RandomStream(seed: 1, purpose: .test, stream: UInt64(index))
                for _ in 0..<100 { values.base[index] += stream.nextUniform().sum() }
            }
            results.append((0..<64).map { values[$0] })
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    /// The first poll asks to stop: what has started ends, the rest is skipped.
    @Test(arguments: [1, 2])
    func stoppingSkipsTheRest(threads: Int) throws {
        let before = threadCount
        defer { threadCount = before }
        threadCount = threads
        let progress = Progress(total: 1_000_000) { _, _ in false }
        let ran = try Buffer<UInt8>(count: 1_000_000)
        parallelFor(1_000_000, progress: progress) { index in
            ran.base[index] = 1
            var stream = RandomStream(seed: 1, purpose: .test)
            for _ in 0..<1000 { if stream.nextBits()[0] == 0 { ran.base[index] = 2 } }
        }
        // 10^6 indices would take seconds; the pause before the first poll is worth a few thousand.
        #expect((0..<1_000_000).count { ran[$0] != 0 } < 100_000)
        #expect(progress.isStopped)
        #expect(throws: Failure.interrupted("nothing")) { try progress.check("nothing") }
    }
}
