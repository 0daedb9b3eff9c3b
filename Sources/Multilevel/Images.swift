import Numerics

/// Given configurations under random symmetries of the lattice, as many as make half a million spins of
/// each class: of each spacing the lattice of that spacing, as a block of its own size.
final class Images: WeighedBlocks, @unchecked Sendable {
    private let size: Int
    /// By the spacing.
    private let spins: [Int: Buffer<UInt8>]
    /// Of the learned classes, by their place in the hierarchy.
    private let layouts: [Int: ClassLayout]
    private let ones: Buffer<Float>

    /// - Parameters:
    ///   - given: (count, L, L) of +1 and -1. Without a field they are reversed as well.
    init(
        _ model: SamplerModel, _ given: UnsafePointer<Int8>, count: Int, seed: UInt64, _ progress: Progress
    ) throws(Failure) {
        let size = model.configuration.size
        self.size = size
        ones = try Buffer(count: SpinBlock.lanes)
        ones.base.update(repeating: 1, count: SpinBlock.lanes)
        var spins: [Int: Buffer<UInt8>] = [:]
        var layouts: [Int: ClassLayout] = [:]
        for part in model.learned {
            let siteClass = model.hierarchy.classes[part.index]
            let spacing = siteClass.spacing
            layouts[part.index] = try ClassLayout(
                siteClass, size: size, codeBits: part.basis.codeBits, far: part.basis.far.map(\.neighbours),
                spacing: spacing)
            if spins[spacing] == nil {
                let flips = model.configuration.field == 0
                spins[spacing] = try Images.make(
                    given, count: count, size: size, spacing: spacing, seed: seed, flips: flips, progress)
            }
        }
        (self.spins, self.layouts) = (spins, layouts)
        try progress.check("training was interrupted; the model is at step \(model.step)")
    }

    private static func blocks(size: Int, spacing: Int) -> Int {
        let side = size / spacing
        return max(1, (1 << 23) / (side * side * SpinBlock.lanes))
    }

    private static func make(
        _ given: UnsafePointer<Int8>, count: Int, size: Int, spacing: Int, seed: UInt64, flips: Bool,
        _ progress: Progress
    ) throws(Failure) -> Buffer<UInt8> {
        let (side, mask) = (size / spacing, size - 1)
        let bytes = side * side * SpinBlock.lanes
        let blocks = blocks(size: size, spacing: spacing)
        let spins = try Buffer<UInt8>(count: blocks * bytes)
        parallelFor(blocks, progress: progress) { index in
            var random = RandomStream(
                seed: seed, purpose: .batch, stream: UInt64(spacing), step: UInt64(index))
            for lane in 0..<SpinBlock.lanes {
                let bits = random.nextBits()
                let image = given + (index * SpinBlock.lanes + lane) % count * size * size
                let (row, column) = (Int(bits[0] >> 32) & mask, Int(bits[1] >> 32) & mask)
                let down = bits[2] >> 63 == 0 ? spacing : -spacing
                let right = bits[3] >> 63 == 0 ? spacing : -spacing
                let isTransposed = bits[4] >> 63 == 0
                let flip: Int8 = flips && bits[5] >> 63 == 0 ? -1 : 0
                var target = spins.base + (index * bytes + lane)
                for i in 0..<side {
                    for j in 0..<side {
                        let y = row &+ down &* (isTransposed ? j : i)
                        let x = column &+ right &* (isTransposed ? i : j)
                        let spin = image[(y & mask) &* size &+ (x & mask)]
                        target.pointee = UInt8(bitPattern: (spin &>> 1) ^ flip)
                        target += SpinBlock.lanes
                    }
                }
            }
        }
        return spins
    }

    // MARK: Blocks

    func layout(of part: SamplerModel.LearnedClass) -> ClassLayout { layouts[part.index]! }

    func blocks(of siteClass: SiteClass) -> Int { Images.blocks(size: size, spacing: siteClass.spacing) }

    func block(_ index: Int, of siteClass: SiteClass) -> SpinBlock {
        let side = size / siteClass.spacing
        return SpinBlock(
            base: spins[siteClass.spacing]!.base + index * side * side * SpinBlock.lanes, size: side)
    }

    func weights(_ index: Int) -> (residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>) {
        (UnsafePointer(ones.base), UnsafePointer(ones.base))
    }
}
