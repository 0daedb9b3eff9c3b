import Numerics

/// Boltzmann weight tensors (Eq. 22 of Hou & You) of spins of q states per component, and the names of
/// their couplings.
public struct StateTensor {
    private let bond: StateBond
    private let edges: EdgeClasses
    private let machine: Machine
    private let directions: [Int]

    /// Components (of edge spin and vertex spin) and kernel of each coupling.
    public static func couplings(
        _ symmetry: InternalSymmetry, _ representation: String, frame: Frame
    ) throws(Failure) -> [(edge: Int, vertex: Int, kernel: Int)] {
        StateBond.couplings(symmetry, try SpinPlaces(representation), frame)
            .map { ($0.edge, $0.vertex, $0.kernel) }
    }

    /// States of a spin: q to the power of its components.
    /// - Throws: `outOfMemory` for more than 256.
    public static func states(_ symmetry: InternalSymmetry, _ representation: String) throws(Failure) -> Int {
        let places = try SpinPlaces(representation)
        let count = SpinStates(q: symmetry.q, components: places.count).count
        guard count <= 256 else {
            throw .outOfMemory(
                "spins \"\(representation)\" of \(symmetry.q) states have \(count) states each: more than 256, "
                    + "whose tensor no memory holds")
        }
        return count
    }

    /// - Throws: `outOfMemory` for spins of more than 256 states.
    public init(
        _ symmetry: InternalSymmetry, _ representation: String, _ machine: Machine, frame: Frame
    ) throws(Failure) {
        _ = try Self.states(symmetry, representation)
        bond = StateBond(symmetry, try SpinPlaces(representation), frame: frame)
        edges = EdgeClasses(bond)
        self.machine = machine
        directions = (0..<4).map { frame == .published ? $0 : $0 + 3 }
    }

    public var states: Int { bond.states.count }
    public var couplingCount: Int { bond.couplings.count }

    /// log T of the couplings of one model, over x0, x1, x2, x3, corners counter-clockwise from top
    /// right, x0 slowest.
    public func logarithms(
        _ couplings: UnsafePointer<Double>, into logarithms: UnsafeMutablePointer<Double>
    ) {
        let (n, count) = (states, couplingCount)
        let weights = (0..<bond.classCount).map { i in
            (0..<count).reduce(0.0) { $0 + bond.features[i * count + $1] * couplings[$1] }
        }
        switch machine {
        case .teacher: sumEdges(weights, n, logarithms)
        case .student: sumCentre(weights, n, logarithms)
        }
    }

    private func sumEdges(_ weights: [Double], _ n: Int, _ logarithms: UnsafeMutablePointer<Double>) {
        let lanes = weights.map { SIMD8(repeating: $0) }
        var classes = [SIMD8<Double>](repeating: SIMD8(), count: edges.count)
        classes.withUnsafeMutableBufferPointer { edges.tabulate(lanes, into: $0.baseAddress!) }
        // edge[e][x, y]: both corners turned back to edge 0.
        var back = Array(0..<n)
        var edge: [[Double]] = []
        for _ in 0..<4 {
            edge.append((0..<n * n).map { classes[Int(edges.classes[back[$0 / n] * n + back[$0 % n]])][0] })
            var next = back
            for s in 0..<n { next[bond.turned[s]] = back[s] }
            back = next
        }
        for index in 0..<n * n * n * n {
            let (a, b, c, d) = (index / (n * n * n), index / (n * n) % n, index / n % n, index % n)
            logarithms[index] =
                (edge[0][a * n + b] + edge[1][b * n + c]) + (edge[2][c * n + d] + edge[3][d * n + a])
        }
    }

    private func sumCentre(_ weights: [Double], _ n: Int, _ logarithms: UnsafeMutablePointer<Double>) {
        // arms[k][x, z]
        let arms = directions.map { bond.table($0).map { weights[Int($0)] } }
        var fields = [SIMD8<Double>](repeating: SIMD8(repeating: -.infinity), count: (n + 7) / 8)
        for index in 0..<n * n * n * n {
            let rows = [index / (n * n * n), index / (n * n) % n, index / n % n, index % n].map { $0 * n }
            var peak = -Double.infinity
            for z in 0..<n {
                let field =
                    (arms[0][rows[0] + z] + arms[1][rows[1] + z])
                    + (arms[2][rows[2] + z] + arms[3][rows[3] + z])
                fields[z / 8][z % 8] = field
                peak = max(peak, field)
            }
            var sum = SIMD8<Double>()
            for group in fields { sum += exp(group - peak) }
            logarithms[index] = peak + log(SIMD8(repeating: sum.sum()))[0]
        }
    }
}
