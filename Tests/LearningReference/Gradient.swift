#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The gradients of a scalar, each in the shape of its variable; zero where nothing depends on it.
///
/// Reverse mode: one pass from the scalar to the variables, at a few times the cost of computing
/// it. The results are tensors with a history, so they can be differentiated again, to any order.
///
/// - Parameters:
///   - variables: variables, or tensors on the way from them to `scalar`.
///   - differentiable: pass false to save the time and memory of the results' history.
public func gradient(
    of scalar: Tensor, withRespectTo variables: [Tensor], differentiable: Bool = true
) -> [Tensor] {
    if !differentiable { return noGrad { gradient(of: scalar, withRespectTo: variables) } }
    precondition(scalar.count == 1, "the gradient of shape \(scalar.shape) is not defined: sum it first")
    let wanted = Set(variables.map(ObjectIdentifier.init))

    // Depth sorts the graph, and only nodes above a variable take part.
    var seen: Set = [ObjectIdentifier(scalar)]
    var nodes = [scalar]
    var next = 0
    while next < nodes.count {
        for edge in nodes[next].edges where seen.insert(ObjectIdentifier(edge.parent)).inserted {
            nodes.append(edge.parent)
        }
        next += 1
    }
    nodes.sort { $0.depth < $1.depth }
    var taking = Set<ObjectIdentifier>()
    for node in nodes {
        let id = ObjectIdentifier(node)
        if wanted.contains(id) || node.edges.contains(where: { taking.contains(ObjectIdentifier($0.parent)) }) {
            taking.insert(id)
        }
    }

    var gradients = [ObjectIdentifier(scalar): Tensor(repeating: 1, shape: scalar.shape)]
    for node in nodes.reversed() where taking.contains(ObjectIdentifier(node)) {
        let id = ObjectIdentifier(node)
        guard let gradient = wanted.contains(id) ? gradients[id] : gradients.removeValue(forKey: id)
        else { continue }
        for edge in node.edges where taking.contains(ObjectIdentifier(edge.parent)) {
            let contribution = edge.pullback(gradient, node)
            let parent = ObjectIdentifier(edge.parent)
            gradients[parent] = gradients[parent].map { $0 + contribution } ?? contribution
        }
    }
    return variables.map {
        gradients[ObjectIdentifier($0)] ?? Tensor(repeating: 0, shape: $0.shape)
    }
}

/// Runs `body` without recording, on this thread: its results are plain numbers, and whatever is
/// computed inside has gradient zero.
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = Recording.isOn
    Recording.isOn = false
    defer { Recording.isOn = before }
    return try body()
}

/// Whether operations on this thread keep their history.
enum Recording {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0)
        return key
    }()

    static var isOn: Bool {
        get { pthread_getspecific(key) == nil }
        set { pthread_setspecific(key, newValue ? nil : UnsafeRawPointer(bitPattern: 1)) }
    }
}
