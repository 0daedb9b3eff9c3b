import Numerics

/// Sums over some of the orbits of visible states, weighted with the teacher's p: the hot loop of
/// the exact divergence. Everything but the list of orbits stays in the first two caches.
final class OrbitSum {
    typealias Lanes = SIMD8<Double>

    /// What `ExactDivergence` tabulates over pairs of corner states, (pair) or (pair, hidden).
    struct Tables {
        let teacher, teacherExponential, student, studentExponential, tangent: UnsafePointer<Lanes>
        let hiddenCount: Int
        /// For each component of z0 the bits that turn a pair of corners 2 and 3 into one of corners
        /// 0 and 1 with the same field: all or none.
        let flips: UnsafePointer<Int>
        /// Exponents by which the factors of `studentExponential` are too small in all.
        let studentScale: Lanes
        /// Whether products of the exponentials stay within the range of a Double.
        let isNarrow: Bool
    }

    private let range: Range<Int>
    /// Scale of log p', and relative to it: sum p', sum p' log p', sum p' log q'.
    private(set) var peak = Lanes(), total = Lanes(), entropy = Lanes(), cross = Lanes()
    /// sum p' d log q'/d field of each entry of the student's table, and its derivative along the
    /// tangent.
    let adjoint, tangentAdjoint: Buffer<Lanes>

    init(_ range: Range<Int>, entries: Int) throws(Failure) {
        self.range = range
        adjoint = try Buffer(count: entries)
        tangentAdjoint = try Buffer(count: entries)
    }

    /// One copy of the loop for each case: training carries no tangents, and couplings that need
    /// the logarithms of all weights are rare.
    func evaluate(
        _ orbits: UnsafePointer<UInt64>, _ tables: Tables, pairStates: Int, hasTangent: Bool
    ) {
        let last = pairStates - 1
        switch (tables.isNarrow, hasTangent) {
        case (true, false): sum(orbits, tables, last, isNarrow: true, hasTangent: false)
        case (true, true): sum(orbits, tables, last, isNarrow: true, hasTangent: true)
        case (false, false): sum(orbits, tables, last, isNarrow: false, hasTangent: false)
        case (false, true): sum(orbits, tables, last, isNarrow: false, hasTangent: true)
        }
    }

    @inline(__always)
    private func sum(
        _ orbits: UnsafePointer<UInt64>, _ tables: Tables, _ last: Int, isNarrow: Bool, hasTangent: Bool
    ) {
        let (adjoint, tangentAdjoint) = (self.adjoint.base, self.tangentAdjoint.base)
        let hiddenCount = tables.hiddenCount
        for i in 0..<(last &+ 1) &* hiddenCount { adjoint[i] = Lanes() }
        if hasTangent { for i in 0..<(last &+ 1) &* hiddenCount { tangentAdjoint[i] = Lanes() } }
        var peak = Lanes()
        if !isNarrow {
            for orbit in range { peak = larger(peak, logWeight(orbits[orbit], tables.teacher)) }
        }
        var (total, entropy, cross) = (Lanes(), Lanes(), Lanes())
        for orbit in range {
            let packed = orbits[orbit]
            let logP = logWeight(packed, tables.teacher) - peak
            var p = Lanes(repeating: Double(packed >> 40))
            if isNarrow {
                let weights = tables.teacherExponential
                p *=
                    (weights[pair(packed, 0)] * weights[pair(packed, 1)])
                    * (weights[pair(packed, 2)] * weights[pair(packed, 3)])
            } else {
                p *= exp(logP)
            }
            total += p
            entropy = entropy.addingProduct(p, logP)
            let (first, second) = (pair(packed, 0), pair(packed, 2))
            var logQ = LogCoshSum()
            var product = Lanes(repeating: 1)
            for hidden in 0..<hiddenCount {
                let turned = second ^ tables.flips[hidden]
                let (a, b) = (first &* hiddenCount &+ hidden, turned &* hiddenCount &+ hidden)
                let slope: Lanes
                if isNarrow {
                    let (c, d) = ((last ^ first) &* hiddenCount &+ hidden, (last ^ turned) &* hiddenCount &+ hidden)
                    let up = tables.studentExponential[a] * tables.studentExponential[b]
                    let down = tables.studentExponential[c] * tables.studentExponential[d]
                    let both = up + down
                    product *= both
                    slope = (up - down) / both
                } else {
                    slope = logQ.add(tables.student[a] + tables.student[b])
                }
                let share = p * slope
                adjoint[a] += share
                adjoint[b] += share
                if hasTangent {
                    let curved = (p - share * slope) * (tables.tangent[a] + tables.tangent[b])
                    tangentAdjoint[a] += curved
                    tangentAdjoint[b] += curved
                }
            }
            cross = cross.addingProduct(p, isNarrow ? log(product) : logQ.value)
        }
        if isNarrow { cross = cross.addingProduct(total, tables.studentScale) }
        (self.peak, self.total, self.entropy, self.cross) = (peak, total, entropy, cross)
    }

    @inline(__always)
    private func logWeight(_ packed: UInt64, _ teacher: UnsafePointer<Lanes>) -> Lanes {
        (teacher[pair(packed, 0)] + teacher[pair(packed, 1)])
            + (teacher[pair(packed, 2)] + teacher[pair(packed, 3)])
    }

    @inline(__always)
    private func pair(_ packed: UInt64, _ edge: UInt64) -> Int {
        Int(truncatingIfNeeded: packed &>> (10 &* edge) & 1023)
    }
}

/// The larger of two in each lane; `pointwiseMax` is a call.
@inline(__always)
func larger(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> { a.replacing(with: b, where: a .< b) }
