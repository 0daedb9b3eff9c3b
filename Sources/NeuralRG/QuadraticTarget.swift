import Learning
import Numerics

/// A quadratic form and a function of each number by itself,
///
///     ln pi(x) = -x A x / 2 + sum_i v(x_i).
///
/// Where A is diagonal in Fourier space, rows and columns are carried there by orthogonal matrices of
/// cosines and sines. That takes 4 L^3 multiply-adds for density and gradient on a square; a dense A takes
/// L^4.
public struct QuadraticTarget: Target, Equatable {
    public enum Form: Sendable, Equatable {
        /// Eigenvalues of A for waves of k periods along the rows and l along the columns, shape
        /// (rows, columns); those of k and rows - k, and of l and columns - l, are the same.
        case spectrum([Double])
        /// A itself, symmetric, shape (sites, sites).
        case matrix([Double])
    }

    /// v(x).
    public enum SiteTerm: Sendable, Equatable {
        case none
        case logCosh
        /// -strength x^4
        case quartic(Double)
    }

    public let grid: Grid
    public let form: Form
    public let siteTerm: SiteTerm

    public var sites: Int { grid.sites }

    /// - Throws: `invalidArgument` unless the form has finite numbers with the symmetry that it should
    ///   have, and the strength is positive and at most 10^6.
    public init(grid: Grid, form: Form, siteTerm: SiteTerm) throws(Failure) {
        if case .quartic(let strength) = siteTerm, !(strength > 0 && strength <= 1e6) {
            throw .invalidArgument("strength must be positive and at most 10^6, not \(strength)")
        }
        let n = grid.sites
        switch form {
        case .spectrum(let values):
            guard values.count == n, values.allSatisfy(\.isFinite), Self.isEven(values, grid) else {
                throw .invalidArgument(
                    "spectrum must be \(grid.rows) x \(grid.columns) finite numbers, even in both indices")
            }
        case .matrix(let values):
            guard values.count == n * n, values.allSatisfy(\.isFinite),
                (0..<n).allSatisfy({ i in (0..<i).allSatisfy { values[i * n + $0] == values[$0 * n + i] } })
            else { throw .invalidArgument("matrix must be a symmetric one of \(n) x \(n) finite numbers") }
        }
        (self.grid, self.form, self.siteTerm) = (grid, form, siteTerm)
    }

    /// Up to rounding, which is that of the largest number: others may be zero.
    private static func isEven(_ values: [Double], _ grid: Grid) -> Bool {
        let (rows, columns) = (grid.rows, grid.columns)
        let largest = values.map(abs).max() ?? 0
        func value(_ k: Int, _ l: Int) -> Double { values[k % rows * columns + l % columns] }
        return (0..<grid.sites).allSatisfy {
            let (k, l) = ($0 / columns, $0 % columns)
            let change = max(abs(value(k, l) - value(rows - k, l)), abs(value(k, l) - value(k, columns - l)))
            return change <= 1e-9 * largest
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
    private typealias Waves = (basis: Buffer<Scalar>, transposed: Buffer<Scalar>)

    private let grid: Grid
    private let siteTerm: QuadraticTarget.SiteTerm
    /// Waves along both axes, their transposes and the eigenvalues; nil where `matrix` is given.
    private let waves: (down: Waves, right: Waves, spectrum: Buffer<Scalar>)?
    private let matrix: Buffer<Scalar>?
    private let first, second: Buffer<Block>

    init(_ target: QuadraticTarget) throws(Failure) {
        (grid, siteTerm) = (target.grid, target.siteTerm)
        let n = grid.sites
        (first, second) = (try Buffer(count: n), try Buffer(count: n))
        func buffer(_ count: Int, _ value: (Int) -> Double) throws(Failure) -> Buffer<Scalar> {
            let buffer = try Buffer<Scalar>(count: count)
            for i in 0..<count { buffer.base[i] = Scalar(value(i)) }
            return buffer
        }
        switch target.form {
        case .spectrum(let values):
            func waves(_ size: Int) throws(Failure) -> Waves {
                let basis = torusWaves(size)
                return (
                    try buffer(size * size) { basis[$0] },
                    try buffer(size * size) { basis[$0 % size * size + $0 / size] }
                )
            }
            self.waves = (try waves(grid.rows), try waves(grid.columns), try buffer(n) { values[$0] })
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
        let (n, force) = (grid.sites, second.base)
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
        let n = grid.sites
        guard let waves else {
            return product(matrix!.base, of: n, x, 1, second.base, 1)
        }
        rows(waves.right.basis.base, x, first.base)
        columns(waves.down.basis.base, first.base, second.base)
        for i in 0..<n { second.base[i] *= waves.spectrum.base[i] }
        rows(waves.right.transposed.base, second.base, first.base)
        columns(waves.down.transposed.base, first.base, second.base)
    }

    /// y[i][k] = sum_j M[k][j] x[i][j]
    private func rows(
        _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
    ) {
        let count = grid.columns
        for i in 0..<grid.rows { product(matrix, of: count, x + i * count, 1, y + i * count, 1) }
    }

    /// y[k][j] = sum_i M[k][i] x[i][j]
    private func columns(
        _ matrix: UnsafePointer<Scalar>, _ x: UnsafePointer<Block>, _ y: UnsafeMutablePointer<Block>
    ) {
        guard grid.rows > 1 else { return y.update(from: x, count: grid.columns) }
        for j in 0..<grid.columns { product(matrix, of: grid.rows, x + j, grid.columns, y + j, grid.columns) }
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

/// The orthogonal L x L matrix of real waves, L even or 1: row k is a cosine of the wave vector k, or a
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
