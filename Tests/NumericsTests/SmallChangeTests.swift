import Numerics
import Testing

/// What small wrong changes of the code did unseen; see soak/mutation.
@Suite struct NumericsSmallChangeTests {
    /// x = y = 1 and z = 3, of which 1e-15 as the first pivot would leave two digits.
    @Test func pivotIsTheLargestElement() throws {
        let x = try solve([1e-15, 1, 0, 1, 1, 0, 0, 0, 1], [1, 2, 3])
        for (found, exact) in zip(x, [1.0, 1, 3]) { #expect(abs(found - exact) < 1e-14) }
    }

    /// Of matrices k v w^T with rounded elements some have a second pivot that is not quite zero.
    @Test func singularWithinRounding() {
        for k in 1...50 {
            let (a, b) = (1 / Double(k), 0.3 / Double(k))
            #expect(throws: Failure.self) { try solve([a, b, 0.7 * a, 0.7 * b], [1, 1]) }
        }
    }

    /// [[1, 2], [2, 2]], of which the antisymmetric part is left out: (3 +- sqrt 17) / 2.
    @Test func eigenvaluesOfTheSymmetricPart() throws {
        let values = try symmetricEigenvalues([1, 3, 1, 2], n: 2)
        #expect(abs(values[0] - (3 - 17.0.squareRoot()) / 2) < 1e-15)
        #expect(abs(values[1] - (3 + 17.0.squareRoot()) / 2) < 1e-14)
    }

    /// All 56 bits of a step are part of the key.
    @Test func stepsAreNotTakenModulo() {
        for distance in [UInt64(1) << 8, 1 << 16, 1 << 24, 1 << 32, 1 << 55] {
            var a = RandomStream(seed: 1, purpose: .test, step: 3)
            var b = RandomStream(seed: 1, purpose: .test, step: 3 + distance)
            #expect(a.nextBits() != b.nextBits())
        }
    }

    /// alpha without beta, with the columns that fill no vector: rows of 17 sums of 3 ones.
    @Test func productsAreScaledToTheLastColumn() throws {
        let (ones, single) = (try Buffer<Double>(count: 51), try Buffer<Float>(count: 51))
        let (c, d) = (try Buffer<Double>(count: 34), try Buffer<Float>(count: 34))
        for i in 0..<51 { (ones[i], single[i]) = (1, 1) }
        matmul(m: 2, n: 17, k: 3, alpha: -0.5, ones.base, lda: 3, ones.base, ldb: 17, c.base, ldc: 17)
        matmul(m: 2, n: 17, k: 3, alpha: -0.5, single.base, lda: 3, single.base, ldb: 17, d.base, ldc: 17)
        for i in 0..<34 { #expect(c[i] == -1.5 && d[i] == -1.5) }
    }
}
