import Numerics

/// What to sample: `couplings.count * chains` independent Markov chains, `samples` configurations
/// of each.
public struct SamplingPlan: Sendable {
    /// Linear size L of the torus, even, 4 to 16384.
    public var size: Int
    /// Couplings K = J/T, finite, of either sign; at most 2^20 of them.
    public var couplings: [Double]
    /// A term h sum_i s_i of the exponent, finite; only by Wolff's algorithm.
    public var field = 0.0
    /// Independent chains for each coupling, 1 to 2^24.
    public var chains: Int
    /// Configurations stored of each chain, at least 1.
    public var samples: Int
    /// Sweeps before the first sample, at least 0. By default 200 for the cluster algorithms and
    /// 20 times the default `between` for the local ones. Wolff does at least two, in which it
    /// measures how many clusters make a sweep. Each coupling has the defaults of its algorithm.
    public var thermalize: Int?
    /// Sweeps between samples, at least 1. By default 5 for the cluster algorithms. For the local
    /// ones min(L, xi)^2.17 with the exact correlation length xi, at most 20000; L^2.17 for L <= 6.
    /// At K_c, L = 16, neighbouring samples then have uncorrelated energies (by Swendsen-Wang 0.2),
    /// while their magnetizations, whose sign is slowest, are correlated by 0.24 (Metropolis) and
    /// 0.63 (heat bath).
    public var between: Int?
    /// Nil chooses for each coupling; see `algorithm(at:)`.
    public var algorithm: Algorithm?
    /// Equal seeds give equal spins, whatever the number of threads.
    public var seed: UInt64

    public init(
        size: Int, couplings: [Double], chains: Int = 1, samples: Int,
        thermalize: Int? = nil, between: Int? = nil,
        algorithm: Algorithm? = nil, seed: UInt64 = 0
    ) {
        self.size = size
        self.couplings = couplings
        self.chains = chains
        self.samples = samples
        self.thermalize = thermalize
        self.between = between
        self.algorithm = algorithm
        self.seed = seed
    }

    /// - Throws: what `validateRanges` throws; `outOfMemory` stating the bytes when the spins and the
    ///   working set exceed the memory of the machine.
    public func validate() throws(Failure) {
        try validateRanges()
        var bytes = size * size
        for factor in [couplings.count, chains, samples] {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
            if overflow { throw .outOfMemory("the spins need more than 2^63 bytes") }
            bytes = product
        }
        let memory = physicalMemory()
        guard bytes <= memory, workingSet <= memory - bytes else {
            throw .outOfMemory(
                "\(bytes) bytes of spins and \(workingSet) bytes to work in exceed the memory of \(memory) bytes")
        }
    }

    /// - Throws: `invalidArgument` naming the parameter and its range.
    public func validateRanges() throws(Failure) {
        guard size >= 4, size <= 16384 else {
            throw .invalidArgument("the lattice size must be from 4 to 16384, not \(size)")
        }
        guard size % 2 == 0 else {
            throw .invalidArgument(
                "the lattice size must be even, not \(size): the updates and the map from K to -K "
                    + "need the two sublattices of a checkerboard, which an odd torus does not have")
        }
        guard !couplings.isEmpty, couplings.count <= 1 << 20 else {
            throw .invalidArgument("the number of couplings must be from 1 to 2^20, not \(couplings.count)")
        }
        for coupling in couplings where !coupling.isFinite {
            throw .invalidArgument("every coupling must be finite, not \(coupling)")
        }
        guard field.isFinite, field == 0 || algorithm == .wolff else {
            throw .invalidArgument("the field must be finite, and 0 but for Wolff's algorithm, not \(field)")
        }
        guard chains >= 1, chains <= 1 << 24 else {
            throw .invalidArgument("the number of chains must be from 1 to 2^24, not \(chains)")
        }
        guard samples >= 1 else {
            throw .invalidArgument("the number of samples must be at least 1, not \(samples)")
        }
        if let thermalize, !(0...sweepLimit).contains(thermalize) {
            throw .invalidArgument("the sweeps to thermalize must be from 0 to 2^40, not \(thermalize)")
        }
        if let between, !(1...sweepLimit).contains(between) {
            throw .invalidArgument("the sweeps between samples must be from 1 to 2^40, not \(between)")
        }
    }

    /// Sweeps of all chains together: the total of the `Progress` given to `sample`.
    public var work: Int {
        var sum = 0.0
        for coupling in couplings {
            let between = Double(samples - 1) * Double(betweenSweeps(at: coupling))
            sum += (Double(thermalizeSweeps(at: coupling)) + between) * Double(chains)
        }
        return Int(min(sum, 0x1p62))
    }

    private var sweepLimit: Int { 1 << 40 }

    /// Words that a local update of all chains of a coupling visits per colour: ceil(L/128) in each
    /// of L rows where chains stay apart, or one for each site and 64 chains.
    var localWords: Int { size * min(rowWordsApart, rowWordsTogether) }
    private var rowWordsApart: Int { chains * ((size + 127) / 128) }
    private var rowWordsTogether: Int { (chains + 63) / 64 * (size / 2) }

    /// Chains of a coupling that share the bits of words: 64 where that makes fewer words, or 1.
    func chainsPerPack(at coupling: Double) -> Int {
        algorithm(at: coupling).isLocal && rowWordsTogether < rowWordsApart ? 64 : 1
    }

    /// Packs of chains of a coupling, each a unit of work.
    func packs(at coupling: Double) -> Int {
        let pack = chainsPerPack(at: coupling)
        return (chains + pack - 1) / pack
    }

    /// An upper limit, in bytes, for the lattices in work at once.
    private var workingSet: Int {
        var perSite = 0
        var packs = 0
        for coupling in couplings {
            let bytes =
                switch algorithm(at: coupling) {
                case .wolff: 5  // spin, queue
                case .swendsenWang: 5  // label, bits of spin, bonds and coin
                case .metropolis, .heatBath: chainsPerPack(at: coupling) == 1 ? 1 : 13  // 3 bits for every 2 sites
                }
            perSite = max(perSite, bytes)
            packs += self.packs(at: coupling)
        }
        return min(threadCount, packs) * (perSite * size * size + (1 << 17))
    }
}
