// Sums, products and quotients. Shapes are broadcast as in NumPy: aligned at the last axis, and a
// missing axis or one of length 1 is repeated.

extension Tensor {
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        elementwise(a, b, +, { g, _, _, _ in g }, { g, _, _, _ in g })
    }

    public static func - (a: Tensor, b: Tensor) -> Tensor {
        elementwise(a, b, -, { g, _, _, _ in g }, { g, _, _, _ in -g })
    }

    public static func * (a: Tensor, b: Tensor) -> Tensor {
        elementwise(a, b, *, { g, _, b, _ in g * b }, { g, a, _, _ in g * a })
    }

    public static func / (a: Tensor, b: Tensor) -> Tensor {
        elementwise(a, b, /, { g, _, b, _ in g / b }, { g, _, b, y in -(g * y / b) })
    }

    public static prefix func - (x: Tensor) -> Tensor { x.map({ -$0 }) { g, _ in -g } }

    public static func + (x: Tensor, c: Double) -> Tensor { x.map({ $0 + c }) { g, _ in g } }
    public static func - (x: Tensor, c: Double) -> Tensor { x.map({ $0 - c }) { g, _ in g } }
    public static func * (x: Tensor, c: Double) -> Tensor { x.map({ $0 * c }) { g, _ in g * c } }
    public static func / (x: Tensor, c: Double) -> Tensor { x.map({ $0 / c }) { g, _ in g / c } }
    public static func + (c: Double, x: Tensor) -> Tensor { x + c }
    public static func - (c: Double, x: Tensor) -> Tensor { x.map({ c - $0 }) { g, _ in -g } }
    public static func * (c: Double, x: Tensor) -> Tensor { x * c }
    public static func / (c: Double, x: Tensor) -> Tensor { x.map({ c / $0 }) { g, y in -(g * y / x) } }

    /// 1 where the element is above `c`, 0 elsewhere. A plain number: its derivative is 0.
    public static func .> (x: Tensor, c: Double) -> Tensor {
        Tensor(x.values.mapped { $0 > c ? 1 : 0 }, shape: x.shape)
    }

    /// 1 where the element is below `c`, 0 elsewhere. A plain number: its derivative is 0.
    public static func .< (x: Tensor, c: Double) -> Tensor {
        Tensor(x.values.mapped { $0 < c ? 1 : 0 }, shape: x.shape)
    }

    /// A function of each element.
    /// - Parameter pullback: from the gradient and the result to the gradient of the argument.
    @inline(__always)
    func map(
        _ f: (Double) -> Double, pullback: @escaping (_ gradient: Tensor, _ output: Tensor) -> Tensor
    ) -> Tensor {
        Tensor(values.mapped(f), shape: shape, edges: [Edge(parent: self, pullback: pullback)])
    }

    /// The pullbacks take the gradient, both arguments in the common shape, and the result.
    @inline(__always)
    private static func elementwise(
        _ a: Tensor, _ b: Tensor, _ f: (Double, Double) -> Double,
        _ left: @escaping (Tensor, Tensor, Tensor, Tensor) -> Tensor,
        _ right: @escaping (Tensor, Tensor, Tensor, Tensor) -> Tensor
    ) -> Tensor {
        let shape = commonShape(a.shape, b.shape)
        let (a, b) = (a.broadcast(to: shape), b.broadcast(to: shape))
        return Tensor(
            zipped(a.values, b.values, f), shape: shape,
            edges: [
                Edge(parent: a) { g, y in left(g, a, b, y) },
                Edge(parent: b) { g, y in right(g, a, b, y) },
            ])
    }
}

/// `a` where `mask` is not 0, `b` elsewhere, all three broadcast. No gradient flows to the mask.
///
/// The branch not taken has gradient 0, but 0 times an infinite derivative inside it is NaN: guard
/// its argument with a `select` of its own.
public func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let shape = commonShape(commonShape(a.shape, b.shape), mask.shape)
    let mask = mask.detached.broadcast(to: shape)
    let (a, b) = (a.broadcast(to: shape), b.broadcast(to: shape))
    let zero = Tensor(0)
    let values = (0..<shape.product).map { mask.values[$0] != 0 ? a.values[$0] : b.values[$0] }
    return Tensor(
        values, shape: shape,
        edges: [
            Tensor.Edge(parent: a) { g, _ in select(mask, g, zero) },
            Tensor.Edge(parent: b) { g, _ in select(mask, zero, g) },
        ])
}

func commonShape(_ a: [Int], _ b: [Int]) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    return (0..<rank).map { axis in
        let (i, j) = (axis - rank + a.count, axis - rank + b.count)
        let (n, m) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
        precondition(n == m || n == 1 || m == 1, "shapes \(a) and \(b) do not fit")
        return n == 1 ? m : n
    }
}

extension [Double] {
    @inline(__always)
    func mapped(_ f: (Double) -> Double) -> [Double] {
        withUnsafeBufferPointer { x in
            [Double](unsafeUninitializedCapacity: count) { y, written in
                for i in 0..<x.count { y[i] = f(x[i]) }
                written = x.count
            }
        }
    }
}

@inline(__always)
private func zipped(_ a: [Double], _ b: [Double], _ f: (Double, Double) -> Double) -> [Double] {
    a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            [Double](unsafeUninitializedCapacity: a.count) { y, written in
                for i in 0..<a.count { y[i] = f(a[i], b[i]) }
                written = a.count
            }
        }
    }
}
