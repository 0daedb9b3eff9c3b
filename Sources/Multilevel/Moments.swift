import CLanes
import Numerics

/// Sums over spins of a learned class from which a step of its couplings follows.
///
/// With the field h of a spin s, its residual s - tanh h and its curvature 1 - tanh^2 h, each with
/// a weight of its configuration, these are the sums of the residual times phi_o and of the curvature
/// times phi_o phi_o'. They are collected by codes: the Walsh transform then gives the sums with all
/// products of the code's spins at once, and only the far orbits, few of them, are multiplied out.
package final class Moments {
    private let layout: ClassLayout
    private let farCount: Int
    /// Numbers kept for a code: residual, curvature, and curvature times each far orbit.
    private var columns: Int { 2 + farCount }
    private var stride: Int { (columns + 7) & ~7 }
    /// For each code a line of these.
    private let lines: Buffer<Double>
    private let work: Work
    /// Residual times far orbits, and curvature times pairs of them.
    private let farResidual, farCurvature: Buffer<Double>

    package init(_ layout: ClassLayout) throws(Failure) {
        self.layout = layout
        farCount = layout.farCounts.count
        lines = try Buffer(count: layout.codes * ((farCount + 9) & ~7))
        work = try Work(farCount: farCount)
        farResidual = try Buffer(count: farCount)
        farCurvature = try Buffer(count: farCount * farCount)
    }

    /// What a pass over sites works in.
    private struct Work {
        let bytes: Buffer<SIMD8<UInt64>>
        /// Far orbits, then the columns of lines, of sixteen configurations.
        let far, columns: Buffer<SIMD16<Float>>
        /// Sums of a block: residual times far orbits, then curvature times pairs.
        let sums: Buffer<SIMD16<Float>>

        init(farCount: Int) throws(Failure) {
            bytes = try Buffer(count: 2 + farCount)
            far = try Buffer(count: farCount)
            columns = try Buffer(count: (farCount + 9) & ~7)
            sums = try Buffer(count: farCount + farCount * farCount)
        }
    }

    /// Adds all spins of the class in a block.
    ///
    /// - Parameters:
    ///   - residual, curvature: weights of the 64 configurations.
    package func add(
        _ block: SpinBlock, _ table: FieldTable, residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>
    ) {
        let (width, stride, farCount) = (layout.width, stride, farCount)
        let raw = UnsafeMutableRawPointer(work.bytes.base).assumingMemoryBound(to: UInt8.self)
        let (sigma, columns, sums) = (work.far.base, work.columns.base, work.sums.base)
        let numbers = UnsafeMutableRawPointer(columns).assumingMemoryBound(to: Float.self)
        sums.update(repeating: SIMD16(), count: work.sums.count)
        var codes = SIMD16<Int32>()
        let bound = SIMD16<Float>(repeating: table.bound)
        layout.farCounts.withUnsafeBufferPointer { farCounts in
            for t in 0..<layout.sites.count {
                block.gather(layout.neighbours.base + t &* width, layout.codeBits, farCounts, into: work.bytes.base)
                let spins = block.base + Int(layout.sites.base[t]) &* SpinBlock.lanes
                for lane in Swift.stride(from: 0, to: SpinBlock.lanes, by: 16) {
                    codes = lanes_codes(raw + lane, raw + (64 &+ lane))
                    var field = unsafeBitCast(lanes_gather(table.fields.base, codes), to: SIMD16<Float>.self)
                    for g in 0..<farCount {
                        sigma[g] = lanes_numbers(raw + (128 &+ 64 &* g &+ lane))
                        field = field.addingProduct(sigma[g], table.far[g])
                    }
                    field = pointwiseMin(pointwiseMax(field, -bound), bound)
                    let mean = tanh(field)
                    let spin = lanes_numbers(spins + lane) * 2 + 1
                    let weights = UnsafeRawPointer(residual + lane).loadUnaligned(as: SIMD16<Float>.self)
                    let others = UnsafeRawPointer(curvature + lane).loadUnaligned(as: SIMD16<Float>.self)
                    columns[0] = (spin - mean) * weights
                    columns[1] = (1 - mean * mean) * others
                    for g in 0..<farCount {
                        sums[g] = sums[g].addingProduct(columns[0], sigma[g])
                        columns[2 &+ g] = columns[1] * sigma[g]
                        for k in 0...g {
                            let place = farCount &+ g &* farCount &+ k
                            sums[place] = sums[place].addingProduct(columns[2 &+ g], sigma[k])
                        }
                    }
                    withUnsafePointer(to: &codes) {
                        let code = UnsafeRawPointer($0).assumingMemoryBound(to: Int32.self)
                        for part in Swift.stride(from: 0, to: stride, by: 8) {
                            let target = lines.base + part
                            lanes_add_lines(target, Int64(stride), code, numbers + 16 &* part)
                            lanes_add_lines(target, Int64(stride), code + 8, numbers + (16 &* part &+ 8))
                        }
                    }
                }
            }
        }
        for g in 0..<farCount {
            farResidual.base[g] += Double(sums[g].sum())
            for k in 0...g { farCurvature.base[g * farCount + k] += Double(sums[farCount + g * farCount + k].sum()) }
        }
    }

    /// The sums of the residual and of the curvature with the orbits of a basis, (n) and the lower
    /// triangle of (n, n).
    package func sums(_ basis: CouplingBasis) throws(Failure) -> (residual: Buffer<Double>, curvature: Buffer<Double>) {
        let (n, codes) = (basis.count, layout.codes)
        // A table for each number of the lines.
        let totals = try Buffer<Double>(count: columns * codes)
        for column in 0..<columns {
            let table = totals.base + column * codes
            for code in 0..<codes { table[code] = lines.base[code * stride + column] }
            walshTransform(table, count: codes)
        }
        func table(_ column: Int) -> UnsafeMutablePointer<Double> { totals.base + column * codes }
        let (residual, curvature) = (try Buffer<Double>(count: n), try Buffer<Double>(count: n * n))
        func set(_ i: Int, _ j: Int, _ value: Double) { curvature.base[max(i, j) * n + min(i, j)] = value }
        for (position, (index, products)) in basis.coded.enumerated() {
            for product in products { residual.base[index] += table(0)[product] }
            for (other, others) in basis.coded[...position] {
                var sum = 0.0
                for a in products { for b in others { sum += table(1)[a ^ b] } }
                set(index, other, sum)
            }
            for (g, far) in basis.far.enumerated() {
                set(index, far.index, products.reduce(0) { $0 + table(2 + g)[$1] })
            }
        }
        for (g, far) in basis.far.enumerated() {
            residual.base[far.index] = farResidual.base[g]
            for k in 0...g { set(far.index, basis.far[k].index, farCurvature.base[g * farCount + k]) }
        }
        return (residual, curvature)
    }
}
