import Ising
import Numerics

/// Annealed importance sampling: configurations follow a sequence of couplings K_0, K_1, ..., K_n by a
/// sweep of the heat bath at each, and
///
///     work = sum_t (K_t - K_(t-1)) sum_<ij> s_i s_j
///
/// over t from 1 to n, with the spins before the sweep at K_t, is what they gain in weight: if weights
/// w make the given ones samples at K_0, weights w exp(work) make what comes of them samples at K_n
/// (R. M. Neal, Statistics and Computing 11, 125). A field h in exp(K sum s s' + h sum s) stays.
public struct Annealing: Sendable {
    /// L, a power of two from 4 to 256.
    public var size: Int
    /// K_0 to K_n, at most 100 in magnitude; 1 to 2^20 of them.
    public var couplings: [Double]
    /// h, at most 100 in magnitude.
    public var field = 0.0
    public var seed: UInt64 = 0

    public init(size: Int, couplings: [Double]) { (self.size, self.couplings) = (size, couplings) }

    func validate() throws(Failure) {
        guard (4...256).contains(size), size & (size - 1) == 0 else {
            throw .invalidArgument("size must be a power of two from 4 to 256, not \(size)")
        }
        guard (1...1 << 20).contains(couplings.count) else {
            throw .invalidArgument("the number of couplings must be from 1 to 2^20, not \(couplings.count)")
        }
        for coupling in couplings where !(abs(coupling) <= 100) {
            throw .invalidArgument("every coupling must be finite and at most 100 in magnitude, not \(coupling)")
        }
        guard abs(field) <= 100 else {
            throw .invalidArgument("field must be finite and at most 100 in magnitude, not \(field)")
        }
    }

    /// - Parameters:
    ///   - spins: (count, L, L) of +1 and -1, given and received.
    ///   - work: count numbers, output.
    ///   - progress: counts configurations.
    /// - Throws: `invalidArgument`; `interrupted`, with some of the spins changed.
    public func run(
        _ spins: UnsafeMutablePointer<Int8>, count: Int, work: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        try validate()
        let sites = size * size
        try validateSpins(spins, count: count * sites)
        let halves = [try layout(even: true), try layout(even: false)]
        var tables: [FieldTable] = []
        for coupling in couplings.dropFirst() {
            let fields = ExactField.bond(coupling: coupling, field: field)
            tables.append(try FieldTable(halves[0], fields: fields, far: []))
        }
        let blocks = (count + SpinBlock.lanes - 1) / SpinBlock.lanes
        let slots = min(blocks, threadCount)
        let bytes = sites * SpinBlock.lanes
        let memory = try Buffer<UInt8>(count: slots * bytes)
        var kernels: [BlockKernel] = []
        for _ in 0..<slots { kernels.append(try BlockKernel(halves)) }
        parallelFor(slots, progress: progress) { slot in
            let block = SpinBlock(base: memory.base + slot * bytes, size: size)
            for index in stride(from: slot, to: blocks, by: slots) where !progress.isStopped {
                let first = index * SpinBlock.lanes
                let rows = min(SpinBlock.lanes, count - first)
                block.load(spins + first * sites, count: rows)
                var random = RandomStream(seed: seed, purpose: .proposal, stream: UInt64(index))
                follow(block, halves, tables, kernels[slot], &random, into: work + first, rows, progress)
                block.store(spins + first * sites, count: rows)
                progress.advance(by: rows)
                progress.poll()
            }
        }
        try progress.check("annealing was interrupted")
    }

    private func follow(
        _ block: SpinBlock, _ halves: [ClassLayout], _ tables: [FieldTable], _ kernel: BlockKernel,
        _ random: inout RandomStream, into work: UnsafeMutablePointer<Double>, _ rows: Int, _ progress: Progress
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * SpinBlock.lanes) { numbers in
            let (bonds, unused) = (numbers.baseAddress!, numbers.baseAddress! + SpinBlock.lanes)
            let sum = numbers.baseAddress! + 2 * SpinBlock.lanes
            sum.update(repeating: 0, count: SpinBlock.lanes)
            for (t, table) in tables.enumerated() where !progress.pollsToStop {
                block.sums(bonds: bonds, spins: unused)
                let change = couplings[t + 1] - couplings[t]
                for k in 0..<SpinBlock.lanes { sum[k] += change * bonds[k] }
                let sweep = halves.map { ($0, table) }
                _ = kernel.draw(sweep[...], block, &random)
            }
            work.update(from: sum, count: rows)
        }
    }

    /// Half of a chessboard, each site with its four neighbours.
    private func layout(even: Bool) throws(Failure) -> ClassLayout {
        let sites = (0..<size * size).filter { ($0 / size + $0 % size) % 2 == (even ? 0 : 1) }
        let half = SiteClass(
            spacing: 1, position: .bonds, colour: even ? 0 : 1, kind: .exact, sites: sites,
            neighbourhood: ExactField.aroundBond)
        return try ClassLayout(half, size: size, codeBits: 4)
    }
}
