/// The bond energy -J_ab s_a t_b (Eq. 15 of Hou & You) of an edge spin s and a vertex spin t.
///
/// On the representative bond, which runs from the edge along +x, the mirror allows some of the
/// J_ab (Eq. 3). They are the couplings, in row-major order (Eqs. 16 to 18); C4 carries the bond
/// to the other directions.
struct Bond {
    /// Components (a, b) of each coupling. Those of an edge spin are along the lattice's axes.
    let couplings: [(edge: Int, vertex: Int)]
    private let edge, vertex: Representation
    private let frame: Frame

    init(edge: Representation, vertex: Representation, frame: Frame) {
        self.edge = frame == .consistent ? edge.withDiagonalAxes : edge
        self.vertex = vertex
        self.frame = frame
        let (edgeSigns, vertexSigns) = (self.edge.mirror.sign, vertex.mirror.sign)
        couplings = edgeSigns.indices.flatMap { a in
            vertexSigns.indices.compactMap { b in edgeSigns[a] == vertexSigns[b] ? (a, b) : nil }
        }
    }

    struct Term {
        let edge, vertex, coupling: Int
        let coefficient: Double
    }

    /// The bond turned by C4^direction, as terms coefficient * J[coupling] s[edge] t[vertex]: both
    /// spins are turned back, s -> T^-direction s, before the representative bond acts on them.
    func turned(to direction: Int) -> [Term] {
        let turnEdge = edge.rotation.power((8 - direction) % 4)
        let turnVertex = vertex.rotation.power((8 - direction) % 4)
        return couplings.enumerated().flatMap { index, pair in
            components(alongAxis: turnEdge.source[pair.edge]).map { component in
                Term(
                    edge: component.index, vertex: turnVertex.source[pair.vertex], coupling: index,
                    coefficient: component.weight * turnEdge.sign[pair.edge] * turnVertex.sign[pair.vertex])
            }
        }
    }

    /// An edge spin's component along the lattice's axes in terms of its Ising components. In the
    /// consistent frame those of E, s and t, lie along (1, 1) and (-1, 1):
    /// x = (s - t) / sqrt 2, y = (s + t) / sqrt 2.
    private func components(alongAxis a: Int) -> [(index: Int, weight: Double)] {
        guard frame == .consistent, let first = edge.vectors.first(where: { a - $0 == 0 || a - $0 == 1 })
        else { return [(a, 1)] }
        let half = 0.5.squareRoot()
        return [(first, half), (first + 1, a == first ? -half : half)]
    }
}
