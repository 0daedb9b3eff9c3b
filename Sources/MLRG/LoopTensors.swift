import Numerics

/// Tensors T[a, b, c, d] of teacher and student, made of weights S[z, a, b] of n states per spin, in
/// eight lanes.
enum LoopTensors {
    typealias Lanes = SIMD8<Double>

    /// The teacher T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'].
    ///
    /// - Parameter halves: n^4 numbers of scratch.
    static func ring(
        _ S: UnsafePointer<Lanes>, n: Int, halves: UnsafeMutablePointer<Lanes>,
        into T: UnsafeMutablePointer<Lanes>
    ) {
        let square = n * n
        for i in 0..<n {
            for j in 0..<n {
                for a in 0..<n {
                    for e in 0..<n {
                        var sum = Lanes()
                        for b in 0..<n { sum = sum.addingProduct(S[(i * n + a) * n + b], S[(j * n + e) * n + b]) }
                        halves[((i * n + j) * n + a) * n + e] = sum
                    }
                }
            }
        }
        for i in 0..<n {
            for j in 0..<n {
                for k in 0..<n {
                    for l in 0..<n {
                        let (left, right) = (halves + (i * n + j) * square, halves + (l * n + k) * square)
                        var sum = Lanes()
                        for p in 0..<square { sum = sum.addingProduct(left[p], right[p]) }
                        T[((i * n + j) * n + k) * n + l] = sum
                    }
                }
            }
        }
    }

    /// The student B[a, b, c, d] = sum_z S[z, a, b] S[z, d, c].
    static func pair(_ S: UnsafePointer<Lanes>, n: Int, into B: UnsafeMutablePointer<Lanes>) {
        let square = n * n
        for ab in 0..<square {
            for c in 0..<n {
                for d in 0..<n {
                    var sum = Lanes()
                    for z in 0..<n { sum = sum.addingProduct(S[z * square + ab], S[z * square + d * n + c]) }
                    B[(ab * n + c) * n + d] = sum
                }
            }
        }
    }

    /// Derivatives in S, from those in B; both halves of B have a share.
    static func pullPair(
        _ slopes: UnsafePointer<Lanes>, _ S: UnsafePointer<Lanes>, n: Int,
        into result: UnsafeMutablePointer<Lanes>
    ) {
        let square = n * n
        for i in 0..<n * square { result[i] = Lanes() }
        for ab in 0..<square {
            for c in 0..<n {
                for d in 0..<n {
                    let slope = slopes[(ab * n + c) * n + d]
                    for z in 0..<n {
                        let (first, second) = (z * square + ab, z * square + d * n + c)
                        result[first] = result[first].addingProduct(slope, S[second])
                        result[second] = result[second].addingProduct(slope, S[first])
                    }
                }
            }
        }
    }
}
