import Numerics

/// The sums over a lattice of products of spins, 64 sites of a row at a time.
///
/// A spin is the byte 0x01 or 0xFF, so that bit 1 of the exclusive or of spins is set exactly where
/// their product is -1. Each vector of 64 products costs a load and an exclusive or for every spin,
/// and two operations for the sum.
struct ProductSum {
    private typealias Words = SIMD8<UInt64>
    private let twos = Words(repeating: 0x0202_0202_0202_0202)
    /// How many times 2 can be added to a byte without a carry into its neighbour.
    private let rowsPerFlush = 127

    private let spins: PaddedSpins

    init(_ spins: PaddedSpins) { self.spins = spins }

    /// - Parameter offsets: of the spins of the product, from `PaddedSpins.offset`.
    /// - Returns: the sum over all sites, from -sites to sites.
    func callAsFunction(_ offsets: UnsafeBufferPointer<Int>) -> Int {
        let origin = UnsafeRawPointer(spins.origin)
        let first = origin + offsets[0]
        let odd: Int
        switch offsets.count {
        case 1: odd = count { load(first + $0) }
        case 2:
            let second = origin + offsets[1]
            odd = count { load(first + $0) ^ load(second + $0) }
        case 3:
            let (second, third) = (origin + offsets[1], origin + offsets[2])
            odd = count { load(first + $0) ^ load(second + $0) ^ load(third + $0) }
        case 4:
            let (second, third, fourth) = (origin + offsets[1], origin + offsets[2], origin + offsets[3])
            odd = count { load(first + $0) ^ load(second + $0) ^ load(third + $0) ^ load(fourth + $0) }
        default:
            odd = count { position in
                var product = load(first + position)
                for offset in offsets.dropFirst() { product ^= load(origin + offset + position) }
                return product
            }
        }
        return spins.torus.sites - 2 * odd
    }

    @inline(__always)
    private func load(_ pointer: UnsafeRawPointer) -> Words { pointer.loadUnaligned(as: Words.self) }

    /// How many products are -1.
    @inline(__always)
    private func count(_ product: (Int) -> Words) -> Int {
        let size = spins.torus.size
        var total = 0
        for column in stride(from: 0, to: size, by: 64) {
            let mask = twos & firstBytes(size &- column)
            for plane in 0..<spins.torus.planes {
                let start = plane &* spins.planePitch &+ column
                var row = 0
                while row < size {
                    let end = min(size, row &+ rowsPerFlush)
                    var sum = Words()
                    while row < end {
                        sum = sum &+ (product(start &+ row &* spins.pitch) & mask)
                        row &+= 1
                    }
                    total &+= byteSum(sum)
                }
            }
        }
        return total &>> 1
    }

    /// All bits of the first `count` of 64 bytes.
    private func firstBytes(_ count: Int) -> Words {
        var mask = Words()
        for word in 0..<8 {
            let bytes = min(8, max(0, count - 8 * word))
            mask[word] = bytes == 8 ? ~0 : (1 << UInt64(8 * bytes)) - 1
        }
        return mask
    }
}
