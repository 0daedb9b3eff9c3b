#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Testing

@Suite struct LinearSolveTests {
    @Test(arguments: [0, 1, 2, 5, 64])
    func residualIsRounding(n: Int) throws {
        var stream = RandomStream(seed: 2, purpose: .test)
        let values = try Buffer<Double>(count: n * n + n)
        stream.fillNormal(values.base, count: n * n + n)
        let a = (0..<n * n).map { values[$0] }
        let b = (0..<n).map { values[n * n + $0] }
        let x = try solve(a, b)
        let size = x.map(\.magnitude).max() ?? 0
        for i in 0..<n {
            let residual = (0..<n).reduce(-b[i]) { $0 + a[i * n + $1] * x[$1] }
            #expect(abs(residual) < 1e-14 * Double(n) * (1 + size))
        }
    }

    /// A zero on the diagonal needs the exchange of rows.
    @Test func pivots() throws {
        #expect(try solve([0, 2, 1, 0], [6, 5]) == [5, 3])
    }

    @Test func refusesWhatHasNoSolution() {
        #expect(throws: Failure.self) { try solve([1, 2, 2, 4], [1, 1]) }
        #expect(throws: Failure.self) { try solve([0], [1]) }
        #expect(throws: Failure.invalidArgument("the matrix has 3 elements, but a system of 2 equations needs 4")) {
            try solve([1, 2, 3], [1, 1])
        }
        #expect(throws: Failure.nonFinite("the linear system contains NaN or infinity")) { try solve([.nan], [1]) }
    }

    /// The open chain of n sites: 2 - 2 cos(pi k / (n + 1)).
    @Test(arguments: [1, 2, 3, 40, 256])
    func spectrumOfTheChain(n: Int) throws {
        var a = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            a[i * n + i] = 2
            if i + 1 < n { (a[i * n + i + 1], a[(i + 1) * n + i]) = (-1, -1) }
        }
        let eigenvalues = try symmetricEigenvalues(a, n: n)
        for k in 1...n {
            #expect(abs(eigenvalues[k - 1] - (2 - 2 * cos(Double.pi * Double(k) / Double(n + 1)))) < 2e-14)
        }
    }

    /// A projector onto one vector: degenerate zeros and |v|^2.
    @Test func spectrumOfAProjector() throws {
        let v = (0..<30).map { Double($0) - 7.5 }
        let eigenvalues = try symmetricEigenvalues(v.flatMap { x in v.map { x * $0 } }, n: 30)
        let square = v.reduce(0) { $0 + $1 * $1 }
        #expect(abs(eigenvalues[29] / square - 1) < 1e-14)
        #expect(eigenvalues.dropLast().allSatisfy { abs($0) < 1e-13 * square })
        #expect(throws: Failure.self) { try symmetricEigenvalues([1, 2], n: 2) }
        #expect(throws: Failure.self) { try symmetricEigenvalues([.infinity], n: 1) }
    }
}
