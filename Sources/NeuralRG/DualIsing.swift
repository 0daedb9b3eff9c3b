import Ising
import Learning
import Numerics

/// The continuous dual of the Ising model on an L x L torus (Eq. 7 of Li & Wang),
///
///     pi(x) = exp(-x (K + alpha)^-1 x / 2) prod_i cosh x_i,
///
/// where K couples neighbours with the strength of the Ising model, and alpha makes the smallest
/// eigenvalue of K + alpha equal `smallestEigenvalue`. Given x, spins are independent with
/// p(s_i = 1) = 1 / (1 + exp(-2 x_i)), and x summed out they are distributed like the Ising model's.
///
/// K is diagonal in Fourier space, and real: rows and columns are carried there by an orthogonal
/// L x L matrix of cosines and sines. That takes 4 L^3 multiply-adds for energy and gradient, where
/// the dense inverse takes L^4.
public struct DualIsing: Sendable {
    public static let smallestEigenvalue = 0.1

    public let size: Int
    public let coupling: Double
    public let alpha: Double
    /// ln det(K + alpha).
    public let logDeterminant: Double
    /// ln of the integral of pi, exact (Kaufman).
    public let logPartition: Double
    /// Row k is a cosine or a sine of the wave vector k or L - k.
    private let basis: [Double]
    /// 1 / (eigenvalue + alpha), L^2 numbers.
    private let stiffness: [Double]

    public var sites: Int { size * size }

    /// - Throws: `invalidArgument` unless L is even, from 2 to 64, and |K| at most 100.
    public init(size: Int, coupling: Double) throws(Failure) {
        guard (2...64).contains(size), size.isMultiple(of: 2) else {
            throw .invalidArgument("the lattice size must be even, from 2 to 64, not \(size)")
        }
        let torus = try Ising.logPartition(size: size, coupling: coupling)
        self.size = size
        self.coupling = coupling
        // cos(pi) = -1 is among the cosines of an even lattice.
        let alpha = 4 * abs(coupling) + Self.smallestEigenvalue
        self.alpha = alpha
        func cosine(_ k: Int) -> Double { sinCos2Pi(SIMD8<Double>(repeating: Double(k % size) / Double(size))).cos[0] }
        func sine(_ k: Int) -> Double { sinCos2Pi(SIMD8<Double>(repeating: Double(k % size) / Double(size))).sin[0] }
        let scale = (2 / Double(size)).squareRoot()
        basis = (0..<size * size).map { entry in
            let (k, j) = (entry / size, entry % size)
            if k == 0 || 2 * k == size { return scale * 0.5.squareRoot() * cosine(k * j) }
            return scale * (2 * k < size ? cosine(k * j) : sine((size - k) * j))
        }
        let eigenvalues = (0..<size * size).map { mode in
            2 * coupling * (cosine(mode / size) + cosine(mode % size)) + alpha
        }
        stiffness = eigenvalues.map { 1 / $0 }
        let logDeterminant = eigenvalues.reduce(0) { $0 + log(SIMD8<Double>(repeating: $1))[0] }
        self.logDeterminant = logDeterminant
        let half = 0.4515827052894548  // ln(pi / 2)
        logPartition = torus + logDeterminant / 2 + Double(size * size) / 2 * (half + alpha)
    }

    /// The matrices in the precision of a kernel.
    package final class Kernel<Scalar: SampleScalar> {
        package typealias Block = SampleBlock<Scalar>

        private let size: Int
        private let basis, transposed, stiffness: Buffer<Scalar>
        private let first, second: Buffer<Block>

        package init(_ dual: DualIsing) throws(Failure) {
            size = dual.size
            let n = dual.size
            basis = try Buffer(count: n * n)
            transposed = try Buffer(count: n * n)
            stiffness = try Buffer(count: n * n)
            first = try Buffer(count: n * n)
            second = try Buffer(count: n * n)
            for i in 0..<n * n {
                basis.base[i] = Scalar(dual.basis[i])
                transposed.base[i] = Scalar(dual.basis[i % n * n + i / n])
                stiffness.base[i] = Scalar(dual.stiffness[i])
            }
        }

        /// ln pi(x) of 32 configurations; `weight` times its gradient is added to `gradient`.
        @_specialize(where Scalar == Double)
        @_specialize(where Scalar == Float)
        package func logDensity(
            _ x: UnsafePointer<Block>, weight: Block = Block(repeating: 1),
            addingGradientTo gradient: UnsafeMutablePointer<Block>?
        ) -> Block {
            let n = size
            rows(basis.base, x, first.base)
            columns(basis.base, first.base, second.base)
            for i in 0..<n * n { second.base[i] *= stiffness.base[i] }
            rows(transposed.base, second.base, first.base)
            columns(transposed.base, first.base, second.base)
            var (quadratic, cosh) = (Block(repeating: 0), Block(repeating: 0))
            for i in 0..<n * n {
                quadratic = quadratic.addingProduct(x[i], second.base[i])
                cosh += x[i].map(Scalar.logCosh)
                guard let gradient else { continue }
                gradient[i] = gradient[i].addingProduct(weight, x[i].map(Scalar.tanh) - second.base[i])
            }
            return cosh.addingProduct(Scalar(-0.5), quadratic)
        }

        /// y[i][k] = sum_j M[k][j] x[i][j]
        private func rows(
            _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
        ) {
            for i in 0..<size { product(matrix, x + i * size, 1, y + i * size, 1) }
        }

        /// y[k][j] = sum_i M[k][i] x[i][j]
        private func columns(
            _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
        ) {
            for j in 0..<size { product(matrix, x + j, size, y + j, size) }
        }

        private func product(
            _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ stride: Int,
            _ y: UnsafeMutablePointer<Block>, _ outputStride: Int
        ) {
            for k in Swift.stride(from: 0, to: size, by: 2) {
                let (first, second) = (matrix + k * size, matrix + (k + 1) * size)
                var (a, b) = (Block(repeating: 0), Block(repeating: 0))
                for j in 0..<size {
                    let value = x[j * stride]
                    a = a.addingProduct(first[j], value)
                    b = b.addingProduct(second[j], value)
                }
                y[k * outputStride] = a
                y[(k + 1) * outputStride] = b
            }
        }
    }
}
