import Numerics

/// What chains on a lattice do in one call: `rows` times a number of sweeps, after which they are
/// measured and stored.
public struct LatticeRun: Sendable {
    public var chains: Int
    /// K and h of each chain.
    public var couplings: [Double]
    public var fields: [Double]
    public var algorithm: Algorithm
    public var seed: UInt64
    /// Sweeps that all chains have made before, 0 to 2^48: with the seed and the number of a chain it
    /// keys its random numbers.
    public var firstSweep: Int
    /// Sweeps before each row.
    public var between: Int
    public var rows: Int

    public init(
        couplings: [Double], fields: [Double], algorithm: Algorithm, seed: UInt64, firstSweep: Int,
        between: Int, rows: Int
    ) {
        chains = couplings.count
        self.couplings = couplings
        self.fields = fields
        self.algorithm = algorithm
        self.seed = seed
        self.firstSweep = firstSweep
        self.between = between
        self.rows = rows
    }

    /// - Throws: `invalidArgument` naming the parameter and its range.
    public func validate() throws(Failure) {
        guard (1...1 << 24).contains(chains), fields.count == chains else {
            throw .invalidArgument("the number of chains must be from 1 to 2^24, not \(chains)")
        }
        for (K, h) in zip(couplings, fields) where !(abs(K) <= 1e6) || !(abs(h) <= 1e6) {
            throw .invalidArgument("couplings and fields must be from -1e6 to 1e6, not \(K) and \(h)")
        }
        guard (0...1 << 48).contains(firstSweep), (0...1 << 40).contains(between), (0...1 << 40).contains(rows)
        else {
            throw .invalidArgument("sweeps and rows must be from 0 to 2^40, and sweeps before from 0 to 2^48")
        }
        let (sweeps, overflow) = between.multipliedReportingOverflow(by: rows)
        guard !overflow, sweeps <= 1 << 48 else {
            throw .invalidArgument("\(rows) rows of \(between) sweeps are more than 2^48 sweeps")
        }
    }

    /// Whether clusters can be improved: see `AllClusters.improve`.
    public func improves(_ lattice: Lattice) -> Bool {
        guard algorithm == .swendsenWang, fields.allSatisfy({ $0 == 0 }) else { return false }
        switch lattice.spins.kind {
        case .ising: return true
        case .potts: return couplings.allSatisfy { K in lattice.strengths.allSatisfy { K * $0 >= 0 } }
        case .clock: return false
        }
    }

    /// Chains that share words, or 1: those of equal coupling and field, 64 or 512 where there are enough
    /// of them. Few chains do not share words where the sites of one fill them better.
    func packs(_ lattice: Lattice) throws(Failure) -> [Range<Int>] {
        let canPack = algorithm.isLocal && PackedSpins.canPack(lattice)
        let density = canPack ? try lattice.siteBits()?.density(lattice) ?? 0 : 0
        var packs: [Range<Int>] = []
        var start = 0
        while start < chains {
            var end = start + 1
            while end < chains, end - start < 512, couplings[end] == couplings[start], fields[end] == fields[start] {
                end += 1
            }
            if canPack, end - start >= 4, end - start >= 512 || Double(min(64, end - start)) > 64 * density {
                if end - start < 512 { end = min(end, start + 64) }
                packs.append(start..<end)
            } else {
                packs += (start..<end).map { $0..<$0 + 1 }
            }
            start = end
        }
        return packs
    }
}

