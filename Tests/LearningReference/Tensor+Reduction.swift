// Reductions over axes. Negative axes count from the last.

extension Tensor {
    /// The sum of all elements, a scalar.
    public func sum() -> Tensor { summed(to: []) }

    /// The mean of all elements, a scalar.
    public func mean() -> Tensor { sum() / Double(count) }

    /// - Parameter keeping: leave the axes in the shape, with length 1.
    public func sum(over axes: [Int], keeping: Bool = false) -> Tensor {
        let (kept, dropped) = reducedShapes(axes)
        return summed(to: kept).reshaped(keeping ? kept : dropped)
    }

    public func mean(over axes: [Int], keeping: Bool = false) -> Tensor {
        let sum = sum(over: axes, keeping: keeping)
        return sum / (Double(count) / Double(sum.count))
    }

    /// The largest element along an axis. Equal largest elements share the gradient equally; the
    /// second derivative is 0.
    public func max(over axis: Int, keeping: Bool = false) -> Tensor {
        let (kept, dropped) = reducedShapes([axis])
        let axis = checked(axis)
        let (length, inner) = (shape[axis], shape.strides[axis])
        precondition(length > 0, "no largest element along axis \(axis) of \(shape)")
        var largest = [Double](repeating: 0, count: kept.product)
        for i in largest.indices {
            let start = i / inner * length * inner + i % inner
            largest[i] = (0..<length).reduce(-.infinity) { Swift.max($0, values[start + $1 * inner]) }
        }
        let pullback = { [self] (g: Tensor, y: Tensor) -> Tensor in
            let top = y.detached.broadcast(to: shape)
            let mask = Tensor(zip(values, top.values).map { $0 == $1 ? 1 : 0 }, shape: shape)
            return (g / mask.summed(to: kept)).broadcast(to: shape) * mask
        }
        return Tensor(largest, shape: kept, edges: [Edge(parent: self, pullback: pullback)])
            .reshaped(keeping ? kept : dropped)
    }

    /// ln sum exp along an axis, without overflow.
    public func logSumExp(over axis: Int, keeping: Bool = false) -> Tensor {
        let largest = detached.max(over: axis, keeping: true)
        // Where all terms vanish, or one is infinite, there is no finite shift.
        let shift = Tensor(largest.values.mapped { $0.isFinite ? $0 : 0 }, shape: largest.shape)
        let sum = log(exp(self - shift).sum(over: [axis], keeping: true)) + shift
        return keeping ? sum : sum.reshaped(reducedShapes([axis]).dropped)
    }

    /// The shape with the axes at length 1, and without them.
    private func reducedShapes(_ axes: [Int]) -> (kept: [Int], dropped: [Int]) {
        let axes = Set(axes.map(checked))
        let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        let dropped = shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
        return (kept, dropped)
    }
}
