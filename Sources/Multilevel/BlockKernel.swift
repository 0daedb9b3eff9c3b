import CLanes
import Numerics

/// Draws the spins of 64 configurations, or tells how probable given ones are.
///
/// For each spin the code of its neighbours is put together in bytes, the field looked up and
/// completed by the far orbits, and the probability of the less probable value rounded to a
/// multiple t of 2^-31. A random number below t chooses that value, so that the probabilities t and
/// 1 - t are those of what is drawn to the last bit, and add up to 1. The chosen ones are multiplied
/// in double precision, sixteen at a time before a logarithm is taken.
final class BlockKernel {
    /// Lower and upper bytes of the codes, then sums over far orbits, 64 bytes each.
    private let bytes: Buffer<SIMD8<UInt64>>
    private let products, logarithms: Buffer<SIMD8<Double>>
    /// Spins since the last logarithm.
    private var factors = 0

    init(_ layouts: [ClassLayout]) throws(Failure) {
        bytes = try Buffer(count: 2 + (layouts.map(\.farCounts.count).max() ?? 0))
        products = try Buffer(count: 8)
        logarithms = try Buffer(count: 8)
    }

    /// Draws the classes of a part of the hierarchy, the spins before it being there.
    ///
    /// - Returns: the natural logarithms of the probabilities of what was drawn, 64 numbers, which
    ///   stay until the next call.
    func draw(
        _ classes: ArraySlice<(ClassLayout, FieldTable)>, _ block: SpinBlock, _ random: inout RandomStream
    ) -> UnsafePointer<Double> {
        begin()
        for (layout, table) in classes { run(layout, table, block, &random, draws: true) }
        return end()
    }

    /// The same for spins that are there.
    func evaluate(
        _ classes: ArraySlice<(ClassLayout, FieldTable)>, _ block: SpinBlock
    ) -> UnsafePointer<Double> {
        begin()
        var unused = RandomStream(seed: 0, purpose: .test)
        for (layout, table) in classes { run(layout, table, block, &unused, draws: false) }
        return end()
    }

    // MARK: Logarithms

    private func begin() {
        products.base.update(repeating: SIMD8(repeating: 1), count: 8)
        logarithms.base.update(repeating: SIMD8(), count: 8)
        factors = 0
    }

    @inline(__always)
    private func takeLogarithm() {
        let scale = Double(sign: .plus, exponent: -31 &* factors, significand: 1)
        for i in 0..<8 {
            logarithms.base[i] += log(products.base[i] * scale)
            products.base[i] = SIMD8(repeating: 1)
        }
        factors = 0
    }

    private func end() -> UnsafePointer<Double> {
        if factors > 0 { takeLogarithm() }
        return UnsafeRawPointer(logarithms.base).assumingMemoryBound(to: Double.self)
    }

    // MARK: Spins

    @inline(__always)
    private func run(
        _ layout: ClassLayout, _ table: FieldTable, _ block: SpinBlock, _ random: inout RandomStream, draws: Bool
    ) {
        if layout.farCounts.isEmpty {
            sites(layout, table, block, &random, draws: draws, looksUpThresholds: true)
        } else {
            sites(layout, table, block, &random, draws: draws, looksUpThresholds: false)
        }
    }

    @inline(__always)
    private func sites(
        _ layout: ClassLayout, _ table: FieldTable, _ block: SpinBlock, _ random: inout RandomStream, draws: Bool,
        looksUpThresholds: Bool
    ) {
        let (low, farCount, width) = (bytes.base, layout.farCounts.count, layout.width)
        let words = UnsafePointer(table.words.base)
        let bound = SIMD16<Float>(repeating: table.bound)
        let raw = UnsafeMutableRawPointer(low).assumingMemoryBound(to: UInt8.self)
        var stream = random
        table.far.withUnsafeBufferPointer { far in
            layout.farCounts.withUnsafeBufferPointer { farCounts in
                for t in 0..<layout.sites.count {
                    let neighbours = UnsafePointer(layout.neighbours.base) + t &* width
                    block.gather(neighbours, layout.codeBits, farCounts, into: low)
                    let target = block.base + Int(layout.sites.base[t]) &* SpinBlock.lanes
                    for part in 0..<4 {
                        let lane = 16 &* part
                        let word = lanes_gather(words, lanes_codes(raw + lane, raw + (64 &+ lane)))
                        var (threshold, isNegative) = (word ^ (word &>> 31), word &>> 31)
                        if !looksUpThresholds {
                            var field = unsafeBitCast(word, to: SIMD16<Float>.self)
                            for g in 0..<farCount {
                                field = field.addingProduct(lanes_numbers(raw + (128 &+ 64 &* g &+ lane)), far[g])
                            }
                            field = pointwiseMin(pointwiseMax(field, -bound), bound)
                            (threshold, isNegative) = BlockKernel.threshold(field)
                        }
                        let isRare: SIMD16<Int32>
                        if draws {
                            let bits = unsafeBitCast(stream.nextBits(), to: SIMD16<UInt32>.self) &>> 1
                            isRare = lanes_words_less(unsafeBitCast(bits, to: SIMD16<Int32>.self), threshold)
                            lanes_store_masks(target + lane, isRare ^ isNegative)
                        } else {
                            isRare = lanes_load_masks(target + lane) ^ isNegative
                        }
                        let usual = (Int32.max &- threshold) &+ 1
                        let chosen = threshold & isRare | usual & ~isRare
                        products.base[2 &* part] *= lanes_low_f64(chosen)
                        products.base[2 &* part &+ 1] *= lanes_high_f64(chosen)
                    }
                    factors &+= 1
                    if factors == 16 { takeLogarithm() }
                }
            }
        }
        random = stream
    }

    /// `Threshold` of sixteen fields, and masks of those that are negative.
    @inline(__always)
    static func threshold(_ field: SIMD16<Float>) -> (SIMD16<Int32>, SIMD16<Int32>) {
        let bits = unsafeBitCast(field, to: SIMD16<Int32>.self)
        let size = unsafeBitCast(bits & 0x7FFF_FFFF, to: SIMD16<Float>.self)
        let scaled = SIMD16<Float>(repeating: 0x1p31) / (1 + exp(2 * size))
        let threshold = lanes_truncate(scaled + 0.5)
        // At least 1: where it is 0, its sign after a subtraction is set.
        return (threshold &- ((threshold &- 1) &>> 31), bits &>> 31)
    }
}
