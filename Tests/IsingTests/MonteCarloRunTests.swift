import Ising
import Numerics
import Testing

@Suite(.serialized) struct MonteCarloRunTests {
    @Test(arguments: Algorithm.allCases) func threadsDoNotMatter(_ algorithm: Algorithm) throws {
        let before = threadCount
        defer { threadCount = before }
        for (size, chains) in [(8, 200), (16, 3), (520, 1), (768, 1)] {
            let plan = SamplingPlan(
                size: size, couplings: size < 100 ? [0.3, 0.44, -0.5] : [0.44], chains: chains, samples: 2,
                thermalize: 20, between: 5, algorithm: algorithm, seed: 6)
            threadCount = 1
            let one = try spins(plan)
            for threads in [2, 5] {
                threadCount = threads
                #expect(try spins(plan) == one, "L = \(size)")
            }
        }
    }

    /// A band waits for both its neighbours, thousands of times. With three bands, the fewest in
    /// which they are two, a thread that does not wait is soon too early.
    @Test(arguments: [Algorithm.metropolis, .heatBath]) func bandsWaitForBothNeighbours(_ algorithm: Algorithm) throws {
        let before = threadCount
        defer { threadCount = before }
        let plan = SamplingPlan(
            size: 384, couplings: [0.44], samples: 1, thermalize: 4000, algorithm: algorithm, seed: 26)
        threadCount = 1
        let one = try spins(plan)
        for threads in [2, 3] {
            threadCount = threads
            #expect(try spins(plan) == one)
        }
    }

    @Test(arguments: Algorithm.allCases) func seedsAndChainsDiffer(_ algorithm: Algorithm) throws {
        var plan = SamplingPlan(
            size: 16, couplings: [0.4, 0.4], chains: 130, samples: 2, thermalize: 30, between: 10,
            algorithm: algorithm, seed: 7)
        let first = try spins(plan)
        plan.seed = 8
        let lattices = [first, try spins(plan)].flatMap { output in
            stride(from: 0, to: output.count, by: 256).map { Array(output[$0..<$0 + 256]) }
        }
        #expect(Set(lattices).count == lattices.count)
        plan.seed = 7
        #expect(try spins(plan) == first)
    }

    /// What a seed gives, once and for all, as the FNV hash of the spins: packed chains, a single
    /// chain of rows that end inside a word, several bands.
    @Test(
        arguments: [
            (.wolff, 2_483_548_235_079_341_705), (.swendsenWang, 844_400_013_420_848_455),
            (.metropolis, 9_795_620_849_272_600_867), (.heatBath, 9_707_428_511_434_826_985),
        ] as [(Algorithm, UInt64)])
    func spinsOfASeedStay(_ algorithm: Algorithm, _ known: UInt64) throws {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for (size, chains) in [(8, 70), (130, 1), (520, 1)] {
            let plan = SamplingPlan(
                size: size, couplings: [0.05, 0.2, 0.44, 0.6, -0.5], chains: chains, samples: 2, thermalize: 8,
                between: 2, algorithm: algorithm, seed: 0x1234_5678_9ABC)
            for spin in try spins(plan) { hash = (hash ^ UInt64(UInt8(bitPattern: spin))) &* 0x100_0000_01B3 }
        }
        #expect(hash == known)
    }

    /// Wolff's clusters have to be counted before they make sweeps; no number of sweeps is refused.
    @Test(arguments: Algorithm.allCases, [0, 1]) func noThermalization(_ algorithm: Algorithm, _ sweeps: Int) throws {
        let plan = SamplingPlan(
            size: 6, couplings: [0.3], chains: 2, samples: 2, thermalize: sweeps, algorithm: algorithm)
        #expect(try spins(plan).allSatisfy { $0 == 1 || $0 == -1 })
        let between = algorithm == .wolff || algorithm == .swendsenWang ? 5 : 49  // 6^2.17 = 48.8
        #expect(plan.work == 2 * (between + (algorithm == .wolff ? 2 : sweeps)))
    }

    /// A chain alone is the same as beside other couplings.
    @Test(arguments: Algorithm.allCases) func couplingsAreIndependent(_ algorithm: Algorithm) throws {
        let plan = SamplingPlan(
            size: 12, couplings: [0.2, 0.5], chains: 3, samples: 2, thermalize: 20, between: 3,
            algorithm: algorithm, seed: 9)
        var alone = plan
        alone.couplings = [0.2]
        let both = try spins(plan)
        #expect(Array(both[..<(both.count / 2)]) == (try spins(alone)))
    }

    /// Stops soon after the report says so, between samples and inside the thermalization.
    @Test(arguments: Algorithm.allCases, [16, 4096]) func interruption(_ algorithm: Algorithm, _ size: Int) throws {
        let plan = SamplingPlan(
            size: size, couplings: [0.44], samples: 2, thermalize: 1 << 30, algorithm: algorithm)
        let output = try Buffer<Int8>(count: 2 * size * size)
        var calls = 0
        let progress = Progress(total: plan.work) { _, total in
            calls += 1
            return total < 1 << 30 || calls < 3
        }
        let clock = ContinuousClock()
        let start = clock.now
        let stopped = failure { () throws(Failure) in
            try sample(plan, into: output.base, progress: progress)
        }
        if case .interrupted = stopped {} else { Issue.record("\(String(describing: stopped))") }
        #expect(calls == 3)
        #expect(clock.now - start < .seconds(60))  // of a sweep of hours, also with a sanitizer
        #expect(output[0] == 0)
    }

