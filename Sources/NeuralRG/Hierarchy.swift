import Numerics

/// How the bijectors of a network are arranged (Figs. 1 and 2 of Li & Wang).
public enum Structure: Int32, CaseIterable, Sendable {
    /// Disentanglers and decimators at every scale, as in the multiscale entanglement
    /// renormalization ansatz.
    case mera = 0
    /// Disentanglers only, all at the scale of the lattice (Fig. 2a): time-evolving block decimation.
    case tebd = 1
    /// Decimators only (Fig. 2b): a tree.
    case tree = 2
}

/// Which sites each bijector of a network acts on, in the order of encoding: from the physical
/// variables on an L x L torus to the latent ones, which live on the same sites.
///
/// A decimator at scale n acts on 2 x 2 sites whose distance is 2^n, all coordinates being multiples
/// of 2^n. It passes its first site on to scale n + 1; the others are latent variables of scale n.
/// A disentangler does the same on sites shifted by 2^n, across the decimators' borders. The four
/// sites that reach the last scale, and in a disentangler-only network all sites, are latent too.
public struct Hierarchy: Sendable, Equatable {
    public struct Layer: Sendable, Equatable {
        public let isDecimator: Bool
        public let scale: Int
        /// Four sites i L + j for each block: top left, top right, bottom left, bottom right.
        public let sites: [Int32]

        public var blockCount: Int { sites.count / 4 }
    }

    public let size: Int
    public let layers: [Layer]

    /// - Parameters:
    ///   - size: L, a power of two from 2 to 64.
    ///   - depth: scales of a MERA or tree, 1 to log2 L; pairs of layers of a disentangler network.
    ///   - repeats: of the layers at every scale, 1 to 16.
    public init(_ structure: Structure, size: Int, depth: Int, repeats: Int) throws(Failure) {
        guard (2...64).contains(size), size & (size - 1) == 0 else {
            throw .invalidArgument("the lattice size must be a power of two from 2 to 64, not \(size)")
        }
        let scales = size.trailingZeroBitCount
        let deepest = structure == .tebd ? 64 : scales
        guard (1...deepest).contains(depth) else {
            throw .invalidArgument("depth must be from 1 to \(deepest), not \(depth)")
        }
        guard (1...16).contains(repeats) else {
            throw .invalidArgument("repeat must be from 1 to 16, not \(repeats)")
        }
        self.size = size
        var layers: [Layer] = []
        for level in 0..<depth {
            let scale = structure == .tebd ? 0 : level
            for _ in 0..<repeats {
                if structure != .tree { layers.append(Self.layer(false, scale, size, shift: 1 << scale)) }
                if structure == .tebd { layers.append(Self.layer(false, scale, size, shift: 0)) }
                if structure != .tebd { layers.append(Self.layer(true, scale, size, shift: 0)) }
            }
        }
        self.layers = layers
    }

    /// Whether a layer is the last of the decimators of its scale.
    func isLastDecimator(_ index: Int) -> Bool {
        layers[index].isDecimator
            && !layers[(index + 1)...].contains { $0.isDecimator && $0.scale == layers[index].scale }
    }

    private static func layer(_ isDecimator: Bool, _ scale: Int, _ size: Int, shift: Int) -> Layer {
        let (distance, period) = (1 << scale, 2 << scale)
        var sites: [Int32] = []
        for i in stride(from: shift, to: size + shift, by: period) {
            for j in stride(from: shift, to: size + shift, by: period) {
                for (di, dj) in [(0, 0), (0, distance), (distance, 0), (distance, distance)] {
                    sites.append(Int32((i + di) % size * size + (j + dj) % size))
                }
            }
        }
        return Layer(isDecimator: isDecimator, scale: scale, sites: sites)
    }

    /// Scale at which each site becomes a latent variable, L^2 numbers: the largest n for which
    /// both coordinates are multiples of 2^n, at most `depth` of the decimators.
    public var latentScales: [Int] {
        let depth = layers.filter(\.isDecimator).map { $0.scale + 1 }.max() ?? 0
        return (0..<size * size).map { site in
            let (i, j) = (site / size, site % size)
            return min((i | j) == 0 ? depth : (i | j).trailingZeroBitCount, depth)
        }
    }
}
