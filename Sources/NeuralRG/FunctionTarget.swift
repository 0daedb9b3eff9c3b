import Learning
import Numerics

/// A density that a function of the caller evaluates.
public struct FunctionTarget: Target {
    /// Fills ln pi and, unless the place for it is nil, the gradient of `count` configurations, rows of
    /// `sites` numbers. False stops the computation.
    public typealias Function =
        @Sendable (
            _ x: UnsafePointer<Double>, _ count: Int, _ logDensity: UnsafeMutablePointer<Double>,
            _ gradient: UnsafeMutablePointer<Double>?
        ) -> Bool

    public let sites: Int
    let function: Function

    /// - Parameter function: may be called on several threads at once, with 1 to 32 configurations.
    public init(sites: Int, function: @escaping Function) {
        (self.sites, self.function) = (sites, function)
    }

    public func density<Scalar: SampleScalar>(
        _: Scalar.Type, progress: Progress
    ) throws(Failure) -> any TargetDensity<Scalar> {
        try FunctionDensity<Scalar>(self, progress)
    }
}

/// Rows for the function, from the tiles of a kernel and back.
final class FunctionDensity<Scalar: SampleScalar>: TargetDensity {
    typealias Block = SampleBlock<Scalar>

    private let target: FunctionTarget
    private let progress: Progress
    private let x, gradients, values: Buffer<Double>
    private let slopes: Buffer<Block>

    init(_ target: FunctionTarget, _ progress: Progress) throws(Failure) {
        (self.target, self.progress) = (target, progress)
        (x, gradients) = (try Buffer(count: 32 * target.sites), try Buffer(count: 32 * target.sites))
        (values, slopes) = (try Buffer(count: 32), try Buffer(count: target.sites))
    }

    func logDensity(
        _ x: UnsafePointer<Block>, rows: Int, weight: Block,
        addingGradientTo gradient: UnsafeMutablePointer<Block>?
    ) -> Block {
        let sites = target.sites
        var density = Block(repeating: 0)
        if progress.isStopped { return density }
        store(x, width: sites, into: self.x.base, first: 0, count: rows)
        guard target.function(self.x.base, rows, values.base, gradient == nil ? nil : gradients.base) else {
            progress.stop()
            return density
        }
        load(values.base, width: 1, into: &density, first: 0, count: rows)
        if let gradient {
            load(gradients.base, width: sites, into: slopes.base, first: 0, count: rows)
            for i in 0..<sites { gradient[i] = gradient[i].addingProduct(weight, slopes.base[i]) }
        }
        return density
    }
}
