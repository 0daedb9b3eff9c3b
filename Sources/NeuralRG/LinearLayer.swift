import Numerics

/// A layer of linear bijectors of n sites, which share A and b: decoding is y = A x + b.
public struct LinearLayer: Sendable {
    /// n for each block.
    let sites: [Int32]
    /// Sides of a block.
    let rows, columns: Int
    /// Of A among the parameters.
    let offset: Int

    var width: Int { rows * columns }
    /// A, row by row, and b.
    var parameterCount: Int { width * (width + 1) }
    var blockCount: Int { sites.count / width }

    init(_ blocks: Hierarchy.Layer, offset: Int) {
        (sites, rows, columns, self.offset) = (blocks.sites, blocks.rows, blocks.columns, offset)
    }

    /// A is the transposed, which is the inverse, of the Haar wavelet transform of the block, or the unit
    /// matrix, and b is zero.
    func initialise(_ parameters: UnsafeMutablePointer<Double>, isHaar: Bool) {
        let (own, n) = (parameters + offset, width)
        own.update(repeating: 0, count: parameterCount)
        for i in 0..<n {
            var row = [Double](repeating: 0, count: n)
            row[i] = 1
            if isHaar { haar(&row) }
            for j in 0..<n { own[n * i + j] = row[j] }
        }
    }

    /// Sums and differences of neighbours at distances of 1, 2, ...: those of pairs along an axis where
    /// no more than one site is left along the other, else of 2 x 2 sites. This carries a unit vector to a
    /// column of the transform, which is a row of its transposed.
    private func haar(_ values: inout [Double]) {
        var (down, right) = (1, 1)
        while down < rows || right < columns {
            let (next, after) = (min(rows, 2 * down), min(columns, 2 * right))
            for i in stride(from: 0, to: rows, by: next) {
                for j in stride(from: 0, to: columns, by: after) {
                    let places = [(0, 0), (0, right), (down, 0), (down, right)].compactMap { a, b in
                        i + a < i + next && j + b < j + after ? (i + a) * columns + j + b : nil
                    }
                    let old = places.map { values[$0] }
                    let scale = (1 / Double(old.count)).squareRoot()
                    for k in old.indices {
                        // Bit 0 of a site is its column, bit 1 its row; of pairs there is one bit.
                        values[places[k]] = old.indices.reduce(0) { sum, l in
                            sum + ((k & l).nonzeroBitCount.isMultiple(of: 2) ? old[l] : -old[l])
                        }
                        values[places[k]] *= scale
                    }
                }
            }
            (down, right) = (next, after)
        }
    }
}
