import Ising
import Numerics

/// Blocks configurations again and again and measures sums of products of spins at each level
/// (Swendsen, doi:10.1103/PhysRevLett.42.859).
public struct Measurement: Sendable {
    public let torus: Torus
    public let factor: Int
    public let levels: Int
    public let rule: BlockRule
    public let terms: [Term]
    public let operators: Int

    /// - Parameters:
    ///   - factor: b >= 2; b^levels divides L.
    ///   - levels: how many times to block, at least 0.
    ///   - terms: of `operators` operators.
    /// - Throws: `Failure.invalidArgument`.
    public init(
        torus: Torus, factor: Int, levels: Int, rule: BlockRule, terms: [Term], operators: Int
    ) throws(Failure) {
        guard torus.dimension == 2 || torus.dimension == 3 else {
            throw .invalidArgument("dimension must be 2 or 3, not \(torus.dimension)")
        }
        guard torus.size >= 1, torus.size <= (torus.dimension == 3 ? 1 << 10 : 1 << 15) else {
            throw .invalidArgument("size must be from 1 to 2^15, in three dimensions 2^10, not \(torus.size)")
        }
        guard factor >= 2, factor <= 16, levels >= 0, levels <= 16 else {
            throw .invalidArgument("factor must be from 2 to 16 and levels from 0 to 16")
        }
        var size = torus.size
        for _ in 0..<levels {
            guard size % factor == 0 else {
                throw .invalidArgument("size \(torus.size) cannot be divided \(levels) times by \(factor)")
            }
            size /= factor
        }
        try rule.validate(dimension: torus.dimension, factor: factor)
        for term in terms {
            guard !term.points.isEmpty, term.operatorIndex >= 0, term.operatorIndex < operators else {
                throw .invalidArgument("each term must have a point, and an operator from 0 to \(operators - 1)")
            }
            guard term.reach <= 64, torus.dimension == 3 || term.points.allSatisfy({ $0.z == 0 }) else {
                throw .invalidArgument("points must be within 64 of the origin, with z = 0 in two dimensions")
            }
        }
        self.torus = torus
        self.factor = factor
        self.levels = levels
        self.rule = rule
        self.terms = terms
        self.operators = operators
    }

    /// The same operators on a square lattice of another size, without blocking it.
    func alone(at size: Int) throws(Failure) -> Measurement {
        try Measurement(
            torus: Torus(dimension: 2, size: size), factor: factor, levels: 0, rule: .majority, terms: terms,
            operators: operators)
    }

    /// - Parameters:
    ///   - spins: (count, L^d).
    ///   - first: the number of the first configuration, which keys its random numbers.
    ///   - sums: (count, levels + 1, operators), output: for each operator the sum over all sites and terms.
    /// - Throws: `Failure.invalidArgument` for a spin that is not -1 or +1, `Failure.interrupted`.
    public func measure(
        _ spins: UnsafePointer<Int8>, count: Int, seed: UInt64, first: UInt64, into sums: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        try run(spins, count: count, seed: seed, first: first, progress) { index, ladder, random in
            ladder.measure(spins + index * torus.sites, &random, into: sums + index * (levels + 1) * operators)
        }
    }

    /// - Parameter blocked: (count, (L / b^levels)^d), output: the spins after all levels.
    /// - Throws: as `measure`.
    public func block(
        _ spins: UnsafePointer<Int8>, count: Int, seed: UInt64, first: UInt64, into blocked: UnsafeMutablePointer<Int8>,
        progress: Progress = .none
    ) throws(Failure) {
        var last = torus
        for _ in 0..<levels { last = last.blocked(by: factor) }
        try run(spins, count: count, seed: seed, first: first, progress) { index, ladder, random in
            ladder.block(spins + index * torus.sites, &random, into: blocked + index * last.sites)
        }
    }

    private func run(
        _ spins: UnsafePointer<Int8>, count: Int, seed: UInt64, first: UInt64, _ progress: Progress,
        _ body: (Int, Ladder, inout RandomStream) -> Void
    ) throws(Failure) {
        try validateSpins(spins, count: count * torus.sites)
        let tasks = min(count, 4 * threadCount)
        var ladders: [Ladder] = []
        for _ in 0..<tasks { ladders.append(try Ladder(self)) }
        parallelFor(tasks, progress: progress) { task in
            var index = task
            while index < count && !progress.pollsToStop {
                var random = RandomStream(seed: seed, purpose: .blockSpins, stream: first &+ UInt64(index))
                body(index, ladders[task], &random)
                progress.advance()
                index += tasks
            }
        }
        try progress.check("the measurement was interrupted")
        progress.finish()
    }
}
