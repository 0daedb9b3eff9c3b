import Learning
import Numerics

/// A quadratic form and a function of each number by itself,
///
///     ln pi(x) = -x A x / 2 + sum_i v(x_i).
///
/// Where A is diagonal in Fourier space, rows and columns are carried there by an orthogonal L x L
/// matrix of cosines and sines. That takes 4 L^3 multiply-adds for density and gradient; a dense A
/// takes L^4.
public struct QuadraticTarget: Target, Equatable {
    public enum Form: Sendable, Equatable {
        /// Eigenvalues of A for waves of k periods along the rows and l along the columns, shape
        /// (L, L); those of k and L - k, and of l and L - l, are the same.
        case spectrum([Double])
        /// A itself, symmetric, shape (L^2, L^2).
        case matrix([Double])
    }

    /// v(x).
    public enum SiteTerm: Sendable, Equatable {
        case none
        case logCosh
        /// -strength x^4
        case quartic(Double)
    }

    public let size: Int
    public let form: Form
    public let siteTerm: SiteTerm

    public var sites: Int { size * size }

    /// - Throws: `invalidArgument` unless L is even, from 2 to 64, the form has L^2 or L^4 finite
    ///   numbers with the symmetry that it should have, and the strength is positive and at most 10^6.
    public init(size: Int, form: Form, siteTerm: SiteTerm) throws(Failure) {
        guard (2...64).contains(size), size.isMultiple(of: 2) else {
            throw .invalidArgument("the lattice size must be even, from 2 to 64, not \(size)")
        }
        if case .quartic(let strength) = siteTerm, !(strength > 0 && strength <= 1e6) {
            throw .invalidArgument("strength must be positive and at most 10^6, not \(strength)")
        }
        let n = size * size
        switch form {
        case .spectrum(let values):
            guard values.count == n, values.allSatisfy(\.isFinite), Self.isEven(values, size) else {
                throw .invalidArgument("spectrum must be \(size) x \(size) finite numbers, even in both indices")
            }
        case .matrix(let values):
            guard values.count == n * n, values.allSatisfy(\.isFinite),
                (0..<n).allSatisfy({ i in (0..<i).allSatisfy { values[i * n + $0] == values[$0 * n + i] } })
            else { throw .invalidArgument("matrix must be a symmetric one of \(n) x \(n) finite numbers") }
        }
        (self.size, self.form, self.siteTerm) = (size, form, siteTerm)
    }

    /// Up to rounding.
    private static func isEven(_ values: [Double], _ size: Int) -> Bool {
        func value(_ k: Int, _ l: Int) -> Double { values[k % size * size + l % size] }
        return (0..<size * size).allSatisfy {
            let (k, l) = ($0 / size, $0 % size)
            let change = max(abs(value(k, l) - value(size - k, l)), abs(value(k, l) - value(k, size - l)))
            return change <= 1e-9 * abs(value(k, l))
        }
    }

    public func density<Scalar: SampleScalar>(
        _: Scalar.Type, progress: Progress
    ) throws(Failure) -> any TargetDensity<Scalar> {
        try QuadraticDensity<Scalar>(self)
    }
}

/// The matrices in the precision of a kernel.
final class QuadraticDensity<Scalar: SampleScalar>: TargetDensity {
    typealias Block = SampleBlock<Scalar>

    private let size: Int
    private let siteTerm: QuadraticTarget.SiteTerm
    /// Waves, their transpose and the eigenvalues; nil where `matrix` is given.
    private let waves: (basis: Buffer<Scalar>, transposed: Buffer<Scalar>, spectrum: Buffer<Scalar>)?
    private let matrix: Buffer<Scalar>?
    private let first, second: Buffer<Block>

