import Numerics
import Testing

@Suite(.serialized) struct MatrixProductTests {
    static let shapes = [
        (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 40, 7), (40, 1, 7), (5, 15, 3), (6, 16, 8), (7, 17, 9),
        (13, 33, 257), (97, 65, 300), (100, 270, 31), (31, 530, 513),
    ]

    @Test(arguments: shapes)
    func agreesWithTheTripleLoop(m: Int, n: Int, k: Int) throws {
        for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
            for (alpha, beta) in [(1.0, 0.0), (-0.5, 2.0), (0.0, 1.5)] {
                try compare(m, n, k, transposeA, transposeB, alpha, beta)
            }
        }
    }

    /// Rows are padded, the padding of C must stay, and with beta = 0 the old C is NaN.
    private func compare(
        _ m: Int, _ n: Int, _ k: Int, _ transposeA: Bool, _ transposeB: Bool, _ alpha: Double, _ beta: Double
    ) throws {
        let (lda, ldb, ldc) = ((transposeA ? m : k) + 3, (transposeB ? k : n) + 1, n + 2)
        let a = try Buffer<Double>(count: (transposeA ? k : m) * lda)
        let b = try Buffer<Double>(count: (transposeB ? n : k) * ldb)
        let c = try Buffer<Double>(count: m * ldc)
        var stream = RandomStream(seed: 5, purpose: .test)
        stream.fillUniform(a.base, count: a.count)
        stream.fillUniform(b.base, count: b.count)
        stream.fillUniform(c.base, count: c.count)
        let (fa, fb, fc) = (try single(a), try single(b), try single(c))
        var expected = (0..<c.count).map { c[$0] }
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for p in 0..<k {
                    sum += a[transposeA ? p * lda + i : i * lda + p] * b[transposeB ? j * ldb + p : p * ldb + j]
                }
                expected[i * ldc + j] = alpha * sum + beta * expected[i * ldc + j]
                if beta == 0 { (c[i * ldc + j], fc[i * ldc + j]) = (.nan, .nan) }
            }
        }
        matmul(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a.base, lda: lda, b.base,
            ldb: ldb, beta: beta, c.base, ldc: ldc)
        matmul(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: Float(alpha), fa.base, lda: lda,
            fb.base, ldb: ldb, beta: Float(beta), fc.base, ldc: ldc)
        // Terms are in 0...1, so that each of k + 2 roundings is below eps times k + 2.
        let bound = Double((k + 2) * (k + 2)) + 2
        for i in 0..<c.count {
            #expect(abs(c[i] - expected[i]) <= bound * Double.ulpOfOne)
            #expect(abs(Double(fc[i]) - expected[i]) <= bound * Double(Float.ulpOfOne))
        }
    }

    private func single(_ x: Buffer<Double>) throws -> Buffer<Float> {
        let result = try Buffer<Float>(count: x.count)
        for i in 0..<x.count { result[i] = Float(x[i]) }
        return result
    }

    @Test(arguments: [(301, 200, 700), (64, 700, 600), (2000, 64, 64)])
    func bitsDoNotDependOnThreads(m: Int, n: Int, k: Int) throws {
        let before = threadCount
        defer { threadCount = before }
        let (a, b) = (try Buffer<Float>(count: m * k), try Buffer<Float>(count: k * n))
        var stream = RandomStream(seed: 6, purpose: .test)
        stream.fillNormal(a.base, count: m * k)
        stream.fillNormal(b.base, count: k * n)
        var results: [[UInt32]] = []
        for threads in 1...3 {
            threadCount = threads
            let c = try Buffer<Float>(count: m * n)
            matmul(m: m, n: n, k: k, a.base, lda: k, b.base, ldb: n, c.base, ldc: n)
            results.append((0..<m * n).map { c[$0].bitPattern })
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
