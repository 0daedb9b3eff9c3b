import Numerics

/// Samples Ising configurations on L x L tori by Markov chains.
///
/// The chains of all couplings are spread over the threads; a single large lattice is itself cut
/// into bands of rows, except by Wolff's algorithm. Local updates of small lattices run 64 chains
/// in the bits of a word, which then share random streams: there the spins of a chain depend on
/// the number of chains, never on the number of threads or of couplings.
///
/// - Parameters:
///   - plan: checked here.
///   - spins: receives (couplings, chains, samples, L, L) values +-1 in C order.
///   - progress: counts sweeps of single chains; create it with `plan.work` as the total.
/// - Throws: what `SamplingPlan.validate` throws; `interrupted` when `progress` was stopped, with
///   the samples stored so far complete and the others untouched.
public func sample(
    _ plan: SamplingPlan, into spins: UnsafeMutablePointer<Int8>, progress: Progress
) throws(Failure) {
    try plan.validate()
    let run = SamplingRun(plan, spins: spins, progress: progress)
    // With few units the threads are left to the lattices themselves.
    if run.units >= threadCount {
        parallelFor(run.units) { run.perform($0) }
    } else {
        for unit in 0..<run.units { run.perform(unit) }
    }
    if let failure = run.failure { throw failure }
    progress.finish()
}

/// One call of `sample`, divided into units of work: packs of chains of one coupling.
private final class SamplingRun: @unchecked Sendable {
    let plan: SamplingPlan
    let spins: UnsafeMutablePointer<Int8>
    let stop: StopSignal
    /// The first unit of each coupling, and behind them the number of units.
    private let firstUnits: [Int]
    private let firstFailure = Locked<Failure?>(nil)

    init(_ plan: SamplingPlan, spins: UnsafeMutablePointer<Int8>, progress: Progress) {
        self.plan = plan
        self.spins = spins
        stop = StopSignal(progress)
        firstUnits = plan.couplings.reduce(into: [0]) { $0.append($0[$0.count - 1] + plan.packs(at: $1)) }
    }

    var units: Int { firstUnits[plan.couplings.count] }
    var failure: Failure? { firstFailure.withLock { $0 } }

    func perform(_ unit: Int) {
        guard failure == nil else { return }
        do {
            try follow(unit)
        } catch {
            firstFailure.withLock { if $0 == nil { $0 = error } }
        }
    }

    private func follow(_ unit: Int) throws(Failure) {
        let index = couplingIndex(of: unit)
        let coupling = plan.couplings[index]
        let first = (unit - firstUnits[index]) * plan.chainsPerPack(at: coupling)
        let chain = try makeChain(couplingIndex: index, first: first)
        let sites = plan.size * plan.size
        try chain.thermalize(plan.thermalizeSweeps(at: coupling))
        for sample in 0..<plan.samples {
            if sample > 0 { try chain.sweep(plan.betweenSweeps(at: coupling)) }
            let start = ((index * plan.chains + first) * plan.samples + sample) * sites
            chain.write(to: spins + start, distance: plan.samples * sites)
        }
    }

    /// By bisection: every coupling has at least one unit.
    private func couplingIndex(of unit: Int) -> Int {
        var low = 0, high = plan.couplings.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if firstUnits[middle] <= unit { low = middle } else { high = middle }
        }
        return low
    }

    private func makeChain(couplingIndex: Int, first: Int) throws(Failure) -> any MarkovChain {
        let setting = ChainSetting(plan, couplingIndex: couplingIndex, chain: first, stop: stop)
        switch setting.algorithm {
        case .wolff: return try WolffLattice(setting)
        case .swendsenWang: return try SwendsenWangLattice(setting)
        case .metropolis, .heatBath:
            let pack = plan.chainsPerPack(at: plan.couplings[couplingIndex])
            return pack == 1
                ? try Checkerboard(setting, packing: .sites, chains: 1)
                : try Checkerboard(setting, packing: .chains, chains: min(pack, plan.chains - first))
        }
    }
}
