#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Synchronization

/// Runs `body(step, band)` for all steps and bands of a ring, each after the same band and its
/// two neighbours have done the step before. Threads need no barrier between steps.
///
/// - Returns: false if it was stopped in between.
func runWavefront(
    steps: Int, bands: Int, stop: StopSignal, _ body: (_ step: Int, _ band: Int) -> Void
) -> Bool {
    let done = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: bands)
    for band in 0..<bands { (done + band).initialize(to: Atomic(0)) }
    defer {
        done.deinitialize(count: bands)
        done.deallocate()
    }
    let next = Atomic<Int>(0)
    parallelFor(min(threadCount, bands)) { _ in
        // Items are claimed in the order of time, so the oldest unfinished one never waits.
        while true {
            let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
            let (step, band) = item.quotientAndRemainder(dividingBy: bands)
            if step >= steps { return }
            for offset in 0..<3 {
                let neighbour = (band + bands - 1 + offset) % bands
                var turns = 0
                while done[neighbour].load(ordering: .acquiring) < step {
                    if stop.isStopped { return }
                    turns += 1
                    if turns & 255 == 0 { sched_yield() }
                }
            }
            if stop.isStopped { return }
            body(step, band)
            done[band].store(step + 1, ordering: .releasing)
        }
    }
    return !stop.progress.isStopped
}
