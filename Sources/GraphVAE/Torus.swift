/// The sites i L + j of an L x L torus. Each has four neighbours; on a torus of linear size 2 they
/// are two sites, and both bonds to each of them count.
struct Torus: Sendable, Equatable {
    let size: Int

    var sites: Int { size * size }

    /// Row after row.
    /// - Parameter mayGoOn: asked before each row; false skips it.
    @inline(__always)
    func eachSite(
        while mayGoOn: () -> Bool = { true },
        _ body: (_ site: Int, _ up: Int, _ down: Int, _ left: Int, _ right: Int) -> Void
    ) {
        for i in 0..<size where mayGoOn() {
            let row = i &* size
            let up = (i == 0 ? size &- 1 : i &- 1) &* size
            let down = (i &+ 1 == size ? 0 : i &+ 1) &* size
            for j in 0..<size {
                let left = j == 0 ? size &- 1 : j &- 1
                let right = j &+ 1 == size ? 0 : j &+ 1
                body(row &+ j, up &+ j, down &+ j, row &+ left, row &+ right)
            }
        }
    }

    /// Block after block of 2 x 2 sites: its first site, those of its row and of the row below.
    /// - Parameter mayGoOn: asked before each row of blocks; false skips it.
    @inline(__always)
    func eachBlock(
        while mayGoOn: () -> Bool = { true }, _ body: (_ block: Int, _ first: Int, _ below: Int) -> Void
    ) {
        let half = size / 2
        for i in 0..<half where mayGoOn() {
            for j in 0..<half {
                let first = 2 &* (i &* size &+ j)
                body(i &* half &+ j, first, first &+ size)
            }
        }
    }
}

/// The graph convolution X' = ReLU(A^ X W^T + b) of Kipf and Welling (arXiv:1609.02907), with
/// A^ = D^-1/2 (A + 1) D^-1/2. Every site of the torus has five neighbours, itself included, so that
/// A^ is a fifth of the sum over them, and its own adjoint.
///
/// The kernels are given the rows of X W^T / 5 and only add; A^ after the product, because the
/// product has no more features than what goes into it.
extension Torus {
    /// out = max(bias + sum over each site and its neighbours, 0).
    /// - Parameter row: of features that each site has.
    @inline(__always)
    func convolve<Scalar: RowScalar>(
        _ lines: Int, bias: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar.Vector>,
        _: Scalar.Type, while mayGoOn: () -> Bool = { true },
        row: (_ site: Int) -> UnsafeMutablePointer<Scalar.Vector>
    ) {
        let bias = GraphVAE.lines(bias)
        var target = out
        eachSite(while: mayGoOn) { site, up, down, left, right in
            let (own, a, b, c, d) = (row(site), row(up), row(down), row(left), row(right))
            for f in 0..<lines {
                target[f] = Scalar.rectified(bias[f] + (own[f] + ((a[f] + b[f]) + (c[f] + d[f]))))
            }
            target += lines
        }
    }

    /// target += the sum over each site and its neighbours: A^ times 5, of adjoints.
    /// - Parameter target: the row that a site's sum goes to.
    @inline(__always)
    func spread<Scalar: RowScalar>(
        _ lines: Int, _ adjoints: UnsafePointer<Scalar.Vector>, _: Scalar.Type,
        target: (_ site: Int) -> UnsafeMutablePointer<Scalar.Vector>
    ) {
        eachSite { site, up, down, left, right in
            let (own, a, b) = (adjoints + site &* lines, adjoints + up &* lines, adjoints + down &* lines)
            let (c, d) = (adjoints + left &* lines, adjoints + right &* lines)
            let sum = target(site)
            for f in 0..<lines { sum[f] += own[f] + ((a[f] + b[f]) + (c[f] + d[f])) }
        }
    }

    /// sums = the sum over each site and its neighbours.
    @inline(__always)
    func sum<Scalar: RowScalar>(
        _ lines: Int, _ adjoints: UnsafePointer<Scalar.Vector>, into sums: UnsafeMutablePointer<Scalar.Vector>,
        _: Scalar.Type
    ) {
        eachSite { site, up, down, left, right in
            let (own, a, b) = (adjoints + site &* lines, adjoints + up &* lines, adjoints + down &* lines)
            let (c, d) = (adjoints + left &* lines, adjoints + right &* lines)
            let target = sums + site &* lines
            for f in 0..<lines { target[f] = own[f] + ((a[f] + b[f]) + (c[f] + d[f])) }
        }
    }
}

// MARK: - Pooling

