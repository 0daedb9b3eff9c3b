import Learning
import Numerics

/// The energy of the latent variables that the flow induces (Eq. 6 of Li & Wang),
///
///     U(z) = -ln pi(g(z)) - ln |det dg/dz|,
///
/// in single precision: an error of 1e-4 of U, by which an acceptance may be off.
package final class LatentPotential: Potential {
    package let dimension: Int
    private let parameters: Buffer<Float>
    private let workspaces: [(tile: FlowTile<Float>, target: any TargetDensity<Float>)]
    private let progress: Progress
    package var isStopped: Bool { progress.isStopped }

    /// - Parameter chains: the most that will be evaluated at once.
    package init(_ model: FlowModel, chains: Int, progress: Progress = .none) throws(Failure) {
        dimension = model.shape.sites
        parameters = try model.packed(Float.self)
        self.progress = progress
        var workspaces: [(FlowTile<Float>, any TargetDensity<Float>)] = []
        for _ in 0..<min((chains + 31) / 32, mostWorkspaces) {
            workspaces.append(
                (
                    try FlowTile(model.shape, trains: false, progress: progress),
                    try model.target.density(Float.self, progress: progress)
                ))
        }
        self.workspaces = workspaces
    }

    package func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        eachTile(of: count, workspaces, progress) { workspace, first, rows in
            let tile = workspace.tile
            tile.load(positions, first: first, count: count)
            for i in 0..<n { tile.adjoints[i] = SampleBlock(repeating: 0) }
            let determinant = tile.decode(parameters.base)
            let logDensity = workspace.target.logDensity(
                tile.sites, rows: rows, weight: SampleBlock(repeating: -1), addingGradientTo: tile.adjoints)
            tile.decodeBackward(parameters.base, weight: SampleBlock(repeating: -1))
            if progress.isStopped { return }
            for row in 0..<rows { energy[first + row] = -Double((logDensity + determinant)[row]) }
            store(tile.adjoints, width: n, into: gradient + first * n, first: 0, count: rows)
        }
    }
}

/// U(x) = -ln pi(x), the energy of the physical variables.
package final class PhysicalPotential: Potential {
    package let dimension: Int
    private let workspaces:
        [(kernel: any TargetDensity<Double>, x: Buffer<SampleBlock<Double>>, slope: Buffer<SampleBlock<Double>>)]
    private let progress: Progress
    package var isStopped: Bool { progress.isStopped }

    package init(_ target: any Target, chains: Int, progress: Progress = .none) throws(Failure) {
        dimension = target.sites
        self.progress = progress
        var workspaces: [(any TargetDensity<Double>, Buffer<SampleBlock<Double>>, Buffer<SampleBlock<Double>>)] = []
        for _ in 0..<min((chains + 31) / 32, mostWorkspaces) {
            workspaces.append(
                (
                    try target.density(Double.self, progress: progress), try Buffer(count: target.sites),
                    try Buffer(count: target.sites)
                ))
        }
        self.workspaces = workspaces
    }

    package func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        eachTile(of: count, workspaces, progress) { workspace, first, rows in
            let (kernel, x, slope) = workspace
            load(positions, width: n, into: x.base, first: first, count: count)
            for i in 0..<n { slope.base[i] = SampleBlock(repeating: 0) }
            let density = kernel.logDensity(
                x.base, rows: rows, weight: SampleBlock(repeating: -1), addingGradientTo: slope.base)
            for row in 0..<rows { energy[first + row] = -density[row] }
            store(slope.base, width: n, into: gradient + first * n, first: 0, count: rows)
        }
    }
}
