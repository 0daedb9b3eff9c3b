import CLanes
import Numerics

/// 64 configurations side by side: for each site 64 bytes, one of each configuration, 0 for a spin +1
/// and all bits set for -1.
package struct SpinBlock {
    static let lanes = 64

    package let base: UnsafeMutablePointer<UInt8>
    /// L.
    package let size: Int

    package init(base: UnsafeMutablePointer<UInt8>, size: Int) { (self.base, self.size) = (base, size) }

    var sites: Int { size * size }

    @inline(__always)
    func masks(_ site: Int) -> UnsafeMutablePointer<SIMD8<UInt64>> {
        UnsafeMutableRawPointer(base + site &* SpinBlock.lanes).assumingMemoryBound(to: SIMD8<UInt64>.self)
    }

    /// Takes configurations of +1 and -1; those that are missing become all +1.
    ///
    /// - Parameters:
    ///   - spins: (count, L, L), at most 64 of them.
    ///   - distance: from one site of the lattice to the next that is taken.
    package func load(_ spins: UnsafePointer<Int8>, count: Int, spacing: Int = 1) {
        let side = size / spacing
        for site in 0..<side * side {
            let target = base + (site / side * spacing * size + site % side * spacing) * SpinBlock.lanes
            for k in 0..<SpinBlock.lanes {
                target[k] = k < count ? UInt8(bitPattern: spins[k * side * side + site] >> 1) : 0
            }
        }
    }

    /// The inverse of `load`, of all sites.
    func store(_ spins: UnsafeMutablePointer<Int8>, count: Int) {
        for start in stride(from: 0, to: sites, by: 8) {
            for k in stride(from: 0, to: count, by: 8) { storeTile(spins, start, k, min(8, count - k)) }
        }
    }

    /// Eight sites of up to eight configurations: an 8 x 8 matrix of bytes, transposed.
    @inline(__always)
    private func storeTile(_ spins: UnsafeMutablePointer<Int8>, _ start: Int, _ first: Int, _ count: Int) {
        var rows = SIMD8<UInt64>()
        for i in 0..<8 {
            rows[i] = UnsafeRawPointer(base + ((start &+ i) &* SpinBlock.lanes &+ first)).load(as: UInt64.self)
        }
        let masks: (UInt64, UInt64, UInt64) = (0x00FF_00FF_00FF_00FF, 0x0000_FFFF_0000_FFFF, 0x0000_0000_FFFF_FFFF)
        for (apart, mask) in [(1, masks.0), (2, masks.1), (4, masks.2)] {
            let shift = UInt64(8 * apart)
            for i in 0..<8 where i & apart == 0 {
                let (low, high) = (rows[i], rows[i | apart])
                rows[i] = low & mask | (high & mask) &<< shift
                rows[i | apart] = (low &>> shift) & mask | high & ~mask
            }
        }
        for i in 0..<count {
            UnsafeMutableRawPointer(spins + ((first &+ i) &* sites &+ start)).storeBytes(
                of: rows[i] | 0x0101_0101_0101_0101, as: UInt64.self)
        }
    }

    /// Sums of each configuration over bonds, sum_<ij> s_i s_j, and over sites, as 64 numbers each.
    func sums(bonds: UnsafeMutablePointer<Double>, spins: UnsafeMutablePointer<Double>) {
        for k in 0..<SpinBlock.lanes { (bonds[k], spins[k]) = (Double(2 * sites), Double(sites)) }
        var (broken, down) = (SIMD8<UInt64>(), SIMD8<UInt64>())
        for row in 0..<size {
            let below = (row + 1) & (size - 1)
            for column in 0..<size {
                let mask = masks(row &* size &+ column).pointee
                let right = masks(row &* size &+ ((column &+ 1) & (size &- 1))).pointee
                broken = lanes_bytes_add(broken, mask ^ right)
                broken = lanes_bytes_add(broken, mask ^ masks(below &* size &+ column).pointee)
                down = lanes_bytes_add(down, mask)
                // Bytes count from 0 to -128.
                if column & 63 == 63 || column == size &- 1 {
                    withUnsafeBytes(of: &broken) { subtract($0, from: bonds) }
                    withUnsafeBytes(of: &down) { subtract($0, from: spins) }
                    (broken, down) = (SIMD8(), SIMD8())
                }
            }
        }
    }

    private func subtract(_ counts: UnsafeRawBufferPointer, from sums: UnsafeMutablePointer<Double>) {
        for k in 0..<SpinBlock.lanes { sums[k] += 2 * Double(Int8(bitPattern: counts[k])) }
    }

    // MARK: Codes

    /// The codes of 64 configurations, lower bytes before upper ones, then the sums of the spins of each
    /// far orbit, in bytes.
    @inline(__always)
    func gather(
        _ neighbours: UnsafePointer<Int32>, _ codeBits: Int, _ farCounts: UnsafeBufferPointer<Int>,
        into bytes: UnsafeMutablePointer<SIMD8<UInt64>>
    ) {
        var (low, high) = (SIMD8<UInt64>(), SIMD8<UInt64>())
        var bit: UInt64 = 0x0101_0101_0101_0101
        for k in 0..<min(codeBits, 8) {
            low |= masks(Int(neighbours[k])).pointee & bit
            bit &<<= 1
        }
        bit = 0x0101_0101_0101_0101
        for k in 8..<max(codeBits, 8) {
            high |= masks(Int(neighbours[k])).pointee & bit
            bit &<<= 1
        }
        (bytes[0], bytes[1]) = (low, high)
        var next = codeBits
        for (g, count) in farCounts.enumerated() {
            var sum = SIMD8<UInt64>()
            for _ in 0..<count {
                sum = lanes_bytes_add(sum, masks(Int(neighbours[next])).pointee | 0x0101_0101_0101_0101)
                next &+= 1
            }
            bytes[2 &+ g] = sum
        }
    }
}
