import Learning
import Numerics
import Testing

import NeuralRG

/// The transformation and its adjoints in double precision.
@Suite struct FlowTests {
    typealias Block = SampleBlock<Double>

    struct Kind {
        var structure = Structure.mera
        var bijector = Bijector.coupling
        var rows = 4
        var columns = 4
        var block = 2
        var neighbours = false

        var shape: FlowShape {
            get throws {
                let hierarchy = try Hierarchy(
                    structure, grid: Grid(rows: rows, columns: columns), block: block, repeats: 1)
                if bijector == .linear { return FlowShape(linear: hierarchy) }
                let masks = FlowShape.halfMasks(hierarchy, layers: 3, seed: 7)
                return try FlowShape(hierarchy, hidden: [5, 4], masks: masks, neighbours: neighbours)
            }
        }
    }

    static let structures: [Structure] = [.mera, .tebd, .tree]
    /// Each structure and bijector on a square, and then with other shapes, blocks and conditioners.
    static let kinds: [Kind] = {
        var kinds: [Kind] = []
        for bijector in Bijector.allCases {
            for structure in structures { kinds.append(Kind(structure: structure, bijector: bijector)) }
            for (rows, columns) in [(8, 2), (2, 8), (1, 8)] {
                kinds.append(Kind(bijector: bijector, rows: rows, columns: columns))
            }
            kinds.append(Kind(bijector: bijector, rows: 8, columns: 4, block: 4))
            kinds.append(Kind(structure: .tebd, bijector: bijector, rows: 1, columns: 16, block: 4))
            kinds.append(Kind(structure: .tree, bijector: bijector, rows: 8, columns: 8, block: 4))
        }
        for structure in structures { kinds.append(Kind(structure: structure, neighbours: true)) }
        for (rows, columns) in [(8, 2), (1, 8)] { kinds.append(Kind(rows: rows, columns: columns, neighbours: true)) }
        kinds.append(Kind(rows: 8, columns: 4, block: 4, neighbours: true))
        return kinds
    }()

    /// Parameters with scales that are not zero; linear bijectors that are no symmetric matrices.
    static func parameters(_ shape: FlowShape) throws -> Buffer<Double> {
        let parameters = try Buffer<Double>(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: 3)
        var random = RandomStream(seed: 1, purpose: .test)
        if shape.bijector == .linear {
            for i in 0..<shape.parameterCount { parameters[i] += 0.2 * random.nextNormal()[0] }
            return parameters
        }
        for place in shape.scalePlaces { parameters[place] = 0.5 + random.nextUniform()[0] }
        return parameters
    }

    static func packed(_ shape: FlowShape, _ parameters: Buffer<Double>) throws -> Buffer<Double> {
        let packed = try Buffer<Double>(count: shape.packedCount)
        shape.pack(parameters.base, into: packed.base)
        return packed
    }

    static func fill(_ tile: FlowTile<Double>, seed: UInt64 = 5) {
        var random = RandomStream(seed: seed, purpose: .test)
        for i in 0..<tile.shape.sites {
            for lane in 0..<Block.width { tile.sites[i][lane] = random.nextNormal()[0] }
        }
    }

