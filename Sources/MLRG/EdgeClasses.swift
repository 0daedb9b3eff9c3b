import Numerics

/// The weight of the teacher's edge 0 for each pair of corner states (x, y), its spin z summed:
/// A(x, y) = sum_z w_0(z, x) w_2(z, y). Many pairs have the same sum, and many z the same term.
struct EdgeClasses {
    struct Term: Hashable {
        /// Classes of the two bonds, the smaller first.
        let first, second: Int32
    }

    /// Class of each (x, y).
    let classes: [Int32]
    let count: Int
    /// Terms of each class from starts[i] to starts[i + 1], and how often they occur.
    private let terms: [Term]
    private let multiplicities: [Double]
    private let starts: [Int]

    init(_ bond: StateBond) {
        let n = bond.states.count
        let (near, far) = (Array(bond.table(0)), Array(bond.table(2)))
        var found: [[Term: Int]: Int32] = [:]
        var classes: [Int32] = []
        var (terms, multiplicities, starts): ([Term], [Double], [Int]) = ([], [], [0])
        for x in 0..<n {
            for y in 0..<n {
                var sum: [Term: Int] = [:]
                for z in 0..<n {
                    let (a, b) = (near[z * n + x], far[z * n + y])
                    sum[Term(first: min(a, b), second: max(a, b)), default: 0] += 1
                }
                if let known = found[sum] {
                    classes.append(known)
                    continue
                }
                classes.append(Int32(found.count))
                found[sum] = Int32(found.count)
                // In an order that does not depend on the hash.
                let sorted = sum.sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }
                for (term, multiplicity) in sorted {
                    terms.append(term)
                    multiplicities.append(Double(multiplicity))
                }
                starts.append(terms.count)
            }
        }
        (self.classes, count) = (classes, found.count)
        (self.terms, self.multiplicities, self.starts) = (terms, multiplicities, starts)
    }

    /// log A of each class, from log-weights of the bonds.
    func tabulate(
        _ logWeights: UnsafePointer<SIMD8<Double>>, into table: UnsafeMutablePointer<SIMD8<Double>>
    ) {
        terms.withUnsafeBufferPointer { terms in
            func logTerm(_ t: Int) -> SIMD8<Double> {
                logWeights[Int(terms[t].first)] + logWeights[Int(terms[t].second)]
            }
            for i in 0..<count {
                var peak = logTerm(starts[i])
                for t in starts[i] + 1..<starts[i + 1] { peak = larger(peak, logTerm(t)) }
                var sum = SIMD8<Double>()
                for t in starts[i]..<starts[i + 1] {
                    sum = sum.addingProduct(exp(logTerm(t) - peak), multiplicities[t])
                }
                table[i] = peak + log(sum)
            }
        }
    }
}