    @Test func progressCountsSweeps() throws {
        for algorithm in Algorithm.allCases {
            let plan = SamplingPlan(
                size: 8, couplings: [0.3, 0.6], chains: 70, samples: 3, thermalize: 7, between: 4, algorithm: algorithm)
            #expect(plan.work == 2 * 70 * (7 + 2 * 4))
            var last: UInt64 = 0
            let progress = Progress(total: plan.work) { done, _ in
                last = done
                return true
            }
            _ = try spins(plan, progress: progress)
            #expect(last == progress.total)
        }
    }

    @Test func defaultsFollowTheCorrelationLength() {
        func work(_ size: Int, _ coupling: Double, _ algorithm: Algorithm, samples: Int) -> Int {
            SamplingPlan(size: size, couplings: [coupling], samples: samples, algorithm: algorithm).work
        }
        // 16^2.17 = 410.1; 1/xi = -ln tanh 0.25 - 0.5 = 0.907, xi^2.17 = 1.24; the cap; K = 0.
        #expect(work(16, 0.440686793, .metropolis, samples: 1) == 20 * 411)
        #expect(work(16, 0.440686793, .metropolis, samples: 2) == 21 * 411)
        #expect(work(64, 0.25, .heatBath, samples: 1) == 20 * 2)
        #expect(work(1024, -0.440686793, .heatBath, samples: 1) == 20 * 20000)
        #expect(work(64, 0, .heatBath, samples: 1) == 20)
        #expect(work(64, 1e6, .metropolis, samples: 1) == 20)
        #expect(work(64, 0.44, .wolff, samples: 3) == 210)
        // The torus of 4 has 4^2.17 = 20.3 at every coupling.
        #expect(work(4, 0, .heatBath, samples: 2) == 21 * 21)
        let dense = SamplingPlan(size: 64, couplings: [0.25], samples: 2, between: 1, algorithm: .metropolis)
        #expect(dense.work == 20 * 2 + 1)
    }

    /// 0.4 relaxes in 49 sweeps of 64 words of a single chain, 0.42 in 216, with 2 L^2 = 8192; 64
    /// chains visit 32 words each.
    @Test func algorithmOfEachCoupling() throws {
        var plan = SamplingPlan(size: 64, couplings: [0.4, -0.4, 0.42, 0.44, 0.6], samples: 2)
        func algorithms() -> [Algorithm] { plan.couplings.map { plan.algorithm(at: $0) } }
        #expect(algorithms() == [.metropolis, .metropolis, .wolff, .wolff, .metropolis])
        #expect(plan.work == 2 * 21 * 49 + 2 * 205 + 21)
        let automatic = try spins(plan)
        for (i, algorithm) in algorithms().enumerated() {
            plan.algorithm = algorithm
            let named = try spins(plan)
            #expect(named[i * 8192..<(i + 1) * 8192] == automatic[i * 8192..<(i + 1) * 8192])
        }
        (plan.algorithm, plan.chains) = (nil, 64)
        #expect(algorithms() == [.metropolis, .metropolis, .metropolis, .wolff, .metropolis])
        plan.algorithm = .swendsenWang
        #expect(Set(algorithms()) == [.swendsenWang])
    }

    @Test func badInput() {
        let good = SamplingPlan(size: 8, couplings: [0.4], samples: 1)
        #expect(throws: Never.self) { try good.validate() }
        let changes: [(String, (inout SamplingPlan) -> Void)] = [
            ("size", { $0.size = 2 }), ("size", { $0.size = 16386 }), ("even", { $0.size = 7 }),
            ("couplings", { $0.couplings = [] }), ("finite", { $0.couplings = [0.1, .nan] }),
            ("finite", { $0.couplings = [.infinity] }), ("chains", { $0.chains = 0 }),
            ("chains", { $0.chains = .max }), ("samples", { $0.samples = 0 }),
            ("thermalize", { $0.thermalize = -1 }), ("between", { $0.between = 0 }), ("between", { $0.between = .max }),
        ]
        for (word, change) in changes {
            var plan = good
            change(&plan)
            let error = failure { () throws(Failure) in try plan.validate() }
            guard case .invalidArgument(let message) = error else {
                Issue.record("no refusal of a bad \(word)")
                continue
            }
            #expect(message.contains(word))
        }
        for samples in [1 << 40, Int.max] {
            var plan = good
            plan.samples = samples
            let error = failure { () throws(Failure) in try plan.validate() }
            guard case .outOfMemory(let message) = error else {
                Issue.record("no refusal of \(samples) samples")
                continue
            }
            #expect(message.contains("bytes"))
        }
    }

    /// From random spins clusters grow by orders of magnitude while a short thermalisation counts
    /// them; sweeps by that count would take L^2 times too long. Progress tells what was done.
    @Test func wolffSweepsStayBoundedBeforeEquilibrium() throws {
        let plan = SamplingPlan(
            size: 512, couplings: [0.4406867935], samples: 3, thermalize: 2, between: 1, algorithm: .wolff)
        let spins = try Buffer<Int8>(count: 3 * 512 * 512)
        try sample(plan, into: spins.base, progress: Progress(total: plan.work))
        try validateSpins(spins.base, count: spins.count)
    }
}
