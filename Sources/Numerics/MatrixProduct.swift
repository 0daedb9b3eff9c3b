/// C = alpha op(A) op(B) + beta C, row-major, where op is the identity or the transpose.
///
/// Sums run over ascending k in runs of 256, whatever the number of threads: equal arguments give
/// equal bits. With `beta == 0`, C is written without being read.
///
/// - Parameters:
///   - m, n, k: op(A) is (m, k), op(B) is (k, n), C is (m, n); each may be zero.
///   - a: (m, k), or (k, m) if `transposeA`; consecutive rows are `lda` elements apart.
///   - b: (k, n), or (n, k) if `transposeB`; consecutive rows are `ldb` elements apart.
///   - c: (m, n), rows `ldc` apart; must not overlap a or b.
/// - Precondition: sizes are not negative, leading dimensions are not below the length of a row.
public func matmul(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int,
    alpha: Float = 1, _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int,
    beta: Float = 0, _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
    product(
        Operand(base: a, stride: lda, transposed: transposeA), Operand(base: b, stride: ldb, transposed: transposeB),
        (m, n, k), alpha, beta, c, ldc)
}

/// C = alpha op(A) op(B) + beta C in double precision; see the single precision form.
public func matmul(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int,
    alpha: Double = 1, _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int,
    beta: Double = 0, _ c: UnsafeMutablePointer<Double>, ldc: Int
) {
    product(
        Operand(base: a, stride: lda, transposed: transposeA), Operand(base: b, stride: ldb, transposed: transposeB),
        (m, n, k), alpha, beta, c, ldc)
}

private struct Operand<Scalar: TileScalar>: @unchecked Sendable {
    let base: UnsafePointer<Scalar>
    let stride: Int
    let transposed: Bool

    func fits(rows: Int, columns: Int) -> Bool { stride >= (transposed ? rows : columns) }
}

/// Block sizes: a panel of B (256 lines of 64 bytes) and six rows of A share the L1 cache, a block
/// of A and one of B the L2 cache.
private let depthBlock = 256
private let rowBlock = 96
private let panelBlock = 16

private func product<Scalar: TileScalar>(
    _ a: Operand<Scalar>, _ b: Operand<Scalar>, _ size: (m: Int, n: Int, k: Int), _ alpha: Scalar, _ beta: Scalar,
    _ c: UnsafeMutablePointer<Scalar>, _ ldc: Int
) {
    precondition(size.m >= 0 && size.n >= 0 && size.k >= 0 && ldc >= size.n)
    precondition(a.fits(rows: size.m, columns: size.k) && b.fits(rows: size.k, columns: size.n))
    if size.k == 0 || alpha == 0 {
        for i in 0..<size.m {
            for j in 0..<size.n { c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j] }
        }
        return
    }
    // Tasks are blocks of C of about 4 million operations or more, cut along its longer side.
    let operations = Double(size.m) * Double(size.n) * Double(size.k)
    let wanted = threadCount == 1 ? 1 : Int(min(Double(2 * threadCount), operations / 2e6))
    let byRows = size.m >= size.n
    let unit = byRows ? 6 : Scalar.lanes
    let extent = byRows ? size.m : size.n
    let units = (extent + unit - 1) / unit
    let tasks = max(1, min(wanted, units))
    parallelFor(tasks) { task in
        let part = min(extent, task * units / tasks * unit)..<min(extent, (task + 1) * units / tasks * unit)
        block(
            a, b, rows: byRows ? part : 0..<size.m, columns: byRows ? 0..<size.n : part, depth: size.k,
            alpha, beta, c, ldc)
    }
}

