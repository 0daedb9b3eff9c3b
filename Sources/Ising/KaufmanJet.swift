#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A number with its first and second derivative with respect to one variable, so that a formula
/// written once also yields its derivatives to rounding (forward mode, second order).
struct KaufmanJet {
    var value: Double
    var first: Double
    var second: Double

    init(_ value: Double, _ first: Double = 0, _ second: Double = 0) {
        (self.value, self.first, self.second) = (value, first, second)
    }

    static func + (a: Self, b: Self) -> Self { Self(a.value + b.value, a.first + b.first, a.second + b.second) }
    static func - (a: Self, b: Self) -> Self { Self(a.value - b.value, a.first - b.first, a.second - b.second) }
    static func + (a: Double, b: Self) -> Self { Self(a + b.value, b.first, b.second) }
    static func - (a: Double, b: Self) -> Self { Self(a - b.value, -b.first, -b.second) }
    static func * (a: Double, b: Self) -> Self { Self(a * b.value, a * b.first, a * b.second) }
    static func += (a: inout Self, b: Self) { a = a + b }
    static func *= (a: inout Self, b: Self) { a = a * b }

    static func * (a: Self, b: Self) -> Self {
        Self(
            a.value * b.value,
            a.first * b.value + a.value * b.first,
            a.second * b.value + 2 * a.first * b.first + a.value * b.second)
    }

    static func / (a: Self, b: Self) -> Self {
        let value = a.value / b.value
        let first = (a.first - value * b.first) / b.value
        return Self(value, first, (a.second - 2 * first * b.first - value * b.second) / b.value)
    }

    /// f(self), given f, f' and f'' at the value.
    private func mapped(_ f: Double, _ df: Double, _ ddf: Double) -> Self {
        Self(f, df * first, ddf * first * first + df * second)
    }

    var squareRoot: Self {
        let root = value.squareRoot()
        return mapped(root, 0.5 / root, -0.25 / (root * value))
    }

    var logarithm: Self { mapped(log(value), 1 / value, -1 / (value * value)) }

    var exponential: Self {
        let e = exp(value)
        return mapped(e, e, e)
    }

    /// ln(1 + self), accurate for small values.
    var logarithmOfOnePlus: Self {
        let inverse = 1 / (1 + value)
        return mapped(log1p(value), inverse, -inverse * inverse)
    }

    /// exp(self) - 1, accurate for small values.
    var exponentialMinusOne: Self {
        let e = exp(value)
        return mapped(expm1(value), e, e)
    }

    var hyperbolicSine: Self {
        let sine = sinh(value)
        return mapped(sine, cosh(value), sine)
    }

    var inverseHyperbolicTangent: Self {
        let inverse = 1 / ((1 - value) * (1 + value))
        return mapped(atanh(value), inverse, 2 * value * inverse * inverse)
    }

    /// self^n for a value >= 0 and n >= 2.
    func power(_ n: Int) -> Self {
        let exponent = Double(n)
        let lower = pow(value, exponent - 2)
        return mapped(lower * value * value, exponent * lower * value, exponent * (exponent - 1) * lower)
    }
}
