import Numerics

/// All 65,536 configurations of the lattice of 4 x 4 sites with their probabilities, to learn from instead of
/// samples.
final class Enumeration: WeighedBlocks, @unchecked Sendable {
    private static let size = 4
    private static let count = 1 << (size * size)

    private let layouts: [ClassLayout]
    /// Bit i of the number of a configuration is set where spin i is -1.
    private let spins: Buffer<UInt8>
    /// Probability times their number.
    private let weights: Buffer<Float>

    /// - Parameter model: of that size.
    init(_ model: SamplerModel) throws(Failure) {
        precondition(model.configuration.size == Enumeration.size)
        let (count, sites) = (Enumeration.count, Enumeration.size * Enumeration.size)
        layouts = model.layouts
        spins = try Buffer(count: count * sites)
        weights = try Buffer(count: count)
        for number in 0..<count {
            for site in 0..<sites {
                let place = number / SpinBlock.lanes * SpinBlock.lanes * sites + site * SpinBlock.lanes
                spins.base[place + number % SpinBlock.lanes] = number >> site & 1 == 0 ? 0 : .max
            }
        }
        let (logarithms, zeros) = (try Buffer<Double>(count: count), try Buffer<Double>(count: SpinBlock.lanes))
        for index in 0..<count / SpinBlock.lanes {
            model.weigh(block(index), zeros.base, into: logarithms.base + index * SpinBlock.lanes)
        }
        let largest = maximum(logarithms.base, count: count)
        var sum = 0.0
        for number in 0..<count {
            logarithms.base[number] = exp(SIMD8<Double>(repeating: logarithms.base[number] - largest))[0]
            sum += logarithms.base[number]
        }
        for number in 0..<count { weights.base[number] = Float(logarithms.base[number] / sum * Double(count)) }
    }

    private func block(_ index: Int) -> SpinBlock {
        let sites = Enumeration.size * Enumeration.size
        return SpinBlock(base: spins.base + index * SpinBlock.lanes * sites, size: Enumeration.size)
    }

    // MARK: Blocks

    func layout(of part: SamplerModel.LearnedClass) -> ClassLayout { layouts[part.index] }
    func blocks(of siteClass: SiteClass) -> Int { Enumeration.count / SpinBlock.lanes }
    func block(_ index: Int, of siteClass: SiteClass) -> SpinBlock { block(index) }
    func weights(_ index: Int) -> (residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>) {
        let first = UnsafePointer(weights.base + index * SpinBlock.lanes)
        return (first, first)
    }
}
