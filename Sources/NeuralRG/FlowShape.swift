import Learning
import Numerics

/// Bijectors over a hierarchy, and the layout of their parameters: for each layer of the hierarchy,
/// whose blocks share them, and each of its coupling layers, in the order of decoding, the
/// parameters of N_s, of N_t, and a scale for each site of a block; or, of linear bijectors, one `LinearLayer`.
public struct FlowShape: Sendable {
    public let hierarchy: Hierarchy
    public let bijector: Bijector
    /// Bit i: whether site i of a block is kept. By layer of the hierarchy and coupling layer.
    public let masks: [[UInt16]]
    let couplingLayers: [[CouplingLayer]]
    /// By layer of the hierarchy if bijectors are linear, else none.
    public let linearLayers: [LinearLayer]
    public let parameterCount, packedCount: Int

    public var sites: Int { hierarchy.grid.sites }

    /// Parameters are kept in rows, one for each coupling layer or linear bijector, or, where these have
    /// blocks of several shapes, in a single row.
    public var rows: (count: Int, width: Int) {
        let widths = Set(couplingLayers.joined().map(\.parameterCount) + linearLayers.map(\.parameterCount))
        let width = widths.count == 1 ? widths.first! : parameterCount
        return (parameterCount / width, width)
    }

    /// Linear bijectors, which have no networks.
    public init(linear hierarchy: Hierarchy) {
        self.hierarchy = hierarchy
        bijector = .linear
        masks = hierarchy.layers.map { _ in [] }
        couplingLayers = masks.map { _ in [] }
        var (offset, linearLayers): (Int, [LinearLayer]) = (0, [])
        for layer in hierarchy.layers {
            linearLayers.append(LinearLayer(layer, offset: offset))
            offset += linearLayers.last!.parameterCount
        }
        self.linearLayers = linearLayers
        parameterCount = offset
        packedCount = offset
    }

    /// Chains of coupling layers.
    /// - Parameter neighbours: whether networks take the kept sites beside a block as well.
    /// - Throws: `invalidArgument` unless every mask keeps and changes at least one site.
    public init(
        _ hierarchy: Hierarchy, hidden: [Int], masks: [[UInt16]], neighbours: Bool = false
    ) throws(Failure) {
        self.hierarchy = hierarchy
        self.masks = masks
        bijector = .coupling
        linearLayers = []
        precondition(masks.count == hierarchy.layers.count)
        var (offset, packedOffset) = (0, 0)
        var couplingLayers: [[CouplingLayer]] = []
        for (layer, masks) in zip(hierarchy.layers, masks) {
            var row: [CouplingLayer] = []
            let inputs = layer.width + (neighbours ? layer.neighbourPlaces.count : 0)
            let network = Perceptron(
                inputs: inputs, hidden: hidden, outputs: layer.width, activation: .elu, layerNorm: false)
            for mask in masks {
                let all = 1 << layer.width - 1
                guard (1..<all).contains(Int(mask)) else {
                    throw .invalidArgument(
                        "a mask must keep one to \(layer.width - 1) of the \(layer.width) sites of a block, and "
                            + "be from 1 to \(all - 1), not \(mask)")
                }
                let coupling = CouplingLayer(mask, layer, network, offset, packedOffset)
                row.append(coupling)
                offset += coupling.parameterCount
                packedOffset += coupling.packedCount
            }
            couplingLayers.append(row)
        }
        self.couplingLayers = couplingLayers
        (parameterCount, packedCount) = (offset, packedOffset)
    }

    /// Random masks that keep half of the sites, as published.
    public static func halfMasks(_ hierarchy: Hierarchy, layers: Int, seed: UInt64) -> [[UInt16]] {
        hierarchy.layers.enumerated().map { layer, blocks in
            let halves = (0..<UInt16(truncatingIfNeeded: 1 << blocks.width - 1)).filter {
                $0.nonzeroBitCount == blocks.width / 2
            }
            var random = RandomStream(seed: seed, purpose: .initialisation, stream: 1 << 30 | UInt64(layer))
            return (0..<layers).map { _ in halves[random.nextIndex(below: halves.count)] }
        }
    }

    /// Where the scales of all coupling layers are among the parameters.
    package var scalePlaces: [Int] {
        couplingLayers.joined().flatMap { coupling in
            Array(coupling.offset + 2 * coupling.network.parameterCount..<coupling.offset + coupling.parameterCount)
        }
    }

    /// Networks as `Perceptron.initialise` makes them and scales of zero, so that at first decoding
    /// only shifts. Linear bijectors begin as the Haar wavelet transform.
    public func initialise(_ parameters: UnsafeMutablePointer<Double>, seed: UInt64) {
        for (index, layer) in linearLayers.enumerated() {
            layer.initialise(parameters, isHaar: hierarchy.isLastDecimator(index))
        }
        for (index, coupling) in couplingLayers.joined().enumerated() {
            let (start, network) = (parameters + coupling.offset, coupling.network)
            for part in 0..<2 {
                // Keys of the networks: far apart, because each draws streams 0, 1, ... of its own.
                network.initialise(
                    start + part * network.parameterCount,
                    seed: seed &+ UInt64(2 * index + part + 1) &* 0x9E37_79B9_7F4A_7C15)
            }
            (start + 2 * network.parameterCount).update(repeating: 0, count: network.outputs)
        }
    }

    /// Copies for the kernels, in their precision.
    package func pack<Scalar: SampleScalar>(
        _ parameters: UnsafePointer<Double>, into packed: UnsafeMutablePointer<Scalar>
    ) {
        if bijector == .linear {
            for i in 0..<packedCount { packed[i] = Scalar(parameters[i]) }
        }
        for coupling in couplingLayers.joined() {
            for (i, source) in coupling.sources.enumerated() {
                packed[coupling.packedOffset + i] = Scalar(parameters[Int(source)])
            }
        }
    }

    /// Adds packed adjoints to those of the parameters.
    package func unpack(_ packed: UnsafePointer<Double>, onto gradient: UnsafeMutablePointer<Double>) {
        if bijector == .linear {
            for i in 0..<packedCount { gradient[i] += packed[i] }
        }
        for coupling in couplingLayers.joined() {
            for (i, source) in coupling.sources.enumerated() {
                gradient[Int(source)] += packed[coupling.packedOffset + i]
            }
        }
    }
}
