/// An array of numbers that remembers how it was computed, so that it can be differentiated.
///
/// General code of the library runs on tensors, in float64, and is the reference for the fused
/// kernels. A tensor is immutable: `values` are contiguous and row-major, `edges` lead to the
/// tensors it was computed from. Only tensors that descend from one with `requiresGradient` keep
/// edges, all others are plain numbers. See `gradient(of:withRespectTo:)`.
///
/// Shapes that do not fit are programmer errors and end the process, so whoever takes shapes from
/// a user checks them first.
public final class Tensor: @unchecked Sendable {
    public let shape: [Int]
    /// Row-major, `shape` product elements.
    public let values: [Double]
    /// True for variables and for everything computed from them.
    public let requiresGradient: Bool
    /// Longest path to a leaf. A parent's depth is smaller than its children's.
    let depth: Int
    private(set) var edges: [Edge]

    /// How a tensor depends on one of its parents.
    struct Edge {
        let parent: Tensor
        /// From the gradient with respect to the tensor, and the tensor, to the gradient with
        /// respect to the parent. It is made of tensor operations, so gradients of any order work.
        /// It may hold on to the tensor's parents and to plain numbers, but not to the tensor
        /// itself nor to any other differentiable one: the release below rests on that.
        let pullback: (_ gradient: Tensor, _ output: Tensor) -> Tensor
    }

    /// - Parameter requiresGradient: make it a variable.
    public init(_ values: [Double], shape: [Int], requiresGradient: Bool = false) {
        precondition(values.count == shape.product, "\(values.count) values for shape \(shape)")
        (self.values, self.shape, self.requiresGradient) = (values, shape, requiresGradient)
        (depth, edges) = (0, [])
    }

    /// The result of an operation. Edges to plain numbers are dropped.
    init(_ values: [Double], shape: [Int], edges: [Edge]) {
        assert(values.count == shape.product)
        let edges = Recording.isOn ? edges.filter(\.parent.requiresGradient) : []
        (self.values, self.shape, self.edges) = (values, shape, edges)
        requiresGradient = !edges.isEmpty
        depth = 1 + (edges.map(\.parent.depth).max() ?? -1)
    }

    public convenience init(_ value: Double) { self.init([value], shape: []) }

    public convenience init(repeating value: Double, shape: [Int]) {
        self.init(Array(repeating: value, count: shape.product), shape: shape)
    }

    public var count: Int { values.count }
    public var rank: Int { shape.count }

    /// The value of a tensor with one element.
    public var scalar: Double {
        precondition(count == 1, "shape \(shape) is not a scalar")
        return values[0]
    }

    /// The same numbers without their history.
    public var detached: Tensor { Tensor(values, shape: shape) }

    /// The same numbers as a variable without history.
    public var variable: Tensor { Tensor(values, shape: shape, requiresGradient: true) }

    /// Releases the graph below one node after the other: the recursion that reference counting
    /// would do by itself overflows the stack on long chains.
    deinit {
        var pending = edges.map(\.parent)
        edges = []
        while var node = pending.popLast() {
            guard isKnownUniquelyReferenced(&node) else { continue }
            pending += node.edges.map(\.parent)
            node.edges = []
        }
    }
}

extension [Int] {
    var product: Int { reduce(1, *) }

    /// Distance in memory of neighbours along each axis of a row-major array.
    var strides: [Int] {
        var strides = Array(repeating: 1, count: count)
        for axis in indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
        return strides
    }
}
