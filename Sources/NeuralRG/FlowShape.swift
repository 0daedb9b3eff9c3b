import Learning
import Numerics

/// One linear layer of N_s and N_t side by side, as the kernels see it: `parts` products that do not
/// mix. The first layer is one part, since both networks take the same sites; the others are two.
struct PairedLayer: Sendable {
    let parts: Int
    /// Sizes of one part.
    let inputs, outputs: Int
    /// Where the parts' weights and their biases are among the parameters of the coupling layer.
    let weight, bias: Int
    /// Where the parts' inputs and outputs are in the memory of a kernel, in blocks.
    let source, target: Int
}

/// One coupling layer: the sites of a block that it keeps, those that it changes, and where its
/// parameters are.
///
/// With a the kept and b the changed sites, decoding is (Dinh et al., arXiv:1605.08803)
///
///     y_a = x_a,   y_b = x_b exp(s(x_a)) + t(x_a),   s = scale tanh(N_s(x_a)),   t = N_t(x_a).
///
/// Both networks take all four sites, kept ones as they are and others as zero, and answer for all
/// four. Kernels work on packed copies, without the weights that meet a zero or are not asked for.
struct CouplingLayer: Sendable {
    /// Four for each block of the hierarchy's layer, the kept ones first.
    let sites: [Int32]
    let kept: Int
    let layers: [PairedLayer]
    /// Offset among all packed parameters, and from there of the scales of the changed sites.
    let packedOffset, scales: Int
    /// For each of these parameters its place among the model's.
    let sources: [Int32]

    var packedCount: Int { sources.count }
    var changed: Int { 4 - kept }
    /// Blocks that a kernel needs for what the layers take and give.
    var blockCount: Int { layers.last!.target + 2 * changed }
}

/// Bijectors over a hierarchy, and the layout of their parameters: for each layer of the hierarchy,
/// whose blocks share them, and each of its coupling layers, in the order of decoding, the
/// parameters of N_s, of N_t, and four scales; or, of linear bijectors, one `LinearLayer`.
public struct FlowShape: Sendable {
    public let hierarchy: Hierarchy
    public let bijector: Bijector
    /// The architecture of N_s and of N_t; linear bijectors have none.
    public let network: Perceptron?
    /// Bit i: whether site i of a block is kept. By layer of the hierarchy and coupling layer.
    public let masks: [[UInt8]]
    let couplingLayers: [[CouplingLayer]]
    /// By layer of the hierarchy if bijectors are linear, else none.
    public let linearLayers: [LinearLayer]
    public let parameterCount, packedCount: Int

    public var sites: Int { hierarchy.size * hierarchy.size }
    /// Parameters of one coupling layer.
    public var couplingParameterCount: Int { network.map { 2 * $0.parameterCount + 4 } ?? 0 }

    /// Parameters are kept in rows, one for each coupling layer or linear bijector.
    public var rows: (count: Int, width: Int) {
        let width = bijector == .linear ? LinearLayer.parameterCount : couplingParameterCount
        return (parameterCount / width, width)
    }

    /// Linear bijectors, which have no networks.
    public init(linear hierarchy: Hierarchy) {
        self.hierarchy = hierarchy
        bijector = .linear
        network = nil
        masks = hierarchy.layers.map { _ in [] }
        couplingLayers = masks.map { _ in [] }
        linearLayers = hierarchy.layers.enumerated().map {
            LinearLayer(sites: $1.sites, offset: $0 * LinearLayer.parameterCount)
        }
        parameterCount = hierarchy.layers.count * LinearLayer.parameterCount
        packedCount = parameterCount
    }

