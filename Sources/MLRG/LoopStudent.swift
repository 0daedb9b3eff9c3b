import Numerics

/// The student of the loop scheme, ln S[z, a, b] = sum_c J_c m_c(z, a, b), where each m_c is a
/// product of an even number of the Ising components of z, a and b: with one component
/// J_a z a + J_b z b + K a b. All even functions are there, up to a constant.
///
/// States are numbered as in `boltzmannTensor`: a cleared bit is a spin +1, and the first component
/// is the most significant bit.
struct LoopStudent: Sendable {
    typealias Lanes = SIMD8<Double>

    /// Ising components of each spin.
    let components: Int
    /// States of each spin, 2^components.
    let states: Int
    /// The components in each product, a bit each: those of z, then of a, then of b, the first the
    /// most significant. Products of few components come first, and among these the larger numbers.
    let terms: [Int]

    /// - Throws: `invalidArgument` for representations other than A1 and 2A1.
    init(_ representation: Representation) throws(Failure) {
        guard representation.components <= 2, representation.irreps.allSatisfy({ $0 == "A1" }) else {
            throw .invalidArgument(
                "representation must be \"A1\" or \"2A1\" with scheme \"loop\", not \"\(representation.name)\": "
                    + "its mirrors take the place of the point group, and three components have 2^24 states")
        }
        components = representation.components
        states = 1 << components
        terms = (1..<1 << (3 * components)).filter { $0.nonzeroBitCount.isMultiple(of: 2) }
            .sorted { ($0.nonzeroBitCount, -$0) < ($1.nonzeroBitCount, -$1) }
    }

    /// The couplings of z a and z b, of the first component each.
    var bare: [Int] {
        let (z, a, b) = (1 << (3 * components - 1), 1 << (2 * components - 1), 1 << (components - 1))
        return [terms.firstIndex(of: z | a)!, terms.firstIndex(of: z | b)!]
    }

    /// Number of weights S.
    var weightCount: Int { 1 << (3 * components) }

    /// S[z, a, b] in units of its largest.
    func weights(_ couplings: UnsafePointer<Lanes>, into weights: UnsafeMutablePointer<Lanes>) {
        var peak = Lanes(repeating: -.infinity)
        for state in 0..<weightCount {
            var logarithm = Lanes()
            for (c, term) in terms.enumerated() {
                if (state & term).nonzeroBitCount.isMultiple(of: 2) {
                    logarithm += couplings[c]
                } else {
                    logarithm -= couplings[c]
                }
            }
            weights[state] = logarithm
            peak = larger(peak, logarithm)
        }
        for state in 0..<weightCount { weights[state] = exp(weights[state] - peak) }
    }

    /// Derivatives in the couplings, from those in S, of a function that does not depend on the unit of S.
    func gradient(
        _ slopes: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>,
        into gradient: UnsafeMutablePointer<Lanes>
    ) {
        for (c, term) in terms.enumerated() {
            var sum = Lanes()
            for state in 0..<weightCount {
                let share = slopes[state] * weights[state]
                if (state & term).nonzeroBitCount.isMultiple(of: 2) { sum += share } else { sum -= share }
            }
            gradient[c] = sum
        }
    }
}
