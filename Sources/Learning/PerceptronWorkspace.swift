import Numerics

/// Everything one thread needs to run a perceptron forward and backward on one block of samples, in
/// either precision. Allocated once; the passes allocate nothing.
///
/// The passes compute, lane by lane and for the network y = N(x):
/// - `forward`: y;
/// - `pushforward`: its directional derivative  y' = dN(x)/dx . t;
/// - `backward`: the adjoints of x (and of the parameters) for given adjoints of y and, after
///   `pushforward`, of y'. With zero adjoint of y and unit adjoint of y' this is the gradient
///   of t . grad N: a Hessian-vector product, and the derivative of a force in the parameters,
///   without ever forming a Hessian.
public final class PerceptronWorkspace<Scalar: SampleScalar> {
    public typealias Block = SampleBlock<Scalar>

    /// What a hidden layer keeps from the forward pass for the backward pass. Blocks, one per unit.
    struct Trace {
        let normalised, normalisedTangent, inverseDeviation: UnsafeMutablePointer<Block>
        let linearTangent: UnsafeMutablePointer<Block>
        let slope, curvature, bend: UnsafeMutablePointer<Block>  // phi'(n), phi''(n), phi''(n) n'
        let output, outputTangent: UnsafeMutablePointer<Block>
    }

    public let shape: Perceptron
    /// (inputs) blocks each: the samples, the tangent direction, and the resulting adjoint of x.
    public let input, inputTangent, inputAdjoint: UnsafeMutablePointer<Block>
    /// (outputs) blocks each: the network's values, their tangents, and the adjoints of both.
    public let output, outputTangent, outputAdjoint, outputTangentAdjoint: UnsafeMutablePointer<Block>

    let traces: [Trace]
    /// Adjoints of the layer that `backward` has reached, and of the one before it.
    var adjoint, tangentAdjoint, nextAdjoint, nextTangentAdjoint: UnsafeMutablePointer<Block>
    private let storage: Buffer<Block>
    private var check: StopCheck

    /// - Parameter progress: polled by the passes. Once it is stopped they end at the next layer, and
    ///   what they compute is undefined.
    public init(_ shape: Perceptron, progress: Progress? = nil) throws(Failure) {
        (self.shape, check) = (shape, StopCheck(progress))
        let widest = PerceptronWorkspace.widest(shape)
        storage = try Buffer(count: PerceptronWorkspace.blockCount(shape))
        var next = storage.base
        func take(_ count: Int) -> UnsafeMutablePointer<Block> {
            defer { next += count }
            return next
        }
        (input, inputTangent, inputAdjoint) = (take(shape.inputs), take(shape.inputs), take(shape.inputs))
        (output, outputTangent) = (take(shape.outputs), take(shape.outputs))
        (outputAdjoint, outputTangentAdjoint) = (take(shape.outputs), take(shape.outputs))
        (adjoint, tangentAdjoint) = (take(widest), take(widest))
        (nextAdjoint, nextTangentAdjoint) = (take(widest), take(widest))
        traces = shape.hidden.map { width in
            Trace(
                normalised: take(width), normalisedTangent: take(width), inverseDeviation: take(1),
                linearTangent: take(width), slope: take(width), curvature: take(width),
                bend: take(width), output: take(width), outputTangent: take(width))
        }
    }

    /// Whether a pass may go on to a layer.
    @inline(__always)
    func mayEnter(_ layer: Perceptron.Layer) -> Bool {
        check.mayGoOn(Block.width * layer.inputs * layer.outputs)
    }
}

extension PerceptronWorkspace {
    private static func widest(_ shape: Perceptron) -> Int {
        max(shape.hidden.max()!, shape.inputs, shape.outputs)
    }

    /// Blocks of memory that a workspace takes.
    public static func blockCount(_ shape: Perceptron) -> Int {
        3 * shape.inputs + 4 * shape.outputs + 4 * widest(shape)
            + shape.hidden.reduce(0) { $0 + 8 * $1 + 1 }
    }

    /// Loads samples `first ..< first + Block.width` of a (count, inputs) array; lanes past the end
    /// repeat the last sample.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func load(_ samples: UnsafePointer<Double>, first: Int, count: Int) {
        Learning.load(samples, width: shape.inputs, into: input, first: first, count: count)
    }
}

/// Reads samples `first ..< first + 32` of a (count, width) array into lanes; those past the end
/// repeat the last sample.
@_specialize(where Scalar == Double)
@_specialize(where Scalar == Float)
public func load<Scalar: SampleScalar>(
    _ samples: UnsafePointer<Double>, width: Int, into blocks: UnsafeMutablePointer<SampleBlock<Scalar>>,
    first: Int, count: Int
) {
    for i in 0..<width {
        let lanes = UnsafeMutableRawPointer(blocks + i).assumingMemoryBound(to: Scalar.self)
        for lane in 0..<SampleBlock<Scalar>.width {
            lanes[lane] = Scalar(samples[min(first + lane, count - 1) * width + i])
        }
    }
}

/// Writes the lanes that stand for samples back into a (count, width) array.
@_specialize(where Scalar == Double)
@_specialize(where Scalar == Float)
public func store<Scalar: SampleScalar>(
    _ blocks: UnsafePointer<SampleBlock<Scalar>>, width: Int, into samples: UnsafeMutablePointer<Double>,
    first: Int, count: Int
) {
    for i in 0..<width {
        let lanes = UnsafeRawPointer(blocks + i).assumingMemoryBound(to: Scalar.self)
        for lane in 0..<min(SampleBlock<Scalar>.width, count - first) {
            samples[(first + lane) * width + i] = Double(lanes[lane])
        }
    }
}
