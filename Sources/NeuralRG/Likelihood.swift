import Learning
import Numerics

/// Rows of (count, L^2) numbers to learn from, read during the training only.
public struct FlowSamples {
    let base: UnsafePointer<Double>
    let count: Int

    /// - Parameter count: at least 1.
    public init(_ base: UnsafePointer<Double>, count: Int) {
        precondition(count > 0)
        (self.base, self.count) = (base, count)
    }
}

/// The loss -ln q(x) of given samples: maximum likelihood.
package final class LikelihoodWorkspace: LossWorkspace, FlowLoss {
    private let samples: FlowSamples
    /// z of each image of x under the symmetry but the last, kept while the others are encoded.
    private let latents: Buffer<Block>

    package init(_ model: FlowModel, _ samples: FlowSamples, progress: Progress? = nil) throws(Failure) {
        self.samples = samples
        latents = try Buffer(count: (model.symmetry.order - 1) * model.shape.sites)
        try super.init(model, progress: progress)
    }

    /// Samples drawn at random, one as often as another.
    package func draw(seed: UInt64, tile index: Int, step: Int) {
        var random = RandomStream(seed: seed, purpose: .batch, stream: UInt64(index), step: UInt64(step))
        tile.gather(samples.base) { random.nextIndex(below: samples.count) }
    }

    package func add(_ parameters: UnsafePointer<Float>, samples: Int, batch: Int) {
        let sites = tile.shape.sites
        let share = share(samples: samples, batch: batch)
        begin()
        let x = tile.adjoints  // free until the way back
        x.update(from: tile.sites, count: sites)
        var (logQ, shares) = (Block(repeating: 0), [Block(repeating: 1)])
        for (index, element) in symmetry.elements.enumerated() {
            if index > 0 {
                latents.base.advanced(by: (index - 1) * sites).update(from: tile.sites, count: sites)
                element.apply(x, into: tile.sites)
            }
            let determinant = tile.encode(parameters)
            let own = tile.logNormal() + determinant
            guard index > 0 else {
                logQ = own
                continue
            }
            let mixed = mixture(logQ, of: index, own)
            logQ = mixed.logarithm
            for i in shares.indices { shares[i] *= mixed.a }
            shares.append(mixed.b)
        }
        for index in shares.indices.reversed() {
            if index < shares.count - 1 {
                tile.sites.update(from: latents.base + index * sites, count: sites)
            }
            backward(parameters, shares[index] * share)
        }
        end(Block(repeating: 0) - logQ, samples: samples)
    }

    /// From the latent variables on the sites: adds the gradient of -sum weight ln q0.
    private func backward(_ parameters: UnsafePointer<Float>, _ weight: Block) {
        for i in 0..<tile.shape.sites { tile.adjoints[i] = weight * tile.sites[i] }
        tile.encodeBackward(parameters, weight: Block(repeating: 0) - weight)
    }
}