    @Test(arguments: kinds) func encodingUndoesDecoding(kind: Kind) throws {
        let shape = try kind.shape
        let packed = try Self.packed(shape, try Self.parameters(shape))
        let tile = try FlowTile<Double>(shape, trains: false)
        Self.fill(tile)
        let start = (0..<shape.sites).map { tile.sites[$0] }
        let forward = tile.decode(packed.base)
        #expect(abs(forward[0]) > 0.01)
        let moved = (0..<shape.sites).contains { abs(tile.sites[$0][0] - start[$0][0]) > 0.1 }
        #expect(moved)
        let back = tile.encode(packed.base)
        for lane in 0..<Block.width { #expect(abs(forward[lane] + back[lane]) < 1e-11) }
        for i in 0..<shape.sites { #expect(abs(tile.sites[i][3] - start[i][3]) < 1e-11) }
    }

    /// ln |det dx/dz| against the determinant of a numerical Jacobian, both directions.
    @Test(arguments: kinds) func logDeterminantEqualsThatOfTheJacobian(kind: Kind) throws {
        let shape = try kind.shape
        let packed = try Self.packed(shape, try Self.parameters(shape))
        let tile = try FlowTile<Double>(shape, trains: false)
        let n = shape.sites
        for encodes in [false, true] {
            func image(_ start: [Double]) -> (end: [Double], logDeterminant: Double) {
                for i in 0..<n { tile.sites[i] = Block(repeating: start[i]) }
                let value = encodes ? tile.encode(packed.base) : tile.decode(packed.base)
                return ((0..<n).map { tile.sites[$0][0] }, value[0])
            }
            var random = RandomStream(seed: 9, purpose: .test)
            let start = (0..<n).map { _ in random.nextNormal()[0] }
            var jacobian = [Double](repeating: 0, count: n * n)
            let h = 1e-5
            for j in 0..<n {
                var (up, down) = (start, start)
                (up[j], down[j]) = (start[j] + h, start[j] - h)
                let (a, b) = (image(up).end, image(down).end)
                for i in 0..<n { jacobian[i * n + j] = (a[i] - b[i]) / (2 * h) }
            }
            #expect(abs(logAbsoluteDeterminant(jacobian, n) - image(start).logDeterminant) < 1e-7)
        }
    }

    /// Adjoints of sites and parameters of a random linear function of (x, ln det) against finite
    /// differences, and the configurations restored.
    @Test(arguments: kinds, [false, true])
    func adjointsEqualFiniteDifferences(kind: Kind, encodes: Bool) throws {
        let shape = try kind.shape
        let parameters = try Self.parameters(shape)
        let tile = try FlowTile<Double>(shape, trains: true)
        let n = shape.sites
        var random = RandomStream(seed: 11, purpose: .test)
        let cotangent = (0..<n).map { _ in random.nextNormal()[0] }
        let weight = 0.7
        func loss(_ shift: (Int, Int, Double)? = nil, _ change: (Int, Double)? = nil) throws -> Double {
            let changed = try Buffer<Double>(count: shape.parameterCount)
            changed.base.update(from: parameters.base, count: shape.parameterCount)
            if let change { changed[change.0] += change.1 }
            let packed = try Self.packed(shape, changed)
            Self.fill(tile)
            if let shift { tile.sites[shift.0][shift.1] += shift.2 }
            let determinant = encodes ? tile.encode(packed.base) : tile.decode(packed.base)
            var total = weight * determinant.sum()
            for i in 0..<n { total += cotangent[i] * tile.sites[i].sum() }
            return total
        }
        _ = try loss()
        let packed = try Self.packed(shape, parameters)
        for i in 0..<n { tile.adjoints[i] = Block(repeating: cotangent[i]) }
        if encodes {
            tile.encodeBackward(packed.base, weight: Block(repeating: weight))
        } else {
            tile.decodeBackward(packed.base, weight: Block(repeating: weight))
        }
        let gradient = try Buffer<Double>(count: shape.parameterCount)
        shape.unpack(tile.gradient!.base, onto: gradient.base)
        let adjoint = (0..<n).map { tile.adjoints[$0][4] }
        let restored = (0..<n).map { tile.sites[$0][4] }
        Self.fill(tile)
        for i in 0..<n { #expect(abs(restored[i] - tile.sites[i][4]) < 1e-11) }
        let h = 1e-5
        for i in stride(from: 0, to: n, by: 3) {
            let slope = (try loss((i, 4, h)) - loss((i, 4, -h))) / (2 * h)
            #expect(abs(slope - adjoint[i]) < 1e-6 * (1 + abs(slope)))
        }
        for i in stride(from: 0, to: shape.parameterCount, by: max(7, shape.parameterCount / 60)) {
            let slope = (try loss(nil, (i, h)) - loss(nil, (i, -h))) / (2 * h)
            #expect(abs(slope - gradient[i]) < 1e-6 * (1 + abs(slope)))
        }
    }

    /// A singular matrix is told by its determinant.
    @Test func singularLinearBijectorsAreNotFinite() throws {
        let shape = try Kind(structure: .tree, bijector: .linear, rows: 2, columns: 2).shape
        let parameters = try Self.parameters(shape)
        for j in 0..<4 { parameters[j] = 2 * parameters[4 + j] }
        let packed = try Self.packed(shape, parameters)
        let tile = try FlowTile<Double>(shape, trains: false)
        Self.fill(tile)
        #expect(!tile.encode(packed.base)[0].isFinite || abs(tile.sites[0][0]) > 1e12)
    }

    @Test func hierarchyHasThePublishedParameterCount() throws {
        let hierarchy = try Hierarchy(.mera, grid: Grid(size: 16), repeats: 1)
        #expect(hierarchy.layers.map(\.blockCount) == [64, 64, 16, 16, 4, 4, 1, 1])
        let shape = try FlowShape(
            hierarchy, hidden: [10, 10, 10], masks: FlowShape.halfMasks(hierarchy, layers: 10, seed: 0))
        #expect(shape.parameterCount == 50560)
    }

    @Test func blocksOfEveryShapeCoverTheLattice() throws {
        for kind in Self.kinds {
            let hierarchy = try kind.shape.hierarchy
            for layer in hierarchy.layers {
                let count = Set(layer.sites).count
                #expect(count == layer.sites.count && layer.width > 1)
                // A neighbour is where its place in its own block says.
                let own = Set(layer.sites.indices.map { [Int(layer.sites[$0]), $0 % layer.width] })
                for (index, site) in layer.neighbours.enumerated() {
                    let place = layer.neighbourPlaces[index % layer.neighbourPlaces.count]
                    #expect(own.contains([Int(site), place]))
                }
            }
            let scales = hierarchy.latentScales
            #expect(kind.structure == .tebd ? scales.max() == 0 : scales.filter { $0 == scales.max() }.count == 1)
        }
        let mixed = try Hierarchy(.mera, grid: Grid(rows: 8, columns: 4), block: 4, repeats: 1)
        #expect(mixed.layers.map { [$0.rows, $0.columns] } == [[4, 4], [4, 4], [2, 1], [2, 1]])
    }

    /// Linear decoders begin as the inverse of the Haar transform, whatever the blocks.
    @Test func blocksOfFourBeginAsTheSameWavelets() throws {
        var ends: [[Double]] = []
        for block in [2, 4] {
            let shape = try Kind(structure: .tree, bijector: .linear, rows: 8, columns: 8, block: block).shape
            let parameters = try Buffer<Double>(count: shape.parameterCount)
            shape.initialise(parameters.base, seed: 3)
            let tile = try FlowTile<Double>(shape, trains: false)
            Self.fill(tile)
            let packed = try Self.packed(shape, parameters)
            #expect(abs(tile.decode(packed.base)[0]) < 1e-12)
            ends.append((0..<64).map { tile.sites[$0][2] })
        }
        #expect(zip(ends[0], ends[1]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    private func logAbsoluteDeterminant(_ matrix: [Double], _ n: Int) -> Double {
        var a = matrix
        var total = 0.0
        for k in 0..<n {
            let pivot = (k..<n).max { abs(a[$0 * n + k]) < abs(a[$1 * n + k]) }!
            if pivot != k { for j in 0..<n { a.swapAt(k * n + j, pivot * n + j) } }
            total += Numerics.log(SIMD8<Double>(repeating: abs(a[k * n + k])))[0]
            for i in k + 1..<n {
                let factor = a[i * n + k] / a[k * n + k]
                for j in k..<n { a[i * n + j] -= factor * a[k * n + j] }
            }
        }
        return total
    }
}