    init(_ target: QuadraticTarget) throws(Failure) {
        (size, siteTerm) = (target.size, target.siteTerm)
        let n = size * size
        (first, second) = (try Buffer(count: n), try Buffer(count: n))
        func buffer(_ count: Int, _ value: (Int) -> Double) throws(Failure) -> Buffer<Scalar> {
            let buffer = try Buffer<Scalar>(count: count)
            for i in 0..<count { buffer.base[i] = Scalar(value(i)) }
            return buffer
        }
        switch target.form {
        case .spectrum(let values):
            let (size, basis) = (size, torusWaves(target.size))
            waves = (
                try buffer(n) { basis[$0] }, try buffer(n) { basis[$0 % size * size + $0 / size] },
                try buffer(n) { values[$0] }
            )
            matrix = nil
        case .matrix(let values):
            waves = nil
            matrix = try buffer(n * n) { values[$0] }
        }
    }

    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    func logDensity(
        _ x: UnsafePointer<Block>, rows: Int, weight: Block,
        addingGradientTo gradient: UnsafeMutablePointer<Block>?
    ) -> Block {
        multiply(x)
        let (n, force) = (size * size, second.base)
        var (quadratic, local) = (Block(repeating: 0), Block(repeating: 0))
        for i in 0..<n { quadratic = quadratic.addingProduct(x[i], force[i]) }
        switch siteTerm {
        case .none:
            break
        case .logCosh:
            for i in 0..<n { local += x[i].map(Scalar.logCosh) }
            if gradient != nil { for i in 0..<n { force[i] = force[i] - x[i].map(Scalar.tanh) } }
        case .quartic(let strength):
            let strength = Scalar(strength)
            for i in 0..<n {
                let square = x[i] * x[i]
                local = local.addingProduct(-strength, square * square)
                if gradient != nil { force[i] = force[i].addingProduct(4 * strength, square * x[i]) }
            }
        }
        if let gradient {
            for i in 0..<n { gradient[i] = gradient[i].addingProduct(weight, Block(repeating: 0) - force[i]) }
        }
        return local.addingProduct(Scalar(-0.5), quadratic)
    }

    /// A x, into `second`.
    private func multiply(_ x: UnsafePointer<Block>) {
        let n = size * size
        guard let waves else {
            return product(matrix!.base, of: n, x, 1, second.base, 1)
        }
        rows(waves.basis.base, x, first.base)
        columns(waves.basis.base, first.base, second.base)
        for i in 0..<n { second.base[i] *= waves.spectrum.base[i] }
        rows(waves.transposed.base, second.base, first.base)
        columns(waves.transposed.base, first.base, second.base)
    }

    /// y[i][k] = sum_j M[k][j] x[i][j]
    private func rows(
        _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
    ) {
        for i in 0..<size { product(matrix, of: size, x + i * size, 1, y + i * size, 1) }
    }

    /// y[k][j] = sum_i M[k][i] x[i][j]
    private func columns(
        _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
    ) {
        for j in 0..<size { product(matrix, of: size, x + j, size, y + j, size) }
    }

    /// y = M x, M having an even number of rows.
    private func product(
        _ matrix: UnsafePointer<Scalar>, of count: Int, _ x: UnsafePointer<Block>, _ stride: Int,
        _ y: UnsafeMutablePointer<Block>, _ outputStride: Int
    ) {
        for k in Swift.stride(from: 0, to: count, by: 2) {
            let (first, second) = (matrix + k * count, matrix + (k + 1) * count)
            var (a, b) = (Block(repeating: 0), Block(repeating: 0))
            for j in 0..<count {
                let value = x[j * stride]
                a = a.addingProduct(first[j], value)
                b = b.addingProduct(second[j], value)
            }
            y[k * outputStride] = a
            y[(k + 1) * outputStride] = b
        }
    }
}

/// The orthogonal L x L matrix of real waves, L even: row k is a cosine of the wave vector k, or a
/// sine of L - k.
func torusWaves(_ size: Int) -> [Double] {
    let scale = (2 / Double(size)).squareRoot()
    return (0..<size * size).map { entry in
        let (k, j) = (entry / size, entry % size)
        if k == 0 || 2 * k == size { return scale * 0.5.squareRoot() * wave(k * j, size).cos }
        return scale * (2 * k < size ? wave(k * j, size).cos : wave((size - k) * j, size).sin)
    }
}

/// Cosine and sine of 2 pi k / L.
func wave(_ k: Int, _ size: Int) -> (cos: Double, sin: Double) {
    let both = sinCos2Pi(SIMD8<Double>(repeating: Double(k % size) / Double(size)))
    return (both.cos[0], both.sin[0])
}
