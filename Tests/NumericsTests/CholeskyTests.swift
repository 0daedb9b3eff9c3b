import Numerics
import Testing

@Suite struct CholeskyTests {
    @Test(arguments: [1, 2, 7, 8, 33])
    func theSolutionSolves(n: Int) throws {
        var random = RandomStream(seed: 5, purpose: .test)
        let factor = try Buffer<Double>(count: n * n)
        random.fillNormal(factor.base, count: n * n)
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0..<n {
                matrix[i * n + j] = (0..<n).reduce(i == j ? 0.1 : 0) { $0 + factor[i * n + $1] * factor[j * n + $1] }
            }
        }
        let expected = (0..<n).map { Double($0 % 3) - 0.7 }
        var vector = (0..<n).map { i in (0..<n).reduce(0) { $0 + matrix[i * n + $1] * expected[$1] } }
        // Only the lower triangle is looked at.
        for i in 0..<n { for j in i + 1..<max(n, i + 1) { matrix[i * n + j] = .nan } }
        try matrix.withUnsafeMutableBufferPointer { matrix in
            try vector.withUnsafeMutableBufferPointer { vector in
                try solvePositive(matrix.baseAddress!, vector.baseAddress!, count: n)
            }
        }
        for i in 0..<n { #expect(abs(vector[i] - expected[i]) < 1e-9 * Double(n)) }
    }

    @Test(arguments: [[1.0, 0, 2, 1], [0, 0, 0, 1], [.nan, 0, 0, 1], [-1, 0, 0, 1]])
    func whatIsNotPositiveIsRefused(matrix: [Double]) {
        var (matrix, vector) = (matrix, [1.0, 1])
        #expect(throws: Failure.self) {
            try matrix.withUnsafeMutableBufferPointer { matrix in
                try vector.withUnsafeMutableBufferPointer { vector in
                    try solvePositive(matrix.baseAddress!, vector.baseAddress!, count: 2)
                }
            }
        }
    }
}
