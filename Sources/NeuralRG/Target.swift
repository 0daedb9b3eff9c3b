import Learning
import Numerics

/// A density pi(x) of L x L numbers, known up to a factor: what a flow learns (Eq. 3 of Li & Wang).
public protocol Target: Sendable {
    /// Numbers of a configuration.
    var sites: Int { get }

    /// What one thread needs to evaluate it.
    /// - Parameter progress: stopped when the density cannot be had.
    func density<Scalar: SampleScalar>(
        _: Scalar.Type, progress: Progress
    ) throws(Failure) -> any TargetDensity<Scalar>
}

/// ln pi of tiles of 32 configurations, in the precision of a kernel.
public protocol TargetDensity<Scalar>: AnyObject {
    associatedtype Scalar: SampleScalar

    /// ln pi(x); `weight` times its gradient is added to `gradient`.
    /// - Parameter rows: lanes that count, 1 to 32. Those of the others are undefined.
    func logDensity(
        _ x: UnsafePointer<SampleBlock<Scalar>>, rows: Int, weight: SampleBlock<Scalar>,
        addingGradientTo gradient: UnsafeMutablePointer<SampleBlock<Scalar>>?
    ) -> SampleBlock<Scalar>
}

extension Target {
    /// ln pi(x) of rows of (count, L^2) numbers.
    public func logDensity(
        _ samples: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Double>,
        progress: Progress = .none
    ) throws(Failure) {
        var workspaces: [(any TargetDensity<Double>, Buffer<SampleBlock<Double>>)] = []
        for _ in 0..<min((count + 31) / 32, mostWorkspaces) {
            workspaces.append((try density(Double.self, progress: progress), try Buffer(count: sites)))
        }
        eachTile(of: count, workspaces, progress) { workspace, first, rows in
            let (density, x) = workspace
            load(samples, width: sites, into: x.base, first: first, count: count)
            let values = values + first
            let found = density.logDensity(
                x.base, rows: rows, weight: SampleBlock(repeating: 1), addingGradientTo: nil)
            for lane in 0..<rows { values[lane] = found[lane] }
            progress.advance(by: rows)
        }
        try progress.check("evaluation was interrupted")
    }
}
