import Numerics

/// The Kullback-Leibler divergence, in nats, from teacher to student on the eight open legs of a
/// loop of four tensors: n^8 states for n states per spin, 256 or 65,536.
///
/// Two neighbouring tensors make H[(ae), i] = sum_d T[a, b, c, d] T[e, B, C, d] with i = (b, c, B, C),
/// and two such halves the weight W[i, j] = sum_ae H[ae, i] H[ae, j] of a state. W is symmetric, and
/// only j >= i are visited.
final class LoopDivergence {
    typealias Lanes = SIMD8<Double>

    private let n: Int
    /// H, (n^4, n^2), and its derivatives.
    private let halves, slopes: Buffer<Lanes>
    /// The teacher's weight of each i <= j, those of i < j twice.
    private let weights: Buffer<Lanes>
    /// Weights below it count as it: the logarithm of the smallest number is the largest loss.
    private static let least = Lanes(repeating: 1e-300)

    init(states n: Int) throws(Failure) {
        self.n = n
        let side = n * n * n * n
        halves = try Buffer(count: side * n * n)
        slopes = try Buffer(count: side * n * n)
        weights = try Buffer(count: side * (side + 1) / 2)
    }

    /// The divergence, and its derivative in the student's tensor B.
    func evaluate(
        teacher T: UnsafePointer<Lanes>, student B: UnsafePointer<Lanes>,
        slopes result: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        let (total, entropy) = tabulate(T)
        let (norm, cross) = compare(B)
        addNorm(norm, total)
        let scale = 1 / total
        pull(B, scale, into: result)
        return (entropy - cross) * scale - log(total) + log(norm)
    }

    /// Fills the teacher's weights; sum W and sum W ln W.
    private func tabulate(_ T: UnsafePointer<Lanes>) -> (total: Lanes, entropy: Lanes) {
        fill(T)
        let (side, inner) = (n * n * n * n, n * n)
        var (total, entropy) = (Lanes(), Lanes())
        var next = weights.base
        for i in 0..<side {
            for j in i..<side {
                let weight = product(halves.base + i * inner, halves.base + j * inner, inner)
                let share = i == j ? weight : 2 * weight
                next[0] = share
                next += 1
                total += share
                entropy = entropy.addingProduct(share, log(larger(weight, Self.least)))
            }
        }
        return (total, entropy)
    }

    /// Fills the student's H, and the derivatives of -sum W_T ln W in it; sum W and sum W_T ln W.
    private func compare(_ B: UnsafePointer<Lanes>) -> (norm: Lanes, cross: Lanes) {
        fill(B)
        let (side, inner) = (n * n * n * n, n * n)
        for i in 0..<side * inner { slopes.base[i] = Lanes() }
        var (norm, cross) = (Lanes(), Lanes())
        var next = UnsafePointer(weights.base)
        for i in 0..<side {
            let (left, leftSlope) = (halves.base + i * inner, slopes.base + i * inner)
            for j in i..<side {
                let (right, rightSlope) = (halves.base + j * inner, slopes.base + j * inner)
                let weight = larger(product(left, right, inner), Self.least)
                let share = next[0]
                next += 1
                norm += i == j ? weight : 2 * weight
                cross = cross.addingProduct(share, log(weight))
                let slope = -share / weight
                for p in 0..<inner {
                    leftSlope[p] = leftSlope[p].addingProduct(slope, right[p])
                    rightSlope[p] = rightSlope[p].addingProduct(slope, left[p])
                }
            }
        }
        return (norm, cross)
    }

    /// Adds the derivatives of total * ln Z, Z = sum_ae (sum_i H[ae, i])^2.
    private func addNorm(_ norm: Lanes, _ total: Lanes) {
        let (side, inner) = (n * n * n * n, n * n)
        let factor = 2 * total / norm
        for p in 0..<inner {
            var sum = Lanes()
            for i in 0..<side { sum += halves.base[i * inner + p] }
            let slope = factor * sum
            for i in 0..<side { slopes.base[i * inner + p] += slope }
        }
    }

    private func fill(_ T: UnsafePointer<Lanes>) {
        let side = n * n
        for bc in 0..<side {
            for g in 0..<side {
                for a in 0..<n {
                    for e in 0..<n {
                        let (left, right) = (T + (a * side + bc) * n, T + (e * side + g) * n)
                        halves.base[((bc * side + g) * n + a) * n + e] = product(left, right, n)
                    }
                }
            }
        }
    }

    /// The derivatives in B, which each half has twice, times a factor.
    private func pull(_ B: UnsafePointer<Lanes>, _ factor: Lanes, into result: UnsafeMutablePointer<Lanes>) {
        let side = n * n
        for i in 0..<side * side { result[i] = Lanes() }
        for bc in 0..<side {
            for g in 0..<side {
                for a in 0..<n {
                    for e in 0..<n {
                        let slope = factor * slopes.base[((bc * side + g) * n + a) * n + e]
                        let (left, right) = ((a * side + bc) * n, (e * side + g) * n)
                        for d in 0..<n {
                            result[left + d] = result[left + d].addingProduct(slope, B[right + d])
                            result[right + d] = result[right + d].addingProduct(slope, B[left + d])
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func product(_ x: UnsafePointer<Lanes>, _ y: UnsafePointer<Lanes>, _ count: Int) -> Lanes {
        var sum = Lanes()
        for p in 0..<count { sum = sum.addingProduct(x[p], y[p]) }
        return sum
    }
}
