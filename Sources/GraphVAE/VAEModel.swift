import Learning
import Numerics

/// The hierarchical graph variational autoencoder of Meng, and everything needed to train it further.
///
/// A site enters with its spin s_i and h_i = sum_j s_i s_j over its four neighbours, which a tokenizer
/// of two layers turns into a token. At each level l two graph convolutions follow, then 2 x 2 pooling
/// by mean and maximum to the next. The mean over the sites of a level, or each of them (`Readout`),
/// gives mu^(l) and log sigma^2^(l) of a latent variable (Eq. 2); log sigma^2 is not bounded but by the training,
/// which stops where a loss overflows, so that the terms are those of the paper. z of the last level
/// (Eq. 3) is decoded. The loss is Eq. 1.
public final class VAEModel: @unchecked Sendable {
    public struct Configuration: Sendable, Equatable {
        /// L, a multiple of 2^(levels - 1), at least four times that.
        public var size = 16
        /// Numbers of a latent variable.
        public var latent = 4
        /// Features of a site, and hidden units of a perceptron decoder.
        public var hidden = 64
        public var token = 16
        public var levels = 3
        public var likelihood = Likelihood.mse
        public var decoder = DecoderKind.mlp
        /// Weights of the terms of Eq. 1.
        public var beta = 0.1
        public var lambda = 0.5
        public var representation = Representation.mean
        public var readout = Readout.mean
        /// Epochs over which both weights rise linearly from zero; 0 for constant ones.
        public var anneal = 0
        /// Seed of the initial parameters.
        public var seed: UInt64 = 0

        public init() {}

        /// The terms in one epoch.
        func terms(epoch: Int) -> LossTerms {
            let factor = epoch < anneal ? Double(epoch) / Double(anneal) : 1
            return LossTerms(
                likelihood: likelihood, representation: representation, beta: factor * beta, lambda: factor * lambda)
        }
    }

    public let configuration: Configuration
    public let shape: VAEShape
    package let parameters: Buffer<Double>
    let optimiser: Adam
    /// Epochs done.
    public internal(set) var epoch = 0
    /// Optimiser steps done.
    public var step: Int { optimiser.step }

    /// - Throws: `invalidArgument` for values outside the ranges of `Configuration.validate`.
    public init(_ configuration: Configuration) throws(Failure) {
        try configuration.validate()
        self.configuration = configuration
        shape = VAEShape(configuration)
        parameters = try Buffer(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: configuration.seed)
        optimiser = try Adam(count: shape.parameterCount)
    }
}

extension VAEModel.Configuration {
    /// - Throws: `invalidArgument` for L beyond 256 or no multiple, 1 to 256 latent variables, hidden
    ///   units and features of a token, 1 to 8 levels, weights from 0 to 10^6 or 0 to 10^9 epochs of
    ///   annealing exceeded; `outOfMemory` for a model too large.
    public func validate() throws(Failure) {
        func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(Failure) {
            guard allowed.contains(value) else {
                throw .invalidArgument(
                    "\(name) must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)")
            }
        }
        try range("levels", levels, 1...8)
        try range("size", size, 4...256)
        let block = 1 << (levels - 1)
        guard size.isMultiple(of: block), size >= 4 * block else {
            throw .invalidArgument(
                "size must be a multiple of \(block) and at least \(4 * block) for \(levels) levels, not \(size)")
        }
        try range("latent", latent, 1...256)
        try range("hidden", hidden, 1...256)
        try range("token", token, 1...256)
        try range("anneal", anneal, 0...1_000_000_000)
        for (name, value) in [("beta", beta), ("lambda_rg", lambda)] {
            guard (0...1e6).contains(value) else {
                throw .invalidArgument("\(name) must be from 0 to 10^6, not \(value)")
            }
        }
        let parameters = VAEShape(self).parameterCount
        // Parameters, both moments, and what to return to.
        let bytes = parameters * 6 * 8
        guard bytes <= physicalMemory() else {
            throw .outOfMemory(
                "a model of \(parameters) parameters needs \(bytes) bytes; this machine has \(physicalMemory())")
        }
    }
}
