import Multilevel
import Numerics
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct MomentsTests {
    /// The second and the last one with fields beyond the bound.
    @Test(arguments: [(0.0, 0.02), (0.0, 0.2), (0.1, 0.02), (0.1, 0.2)])
    func sumsAgreeWithTheDefinitions(field: Double, random: Double) throws {
        let model = try Samples.model(16, field: field, random: random)
        let tables = try FieldTables(model)
        let given = Samples.random(64 * model.sites)
        let spins = try Buffer<UInt8>(count: 64 * model.sites)
        let block = SpinBlock(base: spins.base, size: 16)
        block.load(given, count: 64)
        let weights = (0..<64).map { Float($0 % 5) - 1 }
        let others = (0..<64).map { Float($0 % 3) }
        let plain = PlainSampler(model: model)
        for part in model.learned where part.basis.count > 0 {
            let siteClass = model.hierarchy.classes[part.index]
            let moments = try Moments(model.layouts[part.index])
            moments.add(block, tables.classes[part.index], residual: weights, curvature: others)
            let (residual, curvature) = try moments.sums(part.basis)
            let n = part.basis.count
            var expected = [Double](repeating: 0, count: n)
            var square = [Double](repeating: 0, count: n * n)
            for k in 0..<64 {
                let configuration = Array(given[k * model.sites..<(k + 1) * model.sites])
                for site in siteClass.sites {
                    let phi = plain.features(part, site: site, configuration)
                    let mean = tanh(plain.field(part, site: site, configuration))
                    for i in 0..<n {
                        expected[i] += Double(weights[k]) * (Double(configuration[site]) - mean) * phi[i]
                        for j in 0...i {
                            square[i * n + j] += Double(others[k]) * (1 - mean * mean) * phi[i] * phi[j]
                        }
                    }
                }
            }
            let scale = 1e-5 * Double(64 * siteClass.sites.count)
            for i in 0..<n {
                let size = Double(part.basis.orbits[i].products.count)
                #expect(abs(residual[i] - expected[i]) < scale * size, "\(siteClass.name) \(i)")
                for j in 0...i {
                    #expect(abs(curvature[i * n + j] - square[i * n + j]) < 4 * scale * size * 8, "\(siteClass.name)")
                }
            }
        }
    }

    @Test func theWalshTransformAgreesWithItsSum() throws {
        for bits in [0, 1, 2, 3, 4, 6] {
            let n = 1 << bits
            let x = (0..<n).map { Double(($0 * 7) % 5) - 1.5 }
            let buffer = try Buffer<Double>(count: n)
            for i in 0..<n { buffer[i] = x[i] }
            walshTransform(buffer.base, count: n)
            for set in 0..<n {
                let sum = (0..<n).reduce(0.0) { $0 + ((set & $1).nonzeroBitCount % 2 == 0 ? x[$1] : -x[$1]) }
                #expect(buffer[set] == sum)
            }
        }
    }
}
