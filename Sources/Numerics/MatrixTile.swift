/// The register tile of `matmul`: six rows of A against a panel of B one cache line wide. On AVX2
/// that is 12 accumulators, 2 registers of B and 1 broadcast of A, and 2 FMAs per cycle hide the
/// latency of 4 cycles.
protocol TileScalar: BinaryFloatingPoint {
    /// Elements in a cache line: the width of a tile.
    static var lanes: Int { get }

    /// C = alpha A B + beta C for six rows of A and one packed panel of B.
    ///
    /// - Parameters:
    ///   - a: six pointers to the rows; element p of a row is `step` p further.
    ///   - b: shape (depth, lanes), packed.
    ///   - rows, columns: the part of the tile that exists in C.
    static func tile(
        _ depth: Int, _ a: SixRows<Self>, _ step: Int, _ b: UnsafePointer<Self>,
        _ alpha: Self, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int, _ rows: Int, _ columns: Int)
}

typealias SixRows<Scalar> = (
    UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>,
    UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>
)

extension Float: TileScalar {
    static var lanes: Int { 16 }

    static func tile(
        _ depth: Int, _ a: SixRows<Float>, _ step: Int, _ b: UnsafePointer<Float>,
        _ alpha: Float, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ rows: Int, _ columns: Int
    ) {
        var (c0, c1, c2) = (SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>())
        var (c3, c4, c5) = (SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>())
        var b = UnsafeRawPointer(b).assumingMemoryBound(to: SIMD16<Float>.self)
        var p = 0
        for _ in 0..<depth {
            let row = b.pointee
            c0 = c0.addingProduct(SIMD16(repeating: a.0[p]), row)
            c1 = c1.addingProduct(SIMD16(repeating: a.1[p]), row)
            c2 = c2.addingProduct(SIMD16(repeating: a.2[p]), row)
            c3 = c3.addingProduct(SIMD16(repeating: a.3[p]), row)
            c4 = c4.addingProduct(SIMD16(repeating: a.4[p]), row)
            c5 = c5.addingProduct(SIMD16(repeating: a.5[p]), row)
            b += 1
            p &+= step
        }
        var sums = (c0, c1, c2, c3, c4, c5)
        withUnsafePointer(to: &sums) {
            $0.withMemoryRebound(to: SIMD16<Float>.self, capacity: 6) { sums in
                for r in 0..<rows {
                    let target = c + r &* ldc
                    if columns == 16 {
                        let old = UnsafeRawPointer(target).loadUnaligned(as: SIMD16<Float>.self)
                        let new =
                            beta == 0 ? alpha * sums[r] : (beta * old).addingProduct(SIMD16(repeating: alpha), sums[r])
                        UnsafeMutableRawPointer(target).storeBytes(of: new, as: SIMD16<Float>.self)
                    } else {
                        for j in 0..<columns {
                            target[j] =
                                beta == 0 ? alpha * sums[r][j] : (beta * target[j]).addingProduct(alpha, sums[r][j])
                        }
                    }
                }
            }
        }
    }
}

extension Double: TileScalar {
    static var lanes: Int { 8 }

    static func tile(
        _ depth: Int, _ a: SixRows<Double>, _ step: Int, _ b: UnsafePointer<Double>,
        _ alpha: Double, _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int, _ rows: Int, _ columns: Int
    ) {
        var (c0, c1, c2) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
        var (c3, c4, c5) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
        var b = UnsafeRawPointer(b).assumingMemoryBound(to: SIMD8<Double>.self)
        var p = 0
        for _ in 0..<depth {
            let row = b.pointee
            c0 = c0.addingProduct(SIMD8(repeating: a.0[p]), row)
            c1 = c1.addingProduct(SIMD8(repeating: a.1[p]), row)
            c2 = c2.addingProduct(SIMD8(repeating: a.2[p]), row)
            c3 = c3.addingProduct(SIMD8(repeating: a.3[p]), row)
            c4 = c4.addingProduct(SIMD8(repeating: a.4[p]), row)
            c5 = c5.addingProduct(SIMD8(repeating: a.5[p]), row)
            b += 1
            p &+= step
        }
        var sums = (c0, c1, c2, c3, c4, c5)
        withUnsafePointer(to: &sums) {
            $0.withMemoryRebound(to: SIMD8<Double>.self, capacity: 6) { sums in
                for r in 0..<rows {
                    let target = c + r &* ldc
                    if columns == 8 {
                        let old = UnsafeRawPointer(target).loadUnaligned(as: SIMD8<Double>.self)
                        let new =
                            beta == 0 ? alpha * sums[r] : (beta * old).addingProduct(SIMD8(repeating: alpha), sums[r])
                        UnsafeMutableRawPointer(target).storeBytes(of: new, as: SIMD8<Double>.self)
                    } else {
                        for j in 0..<columns {
                            target[j] =
                                beta == 0 ? alpha * sums[r][j] : (beta * target[j]).addingProduct(alpha, sums[r][j])
                        }
                    }
                }
            }
        }
    }
}
