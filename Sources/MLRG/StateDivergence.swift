import Numerics

/// The Kullback-Leibler divergence of Eq. 7 (Hou & You) for spins of q states per component, its
/// gradient and its Hessian in the student's couplings, for eight pairs of teacher and student side by
/// side.
///
///     KL = E_p[log p' - log Z_p] - E_p[log q'] + log Z_q        (p', q': weights not normalised)
///
/// Sums over the visible states take one state of each orbit (`StateOrbits`). The weight of an edge of
/// the teacher depends on its two corners by few classes, and is summed once for each; the student's
/// log q' = log sum_z prod_k w(x_k, z) is summed for each orbit, and its Z_q over z alone, with the
/// corners summed for each z.
final class StateDivergence: EnumeratedDivergence {
    typealias Lanes = SIMD8<Double>

    /// A visible state: class of the pair of corners of each edge, states of the corners, and how many
    /// states it stands for.
    struct Orbit {
        let edges: SIMD4<Int32>
        let corners: SIMD4<Int32>
        let multiplicity: Double
    }

    let bond: StateBond
    let places: SpinPlaces
    let edges: EdgeClasses
    let orbits: [Orbit]
    /// Classes of the bonds of the student from corner k, (corner state, centre state); four tables.
    let arms: [Int32]
    /// States of the centre turned back by the direction of each arm, (4, states).
    let turnedBack: [Int32]
    /// Orbits are summed in parts of this many, on several threads if there are some to spare.
    static let partSize = 1 << 12

    var teacherCouplings: Int { bond.couplings.count }
    var studentCouplings: Int { bond.couplings.count }
    var orbitCount: Int { orbits.count }
    /// States of one spin.
    var states: Int { bond.states.count }

    /// - Parameter progress: polled while states are counted.
    /// - Throws: `outOfMemory` where the visible states are too many, `interrupted`.
    init(
        _ symmetry: InternalSymmetry, _ places: SpinPlaces, frame: Frame, progress: Progress = .none
    ) throws(Failure) {
        let found = try StateOrbits(symmetry, places, frame: frame, progress: progress)
        let bond = StateBond(symmetry, places, frame: frame)
        let edges = EdgeClasses(bond)
        let n = bond.states.count
        (self.places, self.bond, self.edges) = (places, bond, edges)
        let directions = (0..<4).map { frame == .published ? $0 : $0 + 3 }
        arms = directions.flatMap { Array(bond.table($0)) }
        // back[d] is a state turned back by d times 90 degrees.
        var back = [Array(0..<n)]
        for _ in 1..<4 {
            var next = back[0]
            for s in 0..<n { next[bond.turned[s]] = back.last![s] }
            back.append(next)
        }
        turnedBack = directions.flatMap { back[$0 % 4].map(Int32.init) }
        orbits = zip(found.representatives, found.multiplicities).map { state, multiplicity in
            var (classes, spins, rest) = (SIMD4<Int32>(), SIMD4<Int32>(), Int(state))
            for k in (0..<4).reversed() {
                spins[k] = Int32(rest % n)
                rest /= n
            }
            for e in 0..<4 {
                let (x, y) = (back[e][Int(spins[e])], back[e][Int(spins[(e + 1) % 4])])
                classes[e] = edges.classes[x * n + y]
            }
            return Orbit(edges: classes, corners: spins, multiplicity: Double(multiplicity))
        }
    }

    func makeWorkspace() throws(Failure) -> Workspace { try Workspace(self) }

    /// The tables of one evaluation at a time, allocated once.
    final class Workspace {
        /// Of each class of bonds: log-weight and weight of the student, derivative of the former.
        let logWeights, weights, tangents: Buffer<Lanes>
        /// The teacher's log-weights of bonds, and of the edges of each class.
        let teacherWeights, edgeWeights: Buffer<Lanes>
        /// Of each state of the centre: log sum over a corner, and its derivative.
        let columns, columnTangents: Buffer<Lanes>
        let parts: [StateSum]

