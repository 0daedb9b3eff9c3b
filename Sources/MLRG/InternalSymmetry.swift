import Numerics

/// A group that permutes the q states of a spin, and the functions of two states it leaves invariant.
public struct InternalSymmetry: Equatable, Sendable {
    /// States of a spin, 2 to 10.
    public let q: Int
    /// K_k(s, t), (kernels, q, q): with the constant, a basis of the invariant functions or a part of
    /// one.
    public let kernels: [Double]
    /// Permutations of the states, (generators, q).
    public let generators: [[Int]]

    public var kernelCount: Int { kernels.count / (q * q) }

    /// - Throws: `invalidArgument` for fewer than 2 or more than 10 states, no kernels or generators,
    ///   kernels that are not finite, not invariant (to 1e-12) or above 1 in size, what is no
    ///   permutation, and states that the group does not exchange.
    public init(q: Int, kernels: [Double], generators: [[Int]]) throws(Failure) {
        guard (2...10).contains(q) else {
            throw .invalidArgument("a spin must have 2 to 10 states, not \(q)")
        }
        guard kernels.count >= q * q, kernels.count % (q * q) == 0, kernels.count <= q * q * q * q,
            kernels.allSatisfy({ abs($0) <= 1 })
        else {
            throw .invalidArgument("kernels must be 1 to \(q * q) tables of \(q * q) numbers from -1 to 1")
        }
        guard (1...100).contains(generators.count), generators.allSatisfy({ $0.sorted() == Array(0..<q) }) else {
            throw .invalidArgument("generators must be 1 to 100 permutations of 0 to \(q - 1)")
        }
        for (index, value) in kernels.enumerated() {
            let (k, s, t) = (index / (q * q), index / q % q, index % q)
            for g in generators where abs(kernels[(k * q + g[s]) * q + g[t]] - value) > 1e-12 {
                throw .invalidArgument("kernel \(k) is not invariant under the permutation \(g)")
            }
        }
        var reached: Set<Int> = [0]
        for _ in 0..<q { for g in generators { reached.formUnion(reached.map { g[$0] }) } }
        guard reached.count == q else {
            throw .invalidArgument("the permutations must exchange all \(q) states")
        }
        (self.q, self.kernels, self.generators) = (q, kernels, generators)
    }

    func kernel(_ k: Int, _ s: Int, _ t: Int) -> Double { kernels[(k * q + s) * q + t] }

    /// Permutations that commute with the group, the identity first: each takes the state 0 to a
    /// state with the same stabiliser.
    package var renamings: [[Int]] {
        (0..<q).compactMap { image in
            var renaming = [Int](repeating: -1, count: q)
            renaming[0] = image
            var queue = [0]
            while let state = queue.popLast() {
                for g in generators {
                    let (next, target) = (g[state], g[renaming[state]])
                    if renaming[next] < 0 {
                        renaming[next] = target
                        queue.append(next)
                    } else if renaming[next] != target {
                        return nil
                    }
                }
            }
            return renaming
        }
    }
}