/// Lets chains on a lattice go on from where they are.
///
/// - Parameters:
///   - states: bytes 0 to q - 1, (chains, sites); of no meaning unless the call succeeds.
///   - clusters: for Wolff's algorithm, clusters of a sweep for each chain; for a chain that has 0, a
///     sweep ends when as many sites were visited as there are, which is not quite in equilibrium, and
///     at the end its number is set from what the second half of the sweeps did.
///   - table: (chains, rows, measurement.columns).
///   - samples: (chains, rows, sites) or nil.
///   - progress: counts sweeps of single chains.
public func advance(
    _ run: LatticeRun, on lattice: Lattice, states: UnsafeMutablePointer<UInt8>,
    clusters: UnsafeMutablePointer<Int32>, measurement: Measurement, table: UnsafeMutablePointer<Double>?,
    samples: UnsafeMutablePointer<UInt8>?, progress: Progress
) throws(Failure) {
    try run.validate()
    let packs = try run.packs(lattice)
    let stop = StopSignal(progress)
    let failure = Locked<Failure?>(nil)
    let counts = try Buffer<Int32>(count: run.chains)
    counts.base.update(from: clusters, count: run.chains)
    parallelFor(packs.count, progress: progress) { index in
        do throws(Failure) {
            let pack = packs[index]
            let course = Course(
                run: run, lattice: lattice, chains: pack, states: states + pack.lowerBound * lattice.sites,
                clusters: counts.base + pack.lowerBound, measurement: measurement,
                table: table.map { $0 + pack.lowerBound * run.rows * measurement.columns },
                samples: samples.map { $0 + pack.lowerBound * run.rows * lattice.sites }, stop: stop)
            if let packed = try course.packed() {
                try course.follow(packed)
            } else {
                try course.followOne()
            }
        } catch {
            failure.withLock { if $0 == nil { $0 = error } }
        }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    if progress.isStopped { throw .stoppedChains }
    clusters.update(from: counts.base, count: run.chains)
    progress.finish()
}

extension Failure {
    static var stoppedChains: Failure { .interrupted("the chains were stopped; they are as they were before") }
}

/// The chains of one pack in one call.
private struct Course {
    let run: LatticeRun
    let lattice: Lattice
    let chains: Range<Int>
    let states: UnsafeMutablePointer<UInt8>
    let clusters: UnsafeMutablePointer<Int32>
    let measurement: Measurement
    let table: UnsafeMutablePointer<Double>?
    let samples: UnsafeMutablePointer<UInt8>?
    let stop: StopSignal

    private var setting: LatticeSetting {
        LatticeSetting(
            lattice: lattice, coupling: run.couplings[chains.lowerBound], field: run.fields[chains.lowerBound],
            algorithm: run.algorithm, stop: stop)
    }

    private func stream(_ sweep: Int) -> RandomStream {
        RandomStream(
            seed: run.seed, purpose: .markovChain, stream: UInt64(chains.lowerBound),
            step: UInt64(run.firstSweep + sweep))
    }

    /// What updates these chains as bits; nil for one that is followed as bytes.
    func packed() throws(Failure) -> (any PackedChains)? {
        if chains.count > 1 { return try PackedSpins(setting, chains: chains.count) }
        if run.algorithm.isLocal, let sites = try lattice.siteBits() { return try PackedSites(setting, sites) }
        if run.algorithm == .swendsenWang, lattice.spins.kind == .ising, setting.field == 0, !measurement.improves,
            let bonds = try lattice.bondBits()
        {
            return try PackedClusters(setting, bonds)
        }
        return nil
    }

    func followOne() throws(Failure) {
        let buffer = try UniformNumbers.buffer(sites: lattice.sites)
        let setting = setting
        var singles: SingleClusters?
        var all: AllClusters?
        let sweeper: any LatticeSweeper
        switch run.algorithm {
        case .wolff:
            singles = try SingleClusters(setting)
            singles!.clusters = Int(clusters[0])
            sweeper = singles!
        case .swendsenWang:
            all = try AllClusters(setting)
            if measurement.improves { try all!.improve(measurement.weights, count: measurement.weightCount) }
            sweeper = all!
        case .metropolis, .heatBath: sweeper = SingleSpins(setting)
        }
        let half = run.rows * run.between / 2
        var done = 0
        for row in 0..<run.rows {
            for _ in 0..<run.between {
                var random = UniformNumbers(stream(done), buffer: buffer)
                if done == half { singles?.countAnew() }
                sweeper.sweep(states, &random)
                done += 1
                if stop.isStopped { throw .stoppedChains }
                stop.progress.advance()
            }
            try record(row, improved: all)
        }
        guard let singles else { return }
        if clusters[0] > 0 {
            clusters[0] = Int32(clamping: singles.clusters)
        } else if singles.grown > 0 {
            let number = (lattice.sites * singles.grown + singles.visited - 1) / singles.visited
            clusters[0] = Int32(clamping: max(1, number))
        }
    }

    func follow(_ packed: any PackedChains) throws(Failure) {
        packed.read(states)
        // A sweep of a small lattice takes less time than to ask whether to stop.
        let batch = max(1, 1 << 14 / (lattice.sites * chains.count))
        var done = 0
        for row in 0..<run.rows {
            var left = run.between
            while left > 0 {
                let next = min(batch, left)
                for _ in 0..<next {
                    var random = stream(done)
                    packed.sweep(&random)
                    done += 1
                }
                left -= next
                if stop.isStopped { throw .stoppedChains }
                stop.progress.advance(by: next * chains.count)
            }
            if table != nil || samples != nil {
                packed.write(states)
                try record(row, improved: nil)
            }
        }
        packed.write(states)
    }

    private func record(_ row: Int, improved: AllClusters?) throws(Failure) {
        for chain in 0..<chains.count {
            if stop.isStopped { throw .stoppedChains }
            let own = UnsafePointer(states + chain * lattice.sites)
            let place = chain * run.rows + row
            if let table {
                let target = table + place * measurement.columns
                measurement.measure(own, on: lattice, into: target)
                if measurement.improves, let improved { measurement.store(improved, into: target) }
            }
            samples.map { ($0 + place * lattice.sites).update(from: own, count: lattice.sites) }
        }
    }
}