        init(_ divergence: StateDivergence) throws(Failure) {
            let (classes, states) = (divergence.bond.classCount, divergence.states)
            logWeights = try Buffer(count: classes)
            weights = try Buffer(count: classes)
            tangents = try Buffer(count: classes)
            teacherWeights = try Buffer(count: classes)
            edgeWeights = try Buffer(count: divergence.edges.count)
            columns = try Buffer(count: states)
            columnTangents = try Buffer(count: states)
            var parts: [StateSum] = []
            for first in stride(from: 0, to: divergence.orbits.count, by: StateDivergence.partSize) {
                let last = min(first + StateDivergence.partSize, divergence.orbits.count)
                parts.append(try StateSum(first..<last, classes: classes, states: states))
            }
            self.parts = parts
        }
    }

    /// Divergence in nats of each lane. All arrays are (couplings) lanes.
    ///
    /// - Parameters:
    ///   - gradient: overwritten with the derivative in the student's couplings.
    ///   - direction: a displacement of the student's couplings, or nil.
    ///   - product: overwritten with the Hessian in the student's couplings times `direction`.
    func evaluate(
        _ work: Workspace, teacher: UnsafePointer<Lanes>, student: UnsafePointer<Lanes>,
        gradient: UnsafeMutablePointer<Lanes>, direction: UnsafePointer<Lanes>?,
        product: UnsafeMutablePointer<Lanes>?
    ) -> Lanes {
        fill(work.teacherWeights.base, teacher)
        edges.tabulate(work.teacherWeights.base, into: work.edgeWeights.base)
        fill(work.logWeights.base, student)
        if let direction { fill(work.tangents.base, direction) }
        let (scale, isNarrow) = tabulateWeights(work)
        let (logNorm, normTangent) =
            isNarrow
            ? sumCentre(work, scale, hasTangent: direction != nil)
            : sumCentreOfLogarithms(work, hasTangent: direction != nil)
        let logTotal = sumTeacher(work)
        let tables = StateSum.Tables(
            edges: work.edgeWeights.base, logWeights: work.logWeights.base, weights: work.weights.base,
            tangents: work.tangents.base, scale: scale, logTotal: logTotal, logNorm: logNorm,
            normTangent: normTangent, states: states)
        orbits.withUnsafeBufferPointer { orbits in
            arms.withUnsafeBufferPointer { arms in
                parallelFor(work.parts.count) { part in
                    work.parts[part].evaluate(
                        orbits.baseAddress!, arms.baseAddress!, tables, isNarrow: isNarrow,
                        hasTangent: direction != nil)
                }
            }
        }
        var value = Lanes()
        for part in work.parts { value += part.divergence }
        collect(work.parts, areTangents: false, into: gradient)
        if let product { collect(work.parts, areTangents: true, into: product) }
        return value
    }

    /// Log-weights of the classes of bonds.
    private func fill(_ table: UnsafeMutablePointer<Lanes>, _ couplings: UnsafePointer<Lanes>) {
        let n = bond.couplings.count
        bond.features.withUnsafeBufferPointer { features in
            for i in 0..<bond.classCount {
                var sum = Lanes()
                for c in 0..<n { sum = sum.addingProduct(couplings[c], features[i * n + c]) }
                table[i] = sum
            }
        }
    }

    /// Weights in units of the largest, where products of four of them stay within the range of a
    /// Double.
    private func tabulateWeights(_ work: Workspace) -> (scale: Lanes, isNarrow: Bool) {
        let logs = work.logWeights.base
        var (most, least) = (logs[0], -logs[0])
        for i in 1..<bond.classCount {
            most = larger(most, logs[i])
            least = larger(least, -logs[i])
        }
        guard (most + least).max() < 150 else { return (most, false) }
        for i in 0..<bond.classCount { work.weights.base[i] = exp(logs[i] - most) }
        return (most, true)
    }