/// One thread's part of C.
private func block<Scalar: TileScalar>(
    _ a: Operand<Scalar>, _ b: Operand<Scalar>, rows: Range<Int>, columns: Range<Int>, depth: Int,
    _ alpha: Scalar, _ beta: Scalar, _ c: UnsafeMutablePointer<Scalar>, _ ldc: Int
) {
    let lanes = Scalar.lanes
    let longest = min(depth, depthBlock)
    let panels = min((columns.count + lanes - 1) / lanes, panelBlock)
    let packedB = UnsafeMutableRawPointer.allocate(byteCount: panels * longest * 64, alignment: 64)
        .assumingMemoryBound(to: Scalar.self)
    defer { packedB.deallocate() }
    let packedA = UnsafeMutablePointer<Scalar>.allocate(
        capacity: a.transposed ? min((rows.count + 5) / 6 * 6, rowBlock) * longest : 0)
    defer { packedA.deallocate() }

    for left in stride(from: columns.lowerBound, to: columns.upperBound, by: panelBlock * lanes) {
        let right = min(left + panelBlock * lanes, columns.upperBound)
        for start in stride(from: 0, to: depth, by: depthBlock) {
            let length = min(depth - start, depthBlock)
            let carried = start == 0 ? beta : 1
            pack(b, start, length, left..<right, packedB)
            for top in stride(from: rows.lowerBound, to: rows.upperBound, by: rowBlock) {
                let bottom = min(top + rowBlock, rows.upperBound)
                if a.transposed { packRows(a, start, length, top..<bottom, packedA) }
                for j in stride(from: left, to: right, by: lanes) {
                    for i in stride(from: top, to: bottom, by: 6) {
                        let count = min(6, bottom - i)
                        var first = UnsafePointer<Scalar>(packedA) + (i - top) * length
                        if !a.transposed { first = a.base + (i * a.stride + start) }
                        Scalar.tile(
                            length, sixRows(first, a.transposed ? 1 : a.stride, count), a.transposed ? 6 : 1,
                            packedB + (j - left) * length, alpha, carried, c + (i * ldc + j), ldc, count,
                            min(lanes, right - j))
                    }
                }
            }
        }
    }
}

/// Pointers to six rows; those that do not exist repeat the last one.
private func sixRows<Scalar>(_ first: UnsafePointer<Scalar>, _ apart: Int, _ count: Int) -> SixRows<Scalar> {
    func row(_ r: Int) -> UnsafePointer<Scalar> { first + min(r, count - 1) * apart }
    return (row(0), row(1), row(2), row(3), row(4), row(5))
}

/// Copies k = `start ..< start + length` of some columns of op(B) into panels of shape
/// (length, lanes), one after the other; columns that do not exist become zero.
private func pack<Scalar: TileScalar>(
    _ b: Operand<Scalar>, _ start: Int, _ length: Int, _ columns: Range<Int>, _ panels: UnsafeMutablePointer<Scalar>
) {
    let lanes = Scalar.lanes
    let whole = columns.count / lanes
    let rest = columns.count % lanes
    let last = panels + whole * lanes * length
    if rest > 0 { last.update(repeating: 0, count: lanes * length) }
    if b.transposed {
        for j in 0..<columns.count {
            let column = b.base + ((columns.lowerBound + j) * b.stride + start)
            let target = panels + (j / lanes * lanes * length + j % lanes)
            for p in 0..<length { target[p &* lanes] = column[p] }
        }
        return
    }
    for p in 0..<length {
        let line = b.base + ((start + p) * b.stride + columns.lowerBound)
        let target = UnsafeMutableRawPointer(panels + p * lanes)
        for j in 0..<whole {
            let bits = UnsafeRawPointer(line + j &* lanes).loadUnaligned(as: SIMD8<UInt64>.self)
            target.storeBytes(of: bits, toByteOffset: j &* length &* 64, as: SIMD8<UInt64>.self)
        }
        for j in 0..<rest { last[p &* lanes &+ j] = line[whole &* lanes &+ j] }
    }
}

/// Copies k = `start ..< start + length` of some rows of a transposed A into panels of shape
/// (length, 6), one after the other. Rows that do not exist are left alone, for no one reads them.
private func packRows<Scalar: TileScalar>(
    _ a: Operand<Scalar>, _ start: Int, _ length: Int, _ rows: Range<Int>, _ panels: UnsafeMutablePointer<Scalar>
) {
    let whole = rows.count / 6
    for p in 0..<length {
        let line = a.base + ((start + p) * a.stride + rows.lowerBound)
        for i in 0..<whole {
            let source = line + i &* 6
            let target = panels + (i &* length &+ p) &* 6
            for r in 0..<6 { target[r] = source[r] }
        }
        for i in whole &* 6..<rows.count { panels[(whole &* length &+ p) &* 6 &+ i &- whole &* 6] = line[i] }
    }
}
