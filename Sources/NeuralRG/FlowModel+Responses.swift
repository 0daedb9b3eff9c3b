import Learning
import Numerics

extension FlowModel {
    /// Mean and standard deviation over samples of the responses dz_i / dx of latent variables to
    /// all physical ones (Fig. 4a of Li & Wang). A linear transformation has no deviation.
    ///
    /// - Parameters:
    ///   - samples: x, shape (count, L^2).
    ///   - sites: the k latent variables, by the sites they live on.
    ///   - means: receives shape (k, L^2); `deviations` likewise.
    public func responses(
        _ samples: UnsafePointer<Double>, count: Int, sites: [Int],
        means: UnsafeMutablePointer<Double>, deviations: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        typealias Block = SampleBlock<Double>
        let (n, parameters) = (shape.sites, try packed(Double.self))
        // Sums over the samples of each workspace: they are added in its order, whatever the threads.
        var workspaces: [(tile: Tile, latents: Buffer<Block>, sums: Buffer<Double>)] = []
        for _ in 0..<min((count + 31) / 32, 8) {
            workspaces.append(
                (
                    try Tile(shape, trains: false, progress: progress), try Buffer(count: n),
                    try Buffer(count: 2 * sites.count * n)
                ))
        }
        eachTile(of: count, workspaces, progress) { workspace, first, rows in
            let (tile, latents, sums) = workspace
            tile.load(samples, first: first, count: count)
            _ = tile.encode(parameters.base)
            latents.base.update(from: tile.sites, count: n)
            for (k, site) in sites.enumerated() where !progress.isStopped {
                progress.poll()
                tile.sites.update(from: latents.base, count: n)
                tile.adjoints.update(repeating: Block(repeating: 0), count: n)
                tile.adjoints[site] = Block(repeating: 1)
                tile.encodeBackward(parameters.base, weight: Block(repeating: 0))
                for i in 0..<n {
                    let slope = tile.adjoints[i]
                    for lane in 0..<rows {
                        sums.base[2 * (k * n + i)] += slope[lane]
                        sums.base[2 * (k * n + i) + 1] += slope[lane] * slope[lane]
                    }
                }
            }
            progress.advance(by: rows)
        }
        try progress.check("evaluation was interrupted")
        for i in 0..<sites.count * n {
            let (sum, squares) = workspaces.reduce((0.0, 0.0)) {
                ($0.0 + $1.sums.base[2 * i], $0.1 + $1.sums.base[2 * i + 1])
            }
            means[i] = sum / Double(count)
            deviations[i] = max(0, squares / Double(count) - means[i] * means[i]).squareRoot()
        }
    }
}
