import Numerics

/// The distance of a loop of four student tensors from the loop of four teachers.
///
/// The teacher is T[a, b, c, d] on the mirror lattice, where neighbours are mirror images of each
/// other and bonds join equal letters. The student replaces it by B[a, b, c, d] = sum_z S[z, a, b]
/// S[z, d, c]. Around a plaquette the legs a and d are contracted, and
///
///     cost = 1 + (<B|B> - 2 <T|B>) / <T|T> + mu |S|^2 / <T|T>^(1/8),
///     <X|Y> = tr (N N^T)^2,  N[(a a'), (d d')] = sum_bc X[a, b, c, d] Y[a', b, c, d'].
///
/// T is scaled to <T|T> = 1 when it is given, and S with it. Only entries permitted by the charges
/// exist: S is stored as one block for each charge of z, of shape (z, pairs (a, b)). The pairs split
/// every matrix into two blocks, and the swap of the two layers splits those of <B|B> into two more.
/// (S. Yang, Z.-C. Gu and X.-G. Wen, arXiv:1512.04938, on a lattice of mirror images.)
final class LoopCost {
    let leg: Leg
    let bond: Leg
    /// |S|^2 counts with this weight.
    let mu: Double
    /// <T|T>^(1/8) of the teacher as it was given: T is in units of it, S in units of its root.
    private(set) var scale = 1.0

    private let pairs: Pairs
    /// Where the element (w x), (y z) of a matrix of pairs comes from when x and y change places.
    private let exchange: Buffer<Int32>
    private let teacher: BlockMatrix  // [(a d), (b c)]
    private let student: BlockMatrix  // S as [z, (a b)], and its gradient
    private let slope: BlockMatrix
    private let first: BlockMatrix  // four matrices of pairs of legs
    private let second: BlockMatrix
    private let third: BlockMatrix
    private let fourth: BlockMatrix
    private let norm: LoopNorm

    /// Numbers in S: entries that the charges permit.
    var count: Int { student.count }

    /// Below this many operations a loop over two blocks is not worth a second thread.
    private var isSmall: Bool { leg.count < 10 }

    /// - Parameter teacher: T, shape (n, n, n, n); what differs from T[d, c, b, a] or violates the
    ///   charges is left out.
    init(teacher values: UnsafePointer<Double>, leg: Leg, bond: Leg, mu: Double) throws(Failure) {
        (self.leg, self.bond, self.mu) = (leg, bond, mu)
        pairs = Pairs(leg, leg)
        let sizes = [pairs.count(0), pairs.count(1)]
        func square() throws(Failure) -> BlockMatrix { try BlockMatrix(rows: sizes, columns: sizes) }
        (first, second, third, fourth) = (try square(), try square(), try square(), try square())
        teacher = try square()
        student = try BlockMatrix(rows: [bond.even, bond.odd], columns: sizes)
        slope = try BlockMatrix(rows: [bond.even, bond.odd], columns: sizes)
        norm = try LoopNorm(leg: leg, bond: bond, pairs: pairs)
        exchange = try Buffer(count: first.count)
        let n = leg.count
        // In units of the largest element, as eighth powers are to come.
        let largest = (0..<n * n * n * n).reduce(0) { max($0, values[$1].magnitude) }
        let unit = largest > 0 ? largest : 1
        for charge in 0..<2 {
            for (i, row) in pairs.lists[charge].enumerated() {
                for (j, column) in pairs.lists[charge].enumerated() {
                    let (a, d, b, c) = (row.x, row.y, column.x, column.y)
                    let index = first.offset(charge) + i * sizes[charge] + j
                    let there = ((a * n + b) * n + c) * n + d
                    let reversed = ((d * n + c) * n + b) * n + a
                    teacher.values.base[index] = 0.5 * (values[there] / unit + values[reversed] / unit)
                    let product = leg.charge(a) ^ leg.charge(b)
                    exchange.base[index] = Int32(
                        first.offset(product) + pairs.place(a, b) * sizes[product] + pairs.place(d, c))
                }
            }
        }
        var norm = 0.0  // <T|T>
        for charge in 0..<2 { first.product(charge, teacher, teacher, transposeB: true) }
        move(first, to: second)
        for charge in 0..<2 {
            first.product(charge, second, second, transposeB: true)
            norm += sumOfSquares(first[charge], first.size(charge))
        }
        guard norm.isFinite, norm > 0 else {
            throw .nonFinite("the norm of a loop of four tensors must be finite and positive, not \(norm)")
        }
        let eighth = norm.squareRoot().squareRoot().squareRoot()
        for i in 0..<teacher.count { teacher.values.base[i] /= eighth }
        scale = eighth * unit
    }

