#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The nonlinearity between two layers, with its first and second derivative.
///
/// The raw values are part of the file format and of the C interface. At a kink the derivatives
/// take the limit from the left: for `relu` both are 0 at 0; for `elu` the first is 1, continuous,
/// and the second is 1 although its limit from the right is 0.
public enum Activation: Int32, CaseIterable, Sendable {
    case tanh = 0
    /// max(x, 0)
    case relu = 1
    /// x / (1 + exp(-x)), also called swish
    case silu = 2
    /// x for x > 0, exp(x) - 1 otherwise
    case elu = 3
    /// x times the normal distribution function, the exact form with erf and not the tanh fit
    case gelu = 4

    /// f(x)
    public func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .tanh: return Scalar.tanh(x)
        case .relu: return x > 0 ? x : 0
        case .silu: return x * Scalar.sigmoid(x)
        case .elu: return x > 0 ? x : Scalar.expm1(x)
        case .gelu: return x * Scalar.normalCumulative(x)
        }
    }

    /// f'(x)
    public func derivative(_ x: Double) -> Double {
        switch self {
        case .tanh:
            let y = Scalar.tanh(x)
            return 1 - y * y
        case .relu: return x > 0 ? 1 : 0
        case .silu:
            let s = Scalar.sigmoid(x)
            return s * (1 + x * (1 - s))
        case .elu: return x > 0 ? 1 : Scalar.exp(x)
        case .gelu: return Scalar.normalCumulative(x) + x * Scalar.normalDensity(x)
        }
    }

    /// f''(x)
    public func secondDerivative(_ x: Double) -> Double {
        switch self {
        case .tanh:
            let y = Scalar.tanh(x)
            return -2 * y * (1 - y * y)
        case .relu: return 0
        case .silu:
            let s = Scalar.sigmoid(x)
            return s * (1 - s) * (2 + x * (1 - 2 * s))
        case .elu: return x > 0 ? 0 : Scalar.exp(x)
        case .gelu: return Scalar.normalDensity(x) * (2 - x * x)
        }
    }
}

/// Scalar functions of the C library and the few built on them, out of the way of members with the same name.
enum Scalar {
    @inline(__always) static func exp(_ x: Double) -> Double { cExp(x) }
    @inline(__always) static func expm1(_ x: Double) -> Double { cExpm1(x) }
    @inline(__always) static func tanh(_ x: Double) -> Double { cTanh(x) }

    /// Without overflow on either side.
    @inline(__always) static func sigmoid(_ x: Double) -> Double {
        let e = cExp(-abs(x))
        return (x < 0 ? e : 1) / (1 + e)
    }

    @inline(__always) static func normalDensity(_ x: Double) -> Double {
        0.398942280401432677940 * cExp(-x * x / 2)
    }

    /// By erfc, so that the left tail keeps its relative accuracy.
    @inline(__always) static func normalCumulative(_ x: Double) -> Double {
        0.5 * cErfc(-x * 0.707106781186547524401)
    }
}

// Free functions, because inside a type the name of a member hides the C function.
@inline(__always) private func cExp(_ x: Double) -> Double { exp(x) }
@inline(__always) private func cExpm1(_ x: Double) -> Double { expm1(x) }
@inline(__always) private func cTanh(_ x: Double) -> Double { tanh(x) }
@inline(__always) private func cErfc(_ x: Double) -> Double { erfc(x) }
