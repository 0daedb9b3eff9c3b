import Learning
import Numerics

/// The rows of a batch that come from bare couplings, where the flows of interest begin (Eq. 20 of Hou
/// & You): drawn there in each step, or followed along their learned flow for some steps first.
struct Ray {
    private let training: Training
    private let scheme: Scheme

    init(_ training: Training, _ scheme: Scheme) {
        (self.training, self.scheme) = (training, scheme)
    }

    /// Whether rows are followed.
    var follows: Bool { training.raySteps > 0 }

    /// New couplings for the rows beyond the walkers, from a random stream beyond theirs.
    ///
    /// - Parameters:
    ///   - couplings: (batch, couplings).
    ///   - ends: what an RG step makes of them, or nil where all are to be drawn anew.
    func move(_ couplings: UnsafeMutablePointer<Double>, ends: UnsafePointer<Double>?, step: Int) {
        let n = scheme.count
        var random = RandomStream(
            seed: training.seed, purpose: .proposal, stream: 1 << 49, step: UInt64(step))
        for row in training.walkers..<training.batch {
            let coupling = couplings + row * n
            if let ends, goesOn(coupling, from: ends + row * n, &random) { continue }
            coupling.update(repeating: 0, count: n)
            let position = 2 * random.nextUniform()[0] - 1
            let (low, high) = (training.rayLow, training.rayHigh)
            let bare = (low + high) / 2 + (high - low) / 2 * position
            for c in scheme.bare { coupling[c] = bare }
        }
    }

    /// Puts a row at the end of its RG step, with some noise; whether it may stay there.
    private func goesOn(
        _ coupling: UnsafeMutablePointer<Double>, from end: UnsafePointer<Double>,
        _ random: inout RandomStream
    ) -> Bool {
        let n = scheme.count
        random.fillNormal(coupling, count: n)
        for c in 0..<n { coupling[c] = end[c] + training.rayNoise * coupling[c] }
        let isInside = (0..<n).allSatisfy { abs(coupling[$0]) <= training.couplingBound }
        return isInside && random.nextUniform()[0] * (1 + training.raySteps) >= 1
    }
}