    /// Chains of coupling layers.
    /// - Throws: `invalidArgument` unless every mask keeps one to three sites.
    public init(_ hierarchy: Hierarchy, hidden: [Int], masks: [[UInt8]]) throws(Failure) {
        self.hierarchy = hierarchy
        self.masks = masks
        bijector = .coupling
        linearLayers = []
        let network = Perceptron(inputs: 4, hidden: hidden, outputs: 4, activation: .elu, layerNorm: false)
        self.network = network
        precondition(masks.count == hierarchy.layers.count)
        var (offset, packedOffset) = (0, 0)
        var couplingLayers: [[CouplingLayer]] = []
        for (layer, masks) in zip(hierarchy.layers, masks) {
            var row: [CouplingLayer] = []
            for mask in masks {
                guard (1...14).contains(mask) else {
                    throw .invalidArgument("a mask must keep one to three of four sites, not \(mask)")
                }
                let coupling = Self.coupling(mask, layer, network, offset, packedOffset)
                row.append(coupling)
                offset += 2 * network.parameterCount + 4
                packedOffset += coupling.packedCount
            }
            couplingLayers.append(row)
        }
        self.couplingLayers = couplingLayers
        (parameterCount, packedCount) = (offset, packedOffset)
    }

    /// Random masks that keep half of the sites, as published.
    public static func halfMasks(hierarchyLayers: Int, layers: Int, seed: UInt64) -> [[UInt8]] {
        let halves: [UInt8] = [0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100]
        return (0..<hierarchyLayers).map { layer in
            var random = RandomStream(seed: seed, purpose: .initialisation, stream: 1 << 30 | UInt64(layer))
            return (0..<layers).map { _ in halves[random.nextIndex(below: halves.count)] }
        }
    }

    private static func coupling(
        _ mask: UInt8, _ layer: Hierarchy.Layer, _ network: Perceptron, _ offset: Int, _ packedOffset: Int
    ) -> CouplingLayer {
        let kept = (0..<4).filter { mask >> $0 & 1 == 1 }
        let changed = (0..<4).filter { mask >> $0 & 1 == 0 }
        let starts = [offset, offset + network.parameterCount]
        var sources: [Int32] = []
        var layers: [PairedLayer] = []
        var source = 0
        for (index, layer) in network.layers.enumerated() {
            let isFirst = index == 0
            let columns = isFirst ? kept : Array(0..<layer.inputs)
            let rows = index == network.layers.count - 1 ? changed : Array(0..<layer.outputs)
            let weight = sources.count
            for start in starts {
                for row in rows {
                    for column in columns { sources.append(Int32(start + layer.weight + row * layer.inputs + column)) }
                }
            }
            let (parts, target) = (isFirst ? 1 : 2, source + (isFirst ? 1 : 2) * columns.count)
            layers.append(
                PairedLayer(
                    parts: parts, inputs: columns.count, outputs: 2 * rows.count / parts,
                    weight: weight, bias: sources.count, source: source, target: target))
            for start in starts {
                for row in rows { sources.append(Int32(start + layer.bias + row)) }
            }
            source = target
        }
        let scales = sources.count
        for site in changed { sources.append(Int32(offset + 2 * network.parameterCount + site)) }
        let order = kept + changed
        return CouplingLayer(
            sites: layer.sites.indices.map { layer.sites[$0 / 4 * 4 + order[$0 % 4]] }, kept: kept.count,
            layers: layers, packedOffset: packedOffset, scales: scales, sources: sources)
    }

    /// Networks as `Perceptron.initialise` makes them and scales of zero, so that at first decoding
    /// only shifts. Linear bijectors begin as the Haar wavelet transform.
    public func initialise(_ parameters: UnsafeMutablePointer<Double>, seed: UInt64) {
        for (index, layer) in linearLayers.enumerated() {
            layer.initialise(parameters, isHaar: hierarchy.isLastDecimator(index))
        }
        guard let network else { return }
        for index in 0..<couplingLayers.count * (couplingLayers.first?.count ?? 0) {
            let start = parameters + index * couplingParameterCount
            for part in 0..<2 {
                // Keys of the networks: far apart, because each draws streams 0, 1, ... of its own.
                network.initialise(
                    start + part * network.parameterCount,
                    seed: seed &+ UInt64(2 * index + part + 1) &* 0x9E37_79B9_7F4A_7C15)
            }
            (start + 2 * network.parameterCount).update(repeating: 0, count: 4)
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
