import Numerics

/// The squared distance of teacher and student around a loop, at the student's best scale and
/// over the squared norm of the teacher: f = 1 - <T|B>^2 / (<T|T> <B|B>).
///
/// With N[(aa'), (dd')] = sum_bc X[a, b, c, d] Y[a', b, c, d'] and the symmetric M = N N^T, the loop
/// is <X|Y> = tr M^2, at a cost of n^6 for n states per spin.
final class LoopOverlap {
    typealias Lanes = SIMD8<Double>

    private let n: Int
    /// N and M, (n^2, n^2), and the derivative of <X|Y> in N.
    private let factor, square, slope: Buffer<Lanes>

    init(states n: Int) throws(Failure) {
        self.n = n
        factor = try Buffer(count: n * n * n * n)
        square = try Buffer(count: n * n * n * n)
        slope = try Buffer(count: n * n * n * n)
    }

    /// f, and its derivative in B.
    ///
    /// - Parameter scratch: n^4 numbers.
    func evaluate(
        teacher T: UnsafePointer<Lanes>, student B: UnsafePointer<Lanes>,
        scratch: UnsafeMutablePointer<Lanes>, slopes: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        let size = n * n * n * n
        let teacher = loop(T, T)
        let student = loop(B, B)
        pull(B, into: slopes)
        let both = loop(T, B)
        pull(T, into: scratch)
        // <B|B> depends on B twice.
        let overlap = both / (teacher * student)
        let (direct, norm) = (-2 * overlap, 2 * overlap * both / student)
        for i in 0..<size { slopes[i] = norm * slopes[i] + direct * scratch[i] }
        return 1 - overlap * both
    }

    /// <X|Y>; keeps N and M.
    private func loop(_ X: UnsafePointer<Lanes>, _ Y: UnsafePointer<Lanes>) -> Lanes {
        let side = n * n
        for a in 0..<n {
            for e in 0..<n {
                for d in 0..<n {
                    for f in 0..<n {
                        var sum = Lanes()
                        for bc in 0..<side {
                            sum = sum.addingProduct(X[(a * side + bc) * n + d], Y[(e * side + bc) * n + f])
                        }
                        factor.base[((a * n + e) * n + d) * n + f] = sum
                    }
                }
            }
        }
        var total = Lanes()
        for i in 0..<side {
            for j in i..<side {
                var sum = Lanes()
                for k in 0..<side { sum = sum.addingProduct(factor.base[i * side + k], factor.base[j * side + k]) }
                (square.base[i * side + j], square.base[j * side + i]) = (sum, sum)
                total = total.addingProduct(i == j ? sum : 2 * sum, sum)
            }
        }
        return total
    }

    /// The derivative of the last <X|Y> in Y, from d<X|Y>/dN = 4 M N.
    private func pull(_ X: UnsafePointer<Lanes>, into result: UnsafeMutablePointer<Lanes>) {
        let side = n * n
        for i in 0..<side {
            for k in 0..<side {
                var sum = Lanes()
                for j in 0..<side { sum = sum.addingProduct(square.base[i * side + j], factor.base[j * side + k]) }
                slope.base[i * side + k] = 4 * sum
            }
        }
        for e in 0..<n {
            for bc in 0..<side {
                for f in 0..<n {
                    var sum = Lanes()
                    for a in 0..<n {
                        for d in 0..<n {
                            sum = sum.addingProduct(
                                slope.base[((a * n + e) * n + d) * n + f], X[(a * side + bc) * n + d])
                        }
                    }
                    result[(e * side + bc) * n + f] = sum
                }
            }
        }
    }
}
