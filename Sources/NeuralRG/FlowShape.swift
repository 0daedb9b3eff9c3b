import Learning
import Numerics

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
    let kept, changed: [Int]
    /// Of one network as the kernels see it.
    let packed: Perceptron
    /// Offset of N_s among all packed parameters; N_t and the scales of the changed sites follow.
    let packedOffset: Int
    /// For each of these parameters its place among the model's.
    let sources: [Int32]

    var packedCount: Int { sources.count }
}

/// Layers of coupling layers over a hierarchy, and the layout of their parameters: for each layer
/// of the hierarchy, whose blocks share them, and each of its coupling layers, in the order of
/// decoding, the parameters of N_s, of N_t, and four scales.
public struct FlowShape: Sendable {
    public let hierarchy: Hierarchy
    /// Of N_s and N_t.
    public let network: Perceptron
    /// Bit i: whether site i of a block is kept. By layer of the hierarchy and coupling layer.
    public let masks: [[UInt8]]
    let couplings: [[CouplingLayer]]
    public let parameterCount, packedCount: Int

    public var sites: Int { hierarchy.size * hierarchy.size }
    /// Parameters of one coupling layer.
    public var couplingParameterCount: Int { 2 * network.parameterCount + 4 }

    /// - Throws: `invalidArgument` unless every mask keeps one to three sites.
    public init(_ hierarchy: Hierarchy, hidden: [Int], masks: [[UInt8]]) throws(Failure) {
        self.hierarchy = hierarchy
        self.masks = masks
        network = Perceptron(inputs: 4, hidden: hidden, outputs: 4, activation: .elu, layerNorm: false)
        precondition(masks.count == hierarchy.layers.count)
        var (offset, packedOffset) = (0, 0)
        var couplings: [[CouplingLayer]] = []
        for layer in masks {
            var row: [CouplingLayer] = []
            for mask in layer {
                guard (1...14).contains(mask) else {
                    throw .invalidArgument("a mask must keep one to three of four sites, not \(mask)")
                }
                let coupling = Self.coupling(mask, network, offset, packedOffset)
                row.append(coupling)
                offset += 2 * network.parameterCount + 4
                packedOffset += coupling.packedCount
            }
            couplings.append(row)
        }
        self.couplings = couplings
        (parameterCount, packedCount) = (offset, packedOffset)
    }

    /// Random masks that keep half of the sites, as published.
    public static func halfMasks(layers: Int, couplings: Int, seed: UInt64) -> [[UInt8]] {
        let halves: [UInt8] = [0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100]
        return (0..<layers).map { layer in
            var random = RandomStream(seed: seed, purpose: .initialisation, stream: 1 << 30 | UInt64(layer))
            return (0..<couplings).map { _ in halves[random.nextIndex(below: halves.count)] }
        }
    }

    private static func coupling(
        _ mask: UInt8, _ network: Perceptron, _ offset: Int, _ packedOffset: Int
    ) -> CouplingLayer {
        let kept = (0..<4).filter { mask >> $0 & 1 == 1 }
        let changed = (0..<4).filter { mask >> $0 & 1 == 0 }
        var sources: [Int32] = []
        for part in 0..<2 {
            let start = offset + part * network.parameterCount
            for (index, layer) in network.layers.enumerated() {
                let columns = index == 0 ? kept : Array(0..<layer.inputs)
                let rows = index == network.layers.count - 1 ? changed : Array(0..<layer.outputs)
                for row in rows {
                    for column in columns { sources.append(Int32(start + layer.weight + row * layer.inputs + column)) }
                }
                for row in rows { sources.append(Int32(start + layer.bias + row)) }
            }
        }
        for site in changed { sources.append(Int32(offset + 2 * network.parameterCount + site)) }
        return CouplingLayer(
            kept: kept, changed: changed,
            packed: Perceptron(
                inputs: kept.count, hidden: network.hidden, outputs: changed.count,
                activation: network.activation, layerNorm: false),
            packedOffset: packedOffset, sources: sources)
    }

    /// Networks as `Perceptron.initialise` makes them and scales of zero, so that at first decoding
    /// only shifts.
    public func initialise(_ parameters: UnsafeMutablePointer<Double>, seed: UInt64) {
        for index in 0..<couplings.count * (couplings.first?.count ?? 0) {
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
        for coupling in couplings.joined() {
            for (i, source) in coupling.sources.enumerated() {
                packed[coupling.packedOffset + i] = Scalar(parameters[Int(source)])
            }
        }
    }

    /// Adds packed adjoints to those of the parameters.
    package func unpack<Scalar: SampleScalar>(
        _ packed: UnsafePointer<Scalar>, onto gradient: UnsafeMutablePointer<Double>
    ) {
        for coupling in couplings.joined() {
            for (i, source) in coupling.sources.enumerated() {
                gradient[Int(source)] += Double(packed[coupling.packedOffset + i])
            }
        }
    }
}
