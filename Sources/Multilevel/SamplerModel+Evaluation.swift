import Ising
import Learning
import Numerics

extension SamplerModel {
    public var sites: Int { configuration.size * configuration.size }

    /// Draws configurations, all of their spins or those between the spins of given coarse ones.
    ///
    /// - Parameters:
    ///   - coarse: (count, coarseSize, coarseSize) of +1 and -1, the spins of the lattice of spacing
    ///     L / coarseSize; nil to draw them as well.
    ///   - coarseSize: a power of two below L.
    ///   - seed: of the random numbers; 64 configurations share a stream, so that the first ones do not
    ///     depend on how many there are.
    ///   - spins: (count, L, L), output.
    ///   - logProbabilities: count numbers, output: ln q of what was drawn, given the rest.
    /// - Throws: `invalidArgument`, `interrupted`.
    public func sample(
        _ count: Int, coarse: UnsafePointer<Int8>? = nil, coarseSize: Int = 0, seed: UInt64,
        into spins: UnsafeMutablePointer<Int8>, logProbabilities: UnsafeMutablePointer<Double>?,
        progress: Progress = .none
    ) throws(Failure) {
        let first = try coarse == nil ? 0 : firstClass(after: coarseSize)
        let spacing = coarse == nil ? 0 : configuration.size / coarseSize
        if let coarse { try validateSpins(coarse, count: count * coarseSize * coarseSize) }
        try eachBlock(count, progress) { kernel, block, classes, start, rows in
            var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(start / SpinBlock.lanes))
            if let coarse {
                block.load(coarse + start * coarseSize * coarseSize, count: rows, spacing: spacing)
            }
            let values = kernel.draw(classes[first...], block, &random)
            block.store(spins + start * sites, count: rows)
            logProbabilities.map { ($0 + start).update(from: values, count: rows) }
        }
    }

    /// ln q of given configurations, or of their spins beyond a coarse lattice given those on it.
    ///
    /// - Parameters:
    ///   - spins: (count, L, L) of +1 and -1.
    ///   - coarseSize: of that lattice, a power of two below L; 0 for all spins.
    ///   - values: count numbers, output.
    /// - Throws: `invalidArgument`, `interrupted`.
    public func logProbability(
        _ spins: UnsafePointer<Int8>, count: Int, coarseSize: Int = 0, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        let first = try coarseSize == 0 ? 0 : firstClass(after: coarseSize)
        try validateSpins(spins, count: count * sites)
        try eachBlock(count, progress) { kernel, block, classes, start, rows in
            block.load(spins + start * sites, count: rows)
            (values + start).update(from: kernel.evaluate(classes[first...], block), count: rows)
        }
    }

    /// The first class whose spins are not on the lattice of so many sites.
    private func firstClass(after coarseSize: Int) throws(Failure) -> Int {
        let size = configuration.size
        guard coarseSize >= 1, coarseSize < size, coarseSize & (coarseSize - 1) == 0 else {
            throw .invalidArgument("coarse_size must be a power of two below \(size), not \(coarseSize)")
        }
        return hierarchy.classes.firstIndex { $0.spacing < size / coarseSize }!
    }

    /// Runs `body(kernel, block, classes, first, rows)` for each 64 of `count` configurations and counts them.
    private func eachBlock(
        _ count: Int, _ progress: Progress,
        _ body: (BlockKernel, SpinBlock, ArraySlice<(ClassLayout, FieldTable)>, _ first: Int, _ rows: Int) -> Void
    ) throws(Failure) {
        let classes = try classTables()[...]
        let blocks = (count + SpinBlock.lanes - 1) / SpinBlock.lanes
        let slots = min(blocks, threadCount)
        let kernels = try makeKernels(slots)
        let bytes = sites * SpinBlock.lanes
        let spins = try Buffer<UInt8>(count: slots * bytes)
        parallelFor(slots, progress: progress) { slot in
            let block = SpinBlock(base: spins.base + slot * bytes, size: configuration.size)
            for index in stride(from: slot, to: blocks, by: slots) where !progress.isStopped {
                let first = index * SpinBlock.lanes
                let rows = min(SpinBlock.lanes, count - first)
                body(kernels[slot], block, classes, first, rows)
                progress.advance(by: rows)
                progress.poll()
            }
        }
        try progress.check("evaluation was interrupted")
    }

    func classTables() throws(Failure) -> [(ClassLayout, FieldTable)] {
        Array(zip(layouts, try cache.tables(of: self).classes))
    }

    func makeKernels(_ count: Int) throws(Failure) -> [BlockKernel] {
        var kernels: [BlockKernel] = []
        for _ in 0..<count { kernels.append(try BlockKernel(layouts)) }
        return kernels
    }
}
