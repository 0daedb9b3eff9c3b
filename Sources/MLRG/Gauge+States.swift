import Numerics

extension Gauge {
    /// Renamings of the hidden spin's components and of their states that commute with C4v and with
    /// the internal group: all that take a student's couplings to others of the same student.
    init(_ symmetry: InternalSymmetry, _ places: SpinPlaces, _ bond: StateBond) {
        let renamings = symmetry.renamings.compactMap { Self.onKernels(symmetry, $0) }
        self.init(
            Self.permutations(places).flatMap { permutation in
                Self.choices(renamings.count, places.terms.count).map { choice in
                    bond.couplings.map { coupling in
                        let source = [coupling.edge, permutation[coupling.vertex]]
                        let term = places.terms.firstIndex { $0.contains(coupling.vertex) }!
                        let column = renamings[choice[term]]
                        return bond.couplings.indices.compactMap { other in
                            guard bond.couplings[other].pairs.contains(source) else { return nil }
                            let weight = column[bond.couplings[other].kernel][coupling.kernel]
                            return abs(weight) < 1e-12 ? nil : (other, weight)
                        }
                    }
                }
            })
    }

    /// R with K_k(s, rho t) = sum R_kl K_l(s, t) + constant for a renaming rho; nil where there is none.
    private static func onKernels(_ symmetry: InternalSymmetry, _ renaming: [Int]) -> [[Double]]? {
        let (q, r) = (symmetry.q, symmetry.kernelCount)
        func basis(_ k: Int, _ s: Int, _ t: Int) -> Double { k < r ? symmetry.kernel(k, s, t) : 1 }
        let pairs = (0..<q * q).map { ($0 / q, $0 % q) }
        let products = (0...r).flatMap { k in
            (0...r).map { l in pairs.reduce(0) { $0 + basis(k, $1.0, $1.1) * basis(l, $1.0, $1.1) } }
        }
        var rows: [[Double]] = []
        for k in 0..<r {
            let moved = pairs.map { symmetry.kernel(k, $0.0, renaming[$0.1]) }
            let overlaps = (0...r).map { l in zip(pairs, moved).reduce(0) { $0 + basis(l, $1.0.0, $1.0.1) * $1.1 } }
            guard let row = try? solve(products, overlaps) else { return renaming == Array(0..<q) ? unit(r) : nil }
            let isWhole = zip(pairs, moved).allSatisfy { pair, value in
                abs((0...r).reduce(-value) { $0 + row[$1] * basis($1, pair.0, pair.1) }) < 1e-9
            }
            guard isWhole, row[..<r].contains(where: { abs($0) > 1e-9 }) else { return nil }
            rows.append(Array(row[..<r]))
        }
        return renaming == Array(0..<q) ? unit(r) : rows
    }

    private static func unit(_ n: Int) -> [[Double]] { (0..<n).map { k in (0..<n).map { $0 == k ? 1 : 0 } } }

    /// All sequences of `length` numbers below `count`.
    private static func choices(_ count: Int, _ length: Int) -> [[Int]] {
        (0..<length).reduce([[]]) { rows, _ in rows.flatMap { row in (0..<count).map { row + [$0] } } }
    }

    /// Permutations of components that commute with C4v, the identity first.
    private static func permutations(_ places: SpinPlaces) -> [[Int]] {
        let moves = [places.rotation, places.mirror()]
        var found = [[Int](repeating: -1, count: places.count)]
        for term in places.terms {
            found = found.flatMap { part in
                (0..<places.count).compactMap { image -> [Int]? in
                    guard !part.contains(image) else { return nil }
                    var result = part
                    result[term.lowerBound] = image
                    var queue = [term.lowerBound]
                    while let a = queue.popLast() {
                        for move in moves {
                            if result[move[a]] < 0 { queue.append(move[a]) }
                            if result[move[a]] >= 0, result[move[a]] != move[result[a]] { return nil }
                            result[move[a]] = move[result[a]]
                        }
                    }
                    return Set(result.filter { $0 >= 0 }).count == result.count { $0 >= 0 } ? result : nil
                }
            }
        }
        return found
    }
}