    /// Log Z_q, and its derivative along the direction, from sums over the corners for each z.
    private func sumCentre(_ work: Workspace, _ scale: Lanes, hasTangent: Bool) -> (Lanes, Lanes) {
        let (n, weights) = (states, work.weights.base)
        let (columns, slopes) = (work.columns.base, work.columnTangents.base)
        bond.classes.withUnsafeBufferPointer { classes in
            for z in 0..<n {
                var (sum, slope) = (Lanes(), Lanes())
                for x in 0..<n {
                    let i = Int(classes[x * n + z])
                    sum += weights[i]
                    if hasTangent { slope = slope.addingProduct(weights[i], work.tangents.base[i]) }
                }
                (columns[z], slopes[z]) = (sum, hasTangent ? slope / sum : Lanes())
            }
        }
        return turnedBack.withUnsafeBufferPointer { turned in
            var (sum, slope) = (Lanes(), Lanes())
            for z in 0..<n {
                let (i, j, k, l) = (Int(turned[z]), Int(turned[n + z]), Int(turned[2 * n + z]), Int(turned[3 * n + z]))
                let product = StateSum.product(columns, i, j, k, l)
                sum += product
                if hasTangent {
                    slope = slope.addingProduct(product, (slopes[i] + slopes[j]) + (slopes[k] + slopes[l]))
                }
            }
            return (4 * scale + log(sum), hasTangent ? slope / sum : Lanes())
        }
    }

    /// The same where products of weights may leave the range of a Double.
    private func sumCentreOfLogarithms(_ work: Workspace, hasTangent: Bool) -> (Lanes, Lanes) {
        let (n, logs) = (states, work.logWeights.base)
        let (columns, tangents) = (work.columns.base, work.columnTangents.base)
        bond.classes.withUnsafeBufferPointer { classes in
            for z in 0..<n {
                var peak = logs[Int(classes[z])]
                for x in 1..<n { peak = larger(peak, logs[Int(classes[x * n + z])]) }
                var (sum, slope) = (Lanes(), Lanes())
                for x in 0..<n {
                    let i = Int(classes[x * n + z])
                    let weight = exp(logs[i] - peak)
                    sum += weight
                    if hasTangent { slope = slope.addingProduct(weight, work.tangents.base[i]) }
                }
                (columns[z], tangents[z]) = (peak + log(sum), slope / sum)
            }
        }
        return turnedBack.withUnsafeBufferPointer { turned in
            func total(_ table: UnsafePointer<Lanes>, _ z: Int) -> Lanes {
                (table[Int(turned[z])] + table[Int(turned[n + z])])
                    + (table[Int(turned[2 * n + z])] + table[Int(turned[3 * n + z])])
            }
            var peak = total(columns, 0)
            for z in 1..<n { peak = larger(peak, total(columns, z)) }
            var (sum, slope) = (Lanes(), Lanes())
            for z in 0..<n {
                let weight = exp(total(columns, z) - peak)
                sum += weight
                if hasTangent { slope = slope.addingProduct(weight, total(tangents, z)) }
            }
            return (peak + log(sum), slope / sum)
        }
    }

    /// Log Z_p.
    private func sumTeacher(_ work: Workspace) -> Lanes {
        let edges = work.edgeWeights.base
        return orbits.withUnsafeBufferPointer { orbits in
            var peak = StateSum.logWeight(orbits[0], edges)
            for orbit in orbits.dropFirst() { peak = larger(peak, StateSum.logWeight(orbit, edges)) }
            var sum = Lanes()
            for orbit in orbits {
                sum = sum.addingProduct(exp(StateSum.logWeight(orbit, edges) - peak), orbit.multiplicity)
            }
            return peak + log(sum)
        }
    }

    /// Adds the parts up, in order, and goes from log-weights to couplings.
    private func collect(
        _ parts: [StateSum], areTangents: Bool, into gradient: UnsafeMutablePointer<Lanes>
    ) {
        let n = bond.couplings.count
        for c in 0..<n { gradient[c] = Lanes() }
        bond.features.withUnsafeBufferPointer { features in
            for i in 0..<bond.classCount {
                var sum = Lanes()
                for part in parts {
                    let table = (areTangents ? part.tangentAdjoint : part.adjoint).base + i
                    for arm in 0..<4 { sum += table[arm * bond.classCount] }
                }
                for c in 0..<n { gradient[c] = gradient[c].addingProduct(sum, features[i * n + c]) }
            }
        }
    }
}
