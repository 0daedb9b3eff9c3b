import Numerics

/// <B|B> = tr (E E^T)^4 of a loop of students, E[(a a'), (z z')] = sum_b S[z, a, b] S[z', a', b].
///
/// E does not change when both layers are swapped, so pairs are taken as (|a a'> + |a' a>) / sqrt 2
/// and (|a a'> - |a' a>) / sqrt 2: with the charges E has four blocks.
final class LoopNorm {
    private let layers: BlockMatrix  // S as [(a z), b], rows by the charge of b
    private let layersSlope: BlockMatrix
    private let gram: BlockMatrix  // [(a z), (a' z')]
    private let gramSlope: BlockMatrix
    /// Where the entries of `layers` are in S as [z, (a b)].
    private let origin: Buffer<Int32>
    private let blocks: [SwapBlock]

    /// After `evaluate` of all blocks.
    var value: Double { blocks.reduce(0) { $0 + $1.trace } }

    init(leg: Leg, bond: Leg, pairs: Pairs) throws(Failure) {
        let outer = Pairs(leg, bond)
        let rows = [outer.count(0), outer.count(1)]
        layers = try BlockMatrix(rows: rows, columns: [leg.even, leg.odd])
        layersSlope = try BlockMatrix(rows: rows, columns: [leg.even, leg.odd])
        let gram = try BlockMatrix(rows: rows, columns: rows)
        self.gram = gram
        gramSlope = try BlockMatrix(rows: rows, columns: rows)
        origin = try Buffer(count: layers.count)
        let between = Pairs(bond, bond)
        var made: [SwapBlock] = []
        for charge in 0..<2 {
            for sign in [1.0, -1.0] {
                made.append(
                    try SwapBlock(pairs.lists[charge], between.lists[charge], sign: sign) { a, z, b, w in
                        let charge = leg.charge(a) ^ bond.charge(z)
                        return gram.offset(charge) + outer.place(a, z) * rows[charge] + outer.place(b, w)
                    })
            }
        }
        blocks = made
        let sizes = [pairs.count(0), pairs.count(1)]
        for charge in 0..<2 {
            let states = leg.states(charge: charge)
            for (i, row) in outer.lists[charge].enumerated() {
                let ofBond = bond.charge(row.y)
                let start = ofBond == 0 ? 0 : bond.even * sizes[0]
                let z = row.y - bond.states(charge: ofBond).lowerBound
                for (j, b) in states.enumerated() {
                    origin.base[layers.offset(charge) + i * states.count + j] =
                        Int32(start + z * sizes[ofBond] + pairs.place(row.x, b))
                }
            }
        }
    }

    /// Takes a student S as [z, (a b)].
    func load(_ student: BlockMatrix) {
        for i in 0..<layers.count { layers.values.base[i] = student.values.base[Int(origin.base[i])] }
        for charge in 0..<2 { gram.product(charge, layers, layers, transposeB: true) }
    }

    /// The trace of one of the four blocks and its slope; the blocks do not depend on each other.
    func evaluate(_ index: Int) { blocks[index].evaluate(gram.values.base) }

    /// Adds d<B|B>/dS to a slope of S as [z, (a b)].
    func addSlope(to slope: BlockMatrix) {
        gramSlope.values.base.update(repeating: 0, count: gramSlope.count)
        for block in blocks { block.addSlope(to: gramSlope.values.base) }
        // The slope as it is and transposed, as the Gram matrix is of two equal factors.
        for charge in 0..<2 {
            layersSlope.product(charge, gramSlope, layers)
            layersSlope.product(charge, gramSlope, transposeA: true, layers, beta: 1)
        }
        for i in 0..<layers.count { slope.values.base[Int(origin.base[i])] += layersSlope.values.base[i] }
    }
}

/// The part of E of one charge that keeps or changes its sign when the layers are swapped.
private final class SwapBlock {
    private let rows, columns: Int
    private let sign: Double
    private let matrix, square, fourth, product, slope: Buffer<Double>
    /// Where the Gram matrix has E[(a a'), (z z')] and E[(a a'), (z' z)], and their common factor.
    private let straight, crossed: Buffer<Int32>
    private let factor: Buffer<Double>
    private(set) var trace = 0.0

    init(
        _ legs: [(x: Int, y: Int)], _ bonds: [(x: Int, y: Int)], sign: Double,
        place: (_ a: Int, _ z: Int, _ b: Int, _ w: Int) -> Int
    ) throws(Failure) {
        let legs = legs.filter { $0.x < $0.y || ($0.x == $0.y && sign > 0) }
        let bonds = bonds.filter { $0.x < $0.y || ($0.x == $0.y && sign > 0) }
        self.sign = sign
        (rows, columns) = (legs.count, bonds.count)
        matrix = try Buffer(count: rows * columns)
        product = try Buffer(count: rows * columns)
        slope = try Buffer(count: rows * columns)
        factor = try Buffer(count: rows * columns)
        straight = try Buffer(count: rows * columns)
        crossed = try Buffer(count: rows * columns)
        square = try Buffer(count: rows * rows)
        fourth = try Buffer(count: rows * rows)
        for (i, leg) in legs.enumerated() {
            for (j, bond) in bonds.enumerated() {
                let index = i * bonds.count + j
                straight.base[index] = Int32(place(leg.x, bond.x, leg.y, bond.y))
                crossed.base[index] = Int32(place(leg.x, bond.y, leg.y, bond.x))
                let equal = (leg.x == leg.y ? 0.5 : 1) * (bond.x == bond.y ? 0.5 : 1)
                factor.base[index] = equal.squareRoot()
            }
        }
    }

    func evaluate(_ gram: UnsafePointer<Double>) {
        let (e, p, p2, r, c) = (matrix.base, square.base, fourth.base, rows, columns)
        for i in 0..<r * c {
            e[i] = factor.base[i] * (gram[Int(straight.base[i])] + sign * gram[Int(crossed.base[i])])
        }
        matmul(transposeB: true, m: r, n: r, k: c, e, lda: c, e, ldb: c, p, ldc: r)
        matmul(m: r, n: r, k: r, p, lda: r, p, ldb: r, p2, ldc: r)
        matmul(m: r, n: c, k: r, p, lda: r, e, ldb: c, product.base, ldc: c)
        matmul(m: r, n: c, k: r, alpha: 8, p2, lda: r, product.base, ldb: c, slope.base, ldc: c)
        trace = sumOfSquares(p2, r * r)
    }

    func addSlope(to gram: UnsafeMutablePointer<Double>) {
        for i in 0..<rows * columns {
            let change = factor.base[i] * slope.base[i]
            gram[Int(straight.base[i])] += change
            gram[Int(crossed.base[i])] += sign * change
        }
    }
}
