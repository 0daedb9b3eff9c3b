import Ising
import Numerics
import Testing

/// What small wrong changes of the code did unseen; see soak/mutation.
@Suite struct IsingSmallChangeTests {
    /// Above K_c the correlation length is half of that of the dual coupling. At K = 0.5 it is
    /// 0.5 / (1 + ln tanh 0.5) = 2.192, and 2.192^2.17 = 5.49.
    @Test func sweepsBetweenSamplesOfOrderedLattices() {
        let plan = SamplingPlan(size: 64, couplings: [0.5], samples: 1, algorithm: .metropolis)
        #expect(plan.work == 20 * 6)
    }

    @Test(arguments: [5, 1001, 16383]) func oddLatticesAreRefused(size: Int) {
        #expect(throws: Failure.self) { try SamplingPlan(size: size, couplings: [0.4], samples: 1).validate() }
    }
}