    /// What `evaluate` finds: the cost, and the two traces at <T|T> = 1.
    struct Value {
        var cost: Double
        var overlap: Double  // <T|B>
        var norm: Double  // <B|B>
    }

    /// The cost of a student in units of the root of `scale`, and its gradient.
    ///
    /// - Parameters:
    ///   - values: `count` numbers.
    ///   - gradient: `count` numbers, written.
    func evaluate(_ values: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>) -> Value {
        student.values.base.update(from: values, count: count)
        for charge in 0..<2 { first.product(charge, student, transposeA: true, student) }
        move(first, to: second)  // B as [(a d), (b c)]
        norm.load(student)
        // N of <T|B>, and the four blocks of <B|B>.
        inParallel(6) { task in
            if task < 2 { first.product(task, teacher, second, transposeB: true) } else { norm.evaluate(task - 2) }
        }
        move(first, to: second)
        var overlaps = (0.0, 0.0)
        inParallel(2) { charge in
            third.product(charge, second, second, transposeB: true)
            let sum = sumOfSquares(third[charge], third.size(charge))
            if charge == 0 { overlaps.0 = sum } else { overlaps.1 = sum }
            first.product(charge, third, second, alpha: 4)
        }
        move(first, to: second)
        inParallel(2) { charge in first.product(charge, second, transposeA: true, teacher) }
        move(first, to: second)  // d<T|B>/dB as [(a b), (d c)]
        for charge in 0..<2 { slope.product(charge, student, second, alpha: -4) }
        norm.addSlope(to: slope)
        var squares = 0.0
        for i in 0..<count {
            squares += values[i] * values[i]
            gradient[i] = slope.values.base[i] + 2 * mu * values[i]
        }
        let overlap = overlaps.0 + overlaps.1
        return Value(cost: 1 + norm.value - 2 * overlap + mu * squares, overlap: overlap, norm: norm.value)
    }

    /// Exchanges the second index of the rows with the first of the columns.
    private func move(_ source: BlockMatrix, to target: BlockMatrix) {
        let (from, to, index) = (source.values.base, target.values.base, exchange.base)
        for i in 0..<source.count { to[i] = from[Int(index[i])] }
    }

    private func inParallel(_ tasks: Int, _ body: (Int) -> Void) {
        if isSmall { for task in 0..<tasks { body(task) } } else { parallelFor(tasks, body) }
    }

    // MARK: - Students as arrays of shape (z, a, b)

    /// The numbers of a student from an array of shape (z, a, b), in the units of `evaluate`.
    func pack(_ array: UnsafePointer<Double>) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(count)
        let unit = scale.squareRoot()
        forEachEntry { values.append(array[$0] / unit) }
        return values
    }

    /// The array of shape (z, a, b) of a student, each number times `factor` and the unit.
    func unpack(_ values: [Double], factor: Double = 1, into array: UnsafeMutablePointer<Double>) {
        array.update(repeating: 0, count: bond.count * leg.count * leg.count)
        let unit = scale.squareRoot() * factor
        var next = 0
        forEachEntry {
            array[$0] = values[next] * unit
            next += 1
        }
    }

    private func forEachEntry(_ body: (Int) -> Void) {
        for charge in 0..<2 {
            for z in bond.states(charge: charge) {
                for pair in pairs.lists[charge] { body((z * leg.count + pair.x) * leg.count + pair.y) }
            }
        }
    }
}
