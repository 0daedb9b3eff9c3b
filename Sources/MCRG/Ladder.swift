import Numerics

/// One thread's lattices of all levels.
final class Ladder {
    private let levels: [PaddedSpins]
    private let blocking: Blocking
    private let scratch: Buffer<Int8>
    /// For each level the offsets of all terms, one after another.
    private let offsets: [[Int]]
    /// Where each term begins in `offsets`, and whose it is.
    private let terms: [(operatorIndex: Int, points: Range<Int>)]
    private let operators: Int

    init(_ measurement: Measurement) throws(Failure) {
        let reach = measurement.terms.reduce(measurement.rule.margin(factor: measurement.factor)) { max($0, $1.reach) }
        var torus = measurement.torus
        var levels = [try PaddedSpins(torus: torus, reach: reach)]
        for _ in 0..<measurement.levels {
            torus = torus.blocked(by: measurement.factor)
            levels.append(try PaddedSpins(torus: torus, reach: reach))
        }
        self.levels = levels
        blocking = Blocking(rule: measurement.rule, factor: measurement.factor)
        scratch = try Buffer(count: measurement.torus.sites)
        offsets = levels.map { level in measurement.terms.flatMap { $0.points.map(level.offset) } }
        var terms: [(operatorIndex: Int, points: Range<Int>)] = []
        for term in measurement.terms {
            let start = terms.last?.points.upperBound ?? 0
            terms.append((term.operatorIndex, start..<start + term.points.count))
        }
        self.terms = terms
        operators = measurement.operators
    }

    func measure(
        _ spins: UnsafePointer<Int8>, _ random: inout RandomStream, into sums: UnsafeMutablePointer<Double>
    ) {
        levels[0].fill(from: spins)
        for level in levels.indices {
            if level > 0 { rise(to: level, &random) }
            let row = sums + level * operators
            for index in 0..<operators { row[index] = 0 }
            let sum = ProductSum(levels[level])
            offsets[level].withUnsafeBufferPointer { offsets in
                for term in terms {
                    row[term.operatorIndex] += Double(sum(UnsafeBufferPointer(rebasing: offsets[term.points])))
                }
            }
        }
    }

    func block(
        _ spins: UnsafePointer<Int8>, _ random: inout RandomStream, into blocked: UnsafeMutablePointer<Int8>
    ) {
        levels[0].fill(from: spins)
        for level in levels.indices.dropFirst() { rise(to: level, &random) }
        let torus = levels[levels.count - 1].torus
        blocked.update(from: levels.count > 1 ? UnsafePointer(scratch.base) : spins, count: torus.sites)
    }

    /// The spins of a level from those below it, also in `scratch`.
    private func rise(to level: Int, _ random: inout RandomStream) {
        blocking(levels[level - 1], &random, into: scratch.base)
        levels[level].fill(from: scratch.base)
    }
}