extension Torus {
    /// Mean and maximum of each block side by side, 2 x `lines`, and the mean over all sites.
    @inline(__always)
    func pool<Scalar: RowScalar>(
        _ lines: Int, _ values: UnsafePointer<Scalar.Vector>, into pooled: UnsafeMutablePointer<Scalar.Vector>,
        mean: UnsafeMutablePointer<Scalar.Vector>, _: Scalar.Type, while mayGoOn: () -> Bool = { true }
    ) {
        let quarter: Scalar = 0.25
        mean.update(repeating: Scalar.Vector(repeating: 0), count: lines)
        eachBlock(while: mayGoOn) { block, first, below in
            let (a, c) = (values + first &* lines, values + below &* lines)
            let (b, d) = (a + lines, c + lines)
            let target = pooled + 2 &* block &* lines
            for f in 0..<lines {
                let average = ((a[f] + b[f]) + (c[f] + d[f])) * quarter
                target[f] = average
                target[lines &+ f] = Scalar.larger(Scalar.larger(a[f], b[f]), Scalar.larger(c[f], d[f]))
                mean[f] += average
            }
        }
        let share = 4 / Scalar(sites)
        for f in 0..<lines { mean[f] *= share }
    }

    /// The mean over all sites.
    @inline(__always)
    func mean<Scalar: RowScalar>(
        _ lines: Int, _ values: UnsafePointer<Scalar.Vector>, into mean: UnsafeMutablePointer<Scalar.Vector>,
        _: Scalar.Type
    ) {
        mean.update(repeating: Scalar.Vector(repeating: 0), count: lines)
        for site in 0..<sites {
            for f in 0..<lines { mean[f] += values[site &* lines &+ f] }
        }
        let share = 1 / Scalar(sites)
        for f in 0..<lines { mean[f] *= share }
    }

    /// From adjoints of the pooled features and of the mean to those of what `convolve` rectified.
    /// That of a maximum goes to the first site that has it.
    ///
    /// - Parameter biasGradient: receives the sum over all sites.
    @inline(__always)
    func poolBackward<Scalar: RowScalar>(
        _ lines: Int, _ values: UnsafePointer<Scalar.Vector>, pooled: UnsafePointer<Scalar.Vector>,
        mean: UnsafePointer<Scalar.Vector>, into adjoints: UnsafeMutablePointer<Scalar.Vector>,
        biasGradient: UnsafeMutablePointer<Scalar.Vector>, _: Scalar.Type
    ) {
        let (share, quarter) = (1 / Scalar(sites), 0.25 as Scalar)
        eachBlock { block, first, below in
            let (a, c) = (values + first &* lines, values + below &* lines)
            let (b, d) = (a + lines, c + lines)
            let (da, dc) = (adjoints + first &* lines, adjoints + below &* lines)
            let (db, dd) = (da + lines, dc + lines)
            let outer = pooled + 2 &* block &* lines
            for f in 0..<lines {
                let average = mean[f] * share + outer[f] * quarter
                let largest = outer[lines &+ f]
                let top = Scalar.larger(Scalar.larger(a[f], b[f]), Scalar.larger(c[f], d[f]))
                // 1 where the largest value is none of those before.
                let left2 = Scalar.step(top - a[f])
                let left3 = left2 * Scalar.step(top - b[f])
                let left4 = left3 * Scalar.step(top - c[f])
                let one = Scalar.step(a[f]) * (average + largest * (1 - left2))
                let two = Scalar.step(b[f]) * (average + largest * (left2 - left3))
                let three = Scalar.step(c[f]) * (average + largest * (left3 - left4))
                let four = Scalar.step(d[f]) * (average + largest * left4)
                (da[f], db[f], dc[f], dd[f]) = (one, two, three, four)
                biasGradient[f] += (one + two) + (three + four)
            }
        }
    }

    /// The same where there is only the mean.
    @inline(__always)
    func meanBackward<Scalar: RowScalar>(
        _ lines: Int, _ values: UnsafePointer<Scalar.Vector>, mean: UnsafePointer<Scalar.Vector>,
        into adjoints: UnsafeMutablePointer<Scalar.Vector>, biasGradient: UnsafeMutablePointer<Scalar.Vector>,
        _: Scalar.Type
    ) {
        let share = 1 / Scalar(sites)
        for site in 0..<sites {
            for f in 0..<lines {
                let value = Scalar.step(values[site &* lines &+ f]) * mean[f] * share
                adjoints[site &* lines &+ f] = value
                biasGradient[f] += value
            }
        }
    }
}
