#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Learning
import Numerics

// Functions of each element. They are free functions as for plain numbers.

public func exp(_ x: Tensor) -> Tensor { x.map(vector: { exp($0) }) { g, y in g * y } }

/// exp(x) - 1, accurate near 0.
public func expm1(_ x: Tensor) -> Tensor { x.map({ expm1($0) }) { g, y in g * (y + 1) } }

public func log(_ x: Tensor) -> Tensor { x.map(vector: { log($0) }) { g, _ in g / x } }

public func sqrt(_ x: Tensor) -> Tensor { x.map({ $0.squareRoot() }) { g, y in g / (2 * y) } }

/// x to the n-th power, also for negative x and n.
public func pow(_ x: Tensor, _ n: Int) -> Tensor {
    switch n {
    case 0: return Tensor(repeating: 1, shape: x.shape)
    case 1: return x
    default: return x.map({ pow($0, Double(n)) }) { g, _ in g * (Double(n) * pow(x, n - 1)) }
    }
}

public func tanh(_ x: Tensor) -> Tensor { x.map(vector: { tanh($0) }) { g, y in g * (1 - y * y) } }

/// 1 / (1 + exp(-x))
public func sigmoid(_ x: Tensor) -> Tensor { x.map(vector: { sigmoid($0) }) { g, y in g * (y * (1 - y)) } }

/// ln(1 + exp(x))
public func softplus(_ x: Tensor) -> Tensor { x.map(vector: { softplus($0) }) { g, _ in g * sigmoid(x) } }

/// ln cosh x
public func logCosh(_ x: Tensor) -> Tensor { x.map(vector: { logCosh($0) }) { g, _ in g * tanh(x) } }

/// max(x, 0). The derivative at 0 is 0, the second derivative is 0 everywhere.
public func relu(_ x: Tensor) -> Tensor { x.map({ $0 > 0 ? $0 : 0 }) { g, _ in select(x .> 0, g, Tensor(0)) } }

/// x / (1 + exp(-x))
public func silu(_ x: Tensor) -> Tensor { x * sigmoid(x) }

/// x for x > 0, exp(x) - 1 otherwise. The second derivative at 0 is its limit from the left, 1.
public func elu(_ x: Tensor) -> Tensor {
    let positive = x .> 0
    return select(positive, x, expm1(select(positive, Tensor(0), x)))
}

/// x times the normal distribution function.
public func gelu(_ x: Tensor) -> Tensor { x * normalCumulative(x) }

/// The normal distribution function, (1 + erf(x / sqrt 2)) / 2.
private func normalCumulative(_ x: Tensor) -> Tensor {
    x.map({ 0.5 * erfc(-$0 / 2.0.squareRoot()) }) { g, _ in g * (exp(x * x * -0.5) / (2 * Double.pi).squareRoot()) }
}

extension Activation {
    public func callAsFunction(_ x: Tensor) -> Tensor {
        switch self {
        case .tanh: return LearningReference.tanh(x)
        case .relu: return LearningReference.relu(x)
        case .silu: return LearningReference.silu(x)
        case .elu: return LearningReference.elu(x)
        case .gelu: return LearningReference.gelu(x)
        }
    }
}

extension Tensor {
    /// A function of each element, eight at a time.
    @inline(__always)
    fileprivate func map(
        vector f: (SIMD8<Double>) -> SIMD8<Double>,
        pullback: @escaping (_ gradient: Tensor, _ output: Tensor) -> Tensor
    ) -> Tensor {
        let results = values.withUnsafeBufferPointer { x in
            [Double](unsafeUninitializedCapacity: count) { y, written in
                for i in stride(from: 0, to: x.count, by: 8) {
                    let room = x.count - i
                    store(f(load(x.baseAddress! + i, room: room)), to: y.baseAddress! + i, room: room)
                }
                written = x.count
            }
        }
        return Tensor(results, shape: shape, edges: [Edge(parent: self, pullback: pullback)])
    }
}

/// Eight elements from `x` on, or as many as there is room for and then zeros.
@inline(__always)
private func load(_ x: UnsafePointer<Double>, room: Int) -> SIMD8<Double> {
    if room >= 8 { return UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Double>.self) }
    var lanes = SIMD8<Double>()
    for lane in 0..<room { lanes[lane] = x[lane] }
    return lanes
}

/// Stores eight elements from `x` on, or as many as there is room for.
@inline(__always)
private func store(_ lanes: SIMD8<Double>, to x: UnsafeMutablePointer<Double>, room: Int) {
    if room >= 8 {
        UnsafeMutableRawPointer(x).storeBytes(of: lanes, as: SIMD8<Double>.self)
    } else {
        for lane in 0..<room { x[lane] = lanes[lane] }
    }
}
