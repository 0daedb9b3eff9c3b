import Numerics

/// The L^d torus, d = 2 or 3, in C order.
public struct Torus: Sendable, Equatable {
    public let dimension: Int
    public let size: Int

    public init(dimension: Int, size: Int) {
        self.dimension = dimension
        self.size = size
    }

    public var planes: Int { dimension == 3 ? size : 1 }
    public var sites: Int { planes * size * size }

    /// The torus of its blocks of b^d spins.
    public func blocked(by factor: Int) -> Torus { Torus(dimension: dimension, size: size / factor) }
}

/// The spins of a torus with copies of those across its boundary, so that the product of spins at given
/// distances is, for a whole row at a time, a product of shifted rows.
final class PaddedSpins {
    let torus: Torus
    let reach: Int
    /// Bytes from a row to the next, and from a plane to the next.
    let pitch: Int
    let planePitch: Int
    private let buffer: Buffer<Int8>
    /// The spin at the origin.
    let origin: UnsafeMutablePointer<Int8>

    /// - Parameter reach: how far beyond the boundary spins are to be found; may exceed the size.
    init(torus: Torus, reach: Int) throws(Failure) {
        self.torus = torus
        self.reach = reach
        pitch = torus.size + 2 * reach
        planePitch = pitch * (torus.size + 2 * reach)
        let depth = torus.dimension == 3 ? torus.size + 2 * reach : 1
        // Vectors of 64 spins are read from any site on, also from the last.
        buffer = try Buffer(count: planePitch * depth + 64)
        origin = buffer.base + (torus.dimension == 3 ? reach * planePitch : 0) + reach * pitch + reach
    }

    /// Where the spin at (x, y, z) lies from that at the origin.
    func offset(_ point: SIMD3<Int>) -> Int { (point.z * planePitch) + point.y * pitch + point.x }

    /// Takes the spins of a configuration, in C order.
    func fill(from spins: UnsafePointer<Int8>) {
        let size = torus.size
        let beyond = torus.dimension == 3 ? reach : 0
        for z in -beyond..<torus.planes + beyond {
            let plane = spins + wrapped(z, torus.planes) * size * size
            for y in -reach..<size + reach {
                let source = plane + wrapped(y, size) * size
                let target = origin + z * planePitch + y * pitch
                target.update(from: source, count: size)
                for x in 0..<reach {
                    target[size + x] = source[x % size]
                    target[-1 - x] = source[size - 1 - x % size]
                }
            }
        }
    }

    private func wrapped(_ position: Int, _ size: Int) -> Int {
        let rest = position % size
        return rest < 0 ? rest + size : rest
    }
}
