import Numerics

// Operations that move elements. Each is linear, and its pullback is its transpose.

extension Tensor {
    public func reshaped(_ shape: [Int]) -> Tensor {
        precondition(shape.product == count, "shape \(self.shape) cannot become \(shape)")
        if shape == self.shape { return self }
        let before = self.shape
        return Tensor(values, shape: shape, edges: [Edge(parent: self) { g, _ in g.reshaped(before) }])
    }

    /// Axis i of the result is axis `order[i]`.
    public func permuted(_ order: [Int]) -> Tensor {
        precondition(order.sorted() == Array(0..<rank), "\(order) does not order the axes of \(shape)")
        var inverse = order
        for (axis, from) in order.enumerated() { inverse[from] = axis }
        let strides = shape.strides
        let shape = order.map { self.shape[$0] }
        return Tensor(
            strided(values, from: 0, by: order.map { strides[$0] }, shape: shape), shape: shape,
            edges: [Edge(parent: self) { g, _ in g.permuted(inverse) }])
    }

    /// The last two axes exchanged.
    public func transposed() -> Tensor {
        precondition(rank >= 2, "shape \(shape) has no two axes to exchange")
        return permuted(Array(0..<rank - 2) + [rank - 1, rank - 2])
    }

    /// Repeated along missing axes and axes of length 1.
    public func broadcast(to shape: [Int]) -> Tensor {
        if shape == self.shape { return self }
        let before = self.shape
        return Tensor(
            strided(values, from: 0, by: broadcastStrides(before, to: shape), shape: shape), shape: shape,
            edges: [Edge(parent: self) { g, _ in g.summed(to: before) }])
    }

    /// The transpose of `broadcast(to:)`: summed over the axes that it repeats.
    public func summed(to shape: [Int]) -> Tensor {
        if shape == self.shape { return self }
        let before = self.shape
        var sums = [Double](repeating: 0, count: shape.product)
        accumulate(values, shape: before, into: &sums, from: 0, by: broadcastStrides(shape, to: before))
        return Tensor(sums, shape: shape, edges: [Edge(parent: self) { g, _ in g.broadcast(to: before) }])
    }

    /// The part of `axis` in `range`.
    public func sliced(_ range: Range<Int>, axis: Int) -> Tensor {
        let axis = checked(axis)
        let (length, strides) = (shape[axis], shape.strides)
        precondition(range.lowerBound >= 0 && range.upperBound <= length, "\(range) exceeds axis \(axis) of \(shape)")
        var shape = self.shape
        shape[axis] = range.count
        return Tensor(
            strided(values, from: range.lowerBound * strides[axis], by: strides, shape: shape), shape: shape,
            edges: [Edge(parent: self) { g, _ in g.padded(from: range.lowerBound, length: length, axis: axis) }])
    }

    /// The transpose of `sliced`: placed at `start` of an axis of `length`, zeros around it.
    private func padded(from start: Int, length: Int, axis: Int) -> Tensor {
        var shape = self.shape
        let range = start..<start + shape[axis]
        shape[axis] = length
        var values = [Double](repeating: 0, count: shape.product)
        let strides = shape.strides
        accumulate(self.values, shape: self.shape, into: &values, from: start * strides[axis], by: strides)
        return Tensor(values, shape: shape, edges: [Edge(parent: self) { g, _ in g.sliced(range, axis: axis) }])
    }

