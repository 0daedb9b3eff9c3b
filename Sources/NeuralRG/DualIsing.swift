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
public struct DualIsing: Target {
    public static let smallestEigenvalue = 0.1

    public let size: Int
    public let coupling: Double
    public let alpha: Double
    /// ln det(K + alpha).
    public let logDeterminant: Double
    /// ln of the integral of pi, exact (Kaufman).
    public let logPartition: Double
    private let form: QuadraticTarget

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
        let eigenvalues = (0..<size * size).map { mode in
            2 * coupling * (wave(mode / size, size).cos + wave(mode % size, size).cos) + alpha
        }
        form = try QuadraticTarget(
            grid: try Grid(size: size), form: .spectrum(eigenvalues.map { 1 / $0 }), siteTerm: .logCosh)
        let logDeterminant = eigenvalues.reduce(0) { $0 + log(SIMD8<Double>(repeating: $1))[0] }
        self.logDeterminant = logDeterminant
        let half = 0.4515827052894548  // ln(pi / 2)
        logPartition = torus + logDeterminant / 2 + Double(size * size) / 2 * (half + alpha)
    }

    public func density<Scalar: SampleScalar>(
        _: Scalar.Type, progress: Progress
    ) throws(Failure) -> any TargetDensity<Scalar> {
        try form.density(Scalar.self, progress: progress)
    }
}
