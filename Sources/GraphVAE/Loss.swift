import Numerics

/// The terms of Eq. 1, sums or means over configurations.
public struct LossParts: Sendable, Equatable {
    /// reconstruction + beta kl + lambda rg
    public var loss = 0.0
    /// The term that the likelihood chooses, a mean over sites.
    public var reconstruction = 0.0
    /// Eq. 4; a mean over sites of the last level that have latent variables of their own.
    public var kl = 0.0
    /// Eq. 6; where sites have latent variables, a mean over the coarser sites of the squared distance
    /// of each from the mean over its 2 x 2 block.
    public var rg = 0.0

    package init() {}

    private init(_ loss: Double, _ reconstruction: Double, _ kl: Double, _ rg: Double) {
        (self.loss, self.reconstruction, self.kl, self.rg) = (loss, reconstruction, kl, rg)
    }

    static func + (a: Self, b: Self) -> Self {
        Self(a.loss + b.loss, a.reconstruction + b.reconstruction, a.kl + b.kl, a.rg + b.rg)
    }

    static func / (a: Self, n: Double) -> Self {
        Self(a.loss / n, a.reconstruction / n, a.kl / n, a.rg / n)
    }

    var isFinite: Bool { loss.isFinite && reconstruction.isFinite && kl.isFinite && rg.isFinite }
}

/// The choices that the loss leaves open, apart from the shape of the network.
package struct LossTerms: Sendable {
    package var likelihood: Likelihood
    package var representation: Representation
    package var beta, lambda: Double

    package init(likelihood: Likelihood, representation: Representation, beta: Double, lambda: Double) {
        (self.likelihood, self.representation) = (likelihood, representation)
        (self.beta, self.lambda) = (beta, lambda)
    }
}