    /// One after the other along `axis`.
    public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
        precondition(!parts.isEmpty, "nothing to concatenate")
        let axis = parts[0].checked(axis)
        var shape = parts[0].shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        let strides = shape.strides
        var values = [Double](repeating: 0, count: shape.product)
        var edges: [Edge] = []
        var start = 0
        for part in parts {
            var expected = shape
            expected[axis] = part.shape[axis]
            precondition(part.shape == expected, "\(part.shape) does not fit \(shape) along axis \(axis)")
            let range = start..<start + part.shape[axis]
            accumulate(part.values, shape: part.shape, into: &values, from: start * strides[axis], by: strides)
            edges.append(Edge(parent: part) { g, _ in g.sliced(range, axis: axis) })
            start = range.upperBound
        }
        return Tensor(values, shape: shape, edges: edges)
    }

    /// Entry i of `axis` of the result is entry `indices[i]`; entries may repeat.
    public func gathered(_ indices: [Int], axis: Int) -> Tensor {
        let axis = checked(axis)
        let length = shape[axis]
        precondition(indices.allSatisfy { $0 >= 0 && $0 < length }, "an index exceeds axis \(axis) of \(shape)")
        let inner = shape.strides[axis]
        let outer = shape[..<axis].reduce(1, *)
        var shape = self.shape
        shape[axis] = indices.count
        var values = [Double]()
        values.reserveCapacity(shape.product)
        for block in 0..<outer {
            for index in indices {
                let start = (block * length + index) * inner
                values += self.values[start..<start + inner]
            }
        }
        return Tensor(
            values, shape: shape,
            edges: [Edge(parent: self) { g, _ in g.scattered(indices, length: length, axis: axis) }])
    }

    /// The transpose of `gathered`: entry i of `axis` is added to entry `indices[i]` of an axis of `length`.
    public func scattered(_ indices: [Int], length: Int, axis: Int) -> Tensor {
        let axis = checked(axis)
        precondition(indices.count == shape[axis], "\(indices.count) indices for axis \(axis) of \(shape)")
        precondition(indices.allSatisfy { $0 >= 0 && $0 < length }, "an index exceeds \(length)")
        let inner = shape.strides[axis]
        let outer = shape[..<axis].reduce(1, *)
        var shape = self.shape
        shape[axis] = length
        var values = [Double](repeating: 0, count: shape.product)
        for block in 0..<outer {
            for (i, index) in indices.enumerated() {
                let from = (block * indices.count + i) * inner
                let to = (block * length + index) * inner
                for k in 0..<inner { values[to + k] += self.values[from + k] }
            }
        }
        return Tensor(values, shape: shape, edges: [Edge(parent: self) { g, _ in g.gathered(indices, axis: axis) }])
    }

    /// Negative axes count from the last.
    func checked(_ axis: Int) -> Int {
        precondition(axis >= -rank && axis < rank, "shape \(shape) has no axis \(axis)")
        return axis < 0 ? axis + rank : axis
    }
}

/// Strides that read an array of shape `small` as if it had shape `large`: 0 along repeated axes.
private func broadcastStrides(_ small: [Int], to large: [Int]) -> [Int] {
    let missing = large.count - small.count
    precondition(missing >= 0, "shape \(small) cannot be repeated to \(large)")
    let strides = small.strides
    return large.indices.map { axis in
        if axis < missing { return 0 }
        let length = small[axis - missing]
        precondition(length == large[axis] || length == 1, "shape \(small) cannot be repeated to \(large)")
        return length == 1 ? 0 : strides[axis - missing]
    }
}

/// Calls `body` with the first index of each row of a row-major array and where the row starts in
/// an array of other strides.
@inline(__always)
private func forEachRow(_ shape: [Int], from start: Int, by strides: [Int], _ body: (Int, Int) -> Void) {
    let total = shape.product
    guard total > 0 else { return }
    let length = shape.last ?? 1
    var index = [Int](repeating: 0, count: shape.count)
    var position = start
    for row in stride(from: 0, to: total, by: length) {
        body(row, position)
        var axis = shape.count - 2
        while axis >= 0 {
            index[axis] += 1
            position += strides[axis]
            if index[axis] < shape[axis] { break }
            position -= strides[axis] * shape[axis]
            index[axis] = 0
            axis -= 1
        }
    }
}

/// The elements of `values` at `start` and `strides`, as a row-major array of `shape`.
private func strided(_ values: [Double], from start: Int, by strides: [Int], shape: [Int]) -> [Double] {
    values.withUnsafeBufferPointer { x in
        [Double](unsafeUninitializedCapacity: shape.product) { y, written in
            let (length, step) = (shape.last ?? 1, strides.last ?? 1)
            forEachRow(shape, from: start, by: strides) { row, position in
                for i in 0..<length { y[row + i] = x[position + i * step] }
            }
            written = shape.product
        }
    }
}

/// The transpose of `strided`: adds a row-major array of `shape` to the elements at `start` and `strides`.
private func accumulate(
    _ values: [Double], shape: [Int], into sums: inout [Double], from start: Int, by strides: [Int]
) {
    values.withUnsafeBufferPointer { x in
        sums.withUnsafeMutableBufferPointer { y in
            let (length, step) = (shape.last ?? 1, strides.last ?? 1)
            forEachRow(shape, from: start, by: strides) { row, position in
                if step == 0 {
                    y[position] += sum(x.baseAddress! + row, count: length)
                } else {
                    for i in 0..<length { y[position + i * step] += x[row + i] }
                }
            }
        }
    }
}
