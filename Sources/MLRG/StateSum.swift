import Numerics

/// Sums over some of the orbits of visible states: the hot loop of the exact divergence of q-state
/// spins.
final class StateSum {
    typealias Lanes = SIMD8<Double>

    /// What `StateDivergence` tabulates over classes of edges and of bonds.
    struct Tables {
        let edges, logWeights, weights, tangents: UnsafePointer<Lanes>
        /// Log of the unit of `weights`.
        let scale: Lanes
        /// Log Z of teacher and student, and the derivative of the latter.
        let logTotal, logNorm, normTangent: Lanes
        let states: Int
    }

    private let range: Range<Int>
    /// Share of these orbits in the divergence.
    private(set) var divergence = Lanes()
    /// Derivatives in the log-weight of each class of bonds, and theirs along the direction: a table for
    /// each arm, which are to be added up. There are so few classes that additions to a single one would wait
    /// for each other.
    let adjoint, tangentAdjoint: Buffer<Lanes>
    private let classes: Int
    private let products: Buffer<Lanes>

    init(_ range: Range<Int>, classes: Int, states: Int) throws(Failure) {
        (self.range, self.classes) = (range, classes)
        adjoint = try Buffer(count: 4 * classes)
        tangentAdjoint = try Buffer(count: 4 * classes)
        products = try Buffer(count: states)
    }

    /// Log-weight of the teacher.
    @inline(__always)
    static func logWeight(_ orbit: StateDivergence.Orbit, _ edges: UnsafePointer<Lanes>) -> Lanes {
        (edges[Int(orbit.edges[0])] + edges[Int(orbit.edges[1])])
            + (edges[Int(orbit.edges[2])] + edges[Int(orbit.edges[3])])
    }

    /// One copy of the loop for each case: training carries no tangents, and couplings that need
    /// the logarithms of all weights are rare.
    ///
    /// - Parameter arms: classes of the bonds, (4, corner state, centre state).
    func evaluate(
        _ orbits: UnsafePointer<StateDivergence.Orbit>, _ arms: UnsafePointer<Int32>, _ tables: Tables,
        isNarrow: Bool, hasTangent: Bool
    ) {
        switch (isNarrow, hasTangent) {
        case (true, false): sum(orbits, arms, tables, isNarrow: true, hasTangent: false)
        case (true, true): sum(orbits, arms, tables, isNarrow: true, hasTangent: true)
        case (false, false): sum(orbits, arms, tables, isNarrow: false, hasTangent: false)
        case (false, true): sum(orbits, arms, tables, isNarrow: false, hasTangent: true)
        }
    }

    @inline(__always)
    private func sum(
        _ orbits: UnsafePointer<StateDivergence.Orbit>, _ arms: UnsafePointer<Int32>, _ tables: Tables,
        isNarrow: Bool, hasTangent: Bool
    ) {
        let n = tables.states
        let (adjoint, tangentAdjoint) = (adjoint.base, tangentAdjoint.base)
        let (weights, tangents, products) = (tables.weights, tables.tangents, products.base)
        for i in 0..<self.adjoint.count { (adjoint[i], tangentAdjoint[i]) = (Lanes(), Lanes()) }
        // The student's probability of a product of weights, where these are not logarithms.
        let unit = isNarrow ? exp(4 * tables.scale - tables.logNorm) : Lanes()
        var divergence = Lanes()
        for index in range {
            let orbit = orbits[index]
            let a = arms + Int(orbit.corners[0]) * n
            let b = arms + n * n + Int(orbit.corners[1]) * n
            let c = arms + 2 * n * n + Int(orbit.corners[2]) * n
            let d = arms + 3 * n * n + Int(orbit.corners[3]) * n
            var (total, slope, peak) = (Lanes(), Lanes(), 4 * tables.scale)
            if isNarrow {
                for z in 0..<n {
                    let product = Self.product(weights, Int(a[z]), Int(b[z]), Int(c[z]), Int(d[z]))
                    products[z] = product
                    total += product
                }
            } else {
                peak = Lanes(repeating: -.infinity)
                for z in 0..<n {
                    products[z] = quadruple(tables.logWeights, a[z], b[z], c[z], d[z])
                    peak = larger(peak, products[z])
                }
                for z in 0..<n {
                    products[z] = exp(products[z] - peak)
                    total += products[z]
                }
            }
            if hasTangent {
                for z in 0..<n {
                    slope = slope.addingProduct(products[z], quadruple(tangents, a[z], b[z], c[z], d[z]))
                }
                slope /= total
            }
            let logP = Self.logWeight(orbit, tables.edges) - tables.logTotal
            let logQ = peak + log(total) - tables.logNorm
            let p = exp(logP) * orbit.multiplicity
            let q = (isNarrow ? total * unit : exp(logQ)) * orbit.multiplicity
            divergence = divergence.addingProduct(p, logP - logQ)
            let norm = 1 / total
            let surplus = (q - p) * norm
            let curvature = q * (slope - tables.normTangent) * norm
            for z in 0..<n {
                let share = surplus * products[z]
                let (i, j) = (Int(a[z]), classes + Int(b[z]))
                let (k, l) = (2 * classes + Int(c[z]), 3 * classes + Int(d[z]))
                adjoint[i] += share
                adjoint[j] += share
                adjoint[k] += share
                adjoint[l] += share
                if hasTangent {
                    let change = quadruple(tangents, a[z], b[z], c[z], d[z]) - slope
                    let curved = (curvature * products[z]).addingProduct(share, change)
                    tangentAdjoint[i] += curved
                    tangentAdjoint[j] += curved
                    tangentAdjoint[k] += curved
                    tangentAdjoint[l] += curved
                }
            }
        }
        self.divergence = divergence
    }

    /// Of four entries. Plain products of what is loaded are compiled to operations on parts of lanes.
    @inline(__always)
    static func product(_ table: UnsafePointer<Lanes>, _ i: Int, _ j: Int, _ k: Int, _ l: Int) -> Lanes {
        let (first, second) = (Lanes().addingProduct(table[i], table[j]), Lanes().addingProduct(table[k], table[l]))
        return first * second
    }

    @inline(__always)
    private func quadruple(_ table: UnsafePointer<Lanes>, _ i: Int32, _ j: Int32, _ k: Int32, _ l: Int32) -> Lanes {
        (table[Int(i)] + table[Int(j)]) + (table[Int(k)] + table[Int(l)])
    }
}
