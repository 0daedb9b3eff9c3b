import Learning
import Numerics

/// How the reconstruction is compared with the spins.
public enum Likelihood: Int32, CaseIterable, Sendable {
    /// Mean over sites of the squared error, a Gaussian of unit variance up to constants.
    case mse = 0
    /// Mean over sites of the binary cross entropy of (s + 1) / 2, the outputs being logits.
    case bernoulli = 1
}

public enum DecoderKind: Int32, CaseIterable, Sendable {
    /// A perceptron with two hidden layers.
    case mlp = 0
    /// A linear layer to the sites of the last level, then graph convolutions from level to level.
    case graph = 1
}

/// Which r^(l) the consistency of Eq. 6 compares.
public enum Representation: Int32, CaseIterable, Sendable {
    case mean = 0
    case sample = 1
}

/// What of a level has a latent variable.
public enum Readout: Int32, CaseIterable, Sendable {
    /// The level: one latent variable of the mean features of its sites.
    case mean = 0
    /// Each site of the level, so that the latent variables of a level are a map.
    case sites = 1
}

/// The layers of a model and the layout of their parameters: tokenizer, levels, decoder.
public struct VAEShape: Sendable {
    public let size, levels, latent: Int
    public let decoder: DecoderKind
    public let readout: Readout
    /// All layers, in the order of their parameters.
    let layers: [LinearLayer]
    public let parameterCount: Int
    let packedCount, gradientCount: Int

    init(_ c: VAEModel.Configuration) {
        (size, levels, latent, decoder, readout) = (c.size, c.levels, c.latent, c.decoder, c.readout)
        var layers: [LinearLayer] = []
        func add(
            _ name: String, _ inputs: Axis, _ outputs: Axis, _ initialisation: LinearLayer.Initialisation = .linear
        ) {
            let last = layers.last
            layers.append(
                LinearLayer(
                    name: name, inputs: inputs, outputs: outputs, initialisation: initialisation,
                    weight: last.map { $0.weight + $0.parameterCount } ?? 0,
                    packed: last.map { $0.packed + $0.packedCount } ?? 0,
                    gradient: last.map { $0.gradient + $0.gradientCount } ?? 0))
        }
        let (token, hidden, latent) = (Axis(c.token), Axis(c.hidden), Axis(c.latent))
        add("token.0", Axis(2), token)
        add("token.1", token, token)
        for level in 0..<c.levels {
            add("level.\(level).convolution.0", level == 0 ? token : Axis(c.hidden, groups: 2), hidden, .convolution)
            add("level.\(level).convolution.1", hidden, hidden, .convolution)
        }
        for level in 0..<c.levels {
            add("level.\(level).mean", hidden, latent)
            add("level.\(level).log_variance", hidden, latent)
        }
        switch c.decoder {
        case .mlp:
            add("decoder.0", latent, hidden)
            add("decoder.1", hidden, hidden)
            add("decoder.2", hidden, Axis(c.readout == .mean ? c.size * c.size : 1 << (2 * (c.levels - 1))))
        case .graph:
            let coarse = c.size >> (c.levels - 1)
            add("decoder.0", latent, c.readout == .mean ? Axis(c.hidden, groups: coarse * coarse) : hidden)
            for level in 1..<c.levels { add("decoder.convolution.\(level - 1)", hidden, hidden, .convolution) }
            add("decoder.1", hidden, Axis(1))
        }
        self.layers = layers
        let last = layers[layers.count - 1]
        parameterCount = last.weight + last.parameterCount
        packedCount = last.packed + last.packedCount
        gradientCount = last.gradient + last.gradientCount
    }

    /// Latent variables of a level of a configuration, of the model's size or of another.
    public func nodes(_ level: Int, size: Int? = nil) -> Int {
        let side = (size ?? self.size) >> level
        return readout == .mean ? 1 : side * side
    }

    /// Latent variables of all levels before this one.
    public func nodes(before level: Int, size: Int? = nil) -> Int {
        (0..<level).reduce(0) { $0 + nodes($1, size: size) }
    }

    /// Latent variables of the last level, which are decoded.
    public var decodedNodes: Int { nodes(levels - 1) }

    var tokenHidden: LinearLayer { layers[0] }
    var token: LinearLayer { layers[1] }
    func convolution(_ level: Int, _ index: Int) -> LinearLayer { layers[2 + 2 * level + index] }
    func mean(_ level: Int) -> LinearLayer { layers[2 + 2 * levels + 2 * level] }
    func logVariance(_ level: Int) -> LinearLayer { layers[3 + 2 * levels + 2 * level] }
    var decoderLayers: ArraySlice<LinearLayer> { layers[(2 + 4 * levels)...] }

    func initialise(_ parameters: UnsafeMutablePointer<Double>, seed: UInt64) {
        for (index, layer) in layers.enumerated() {
            var random = RandomStream(seed: seed, purpose: .initialisation, stream: UInt64(index))
            layer.initialise(parameters, &random)
        }
    }

    /// Parts of a layer that threads copy, a part of nothing else.
    private static let parts = 16

    /// Copies for the kernels, in their precision; not all of them once the progress is stopped.
    func pack<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Double>, into packed: UnsafeMutablePointer<Scalar>, _ progress: Progress
    ) {
        parallelFor(Self.parts, progress: progress) { part in
            for layer in layers { layer.pack(parameters, part: part, of: Self.parts, into: packed) }
        }
    }

    /// The sum of packed gradients, in the order of the parameters; not all of it once the progress is
    /// stopped.
    func unpack<Scalar: RowScalar>(
        _ gradients: [UnsafeMutablePointer<Scalar>], into sum: UnsafeMutablePointer<Double>, _ progress: Progress
    ) {
        parallelFor(Self.parts, progress: progress) { part in
            for layer in layers { layer.unpack(gradients, part: part, of: Self.parts, into: sum) }
        }
    }
}
