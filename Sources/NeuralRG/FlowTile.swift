import Learning
import Numerics

/// 32 samples on their way through a network: configurations, adjoints, and the tools of one
/// thread. Allocated once per thread.
///
/// Directions are named once: `decode` carries latent variables to physical ones, `encode` physical
/// ones to latent ones. Both act in place on `sites`.
public final class FlowTile<Scalar: SampleScalar> {
    public typealias Block = SampleBlock<Scalar>

    package let shape: FlowShape
    private let kernel: CouplingKernel<Scalar>
    private let linear: LinearKernel<Scalar>
    /// One block for each site: the configurations, and the adjoints of what they are.
    public let sites, adjoints: UnsafeMutablePointer<Block>
    /// Adjoints of the packed parameters are added here.
    package let gradient: Buffer<Double>?
    private let storage: Buffer<Block>
    private let logDeterminant: UnsafeMutablePointer<Block>

    /// - Parameters:
    ///   - trains: whether adjoints of parameters will be wanted.
    ///   - progress: polled all the time; once it is stopped, what is computed is undefined.
    public init(_ shape: FlowShape, trains: Bool, progress: Progress? = nil) throws(Failure) {
        self.shape = shape
        kernel = try CouplingKernel(shape, trains: trains, progress: progress)
        linear = try LinearKernel(shape, progress: progress)
        storage = try Buffer(count: 2 * shape.sites + 1)
        sites = storage.base
        adjoints = sites + shape.sites
        logDeterminant = adjoints + shape.sites
        gradient = trains ? try Buffer(count: shape.packedCount) : nil
    }

    /// Decodes the layers in `range`, by default all, the coarsest first.
    /// - Returns: ln |det dx/dz|.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func decode(_ parameters: UnsafePointer<Scalar>, layers range: Range<Int>? = nil) -> Block {
        logDeterminant.pointee = Block(repeating: 0)
        for index in (range ?? 0..<shape.hierarchy.layers.count).reversed() {
            eachLinear(index) { linear.decode($0, parameters, sites, logDeterminant) }
            eachCoupling(index, reversed: false) { coupling in
                kernel.decode(coupling, parameters, sites, logDeterminant)
            }
        }
        return logDeterminant.pointee
    }

    /// Encodes the layers in `range`, by default all, the finest first.
    /// - Returns: ln |det dz/dx|.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func encode(_ parameters: UnsafePointer<Scalar>, layers range: Range<Int>? = nil) -> Block {
        logDeterminant.pointee = Block(repeating: 0)
        for index in range ?? 0..<shape.hierarchy.layers.count {
            eachLinear(index) { linear.encode($0, parameters, sites, logDeterminant) }
            eachCoupling(index, reversed: true) { coupling in
                kernel.encode(coupling, parameters, sites, logDeterminant)
            }
        }
        return logDeterminant.pointee
    }

    /// Undoes `decode` and carries `adjoints`, of what it gave, back to what it took.
    /// - Parameter weight: adjoint of the log-determinant.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func decodeBackward(_ parameters: UnsafePointer<Scalar>, weight: Block) {
        for index in shape.hierarchy.layers.indices {
            eachLinear(index) { layer in
                linear.decodeBackward(layer, parameters, sites, adjoints, weight: weight, gradient: gradient?.base)
            }
            eachCoupling(index, reversed: true) { coupling in
                kernel.decodeBackward(
                    coupling, parameters, sites, adjoints, weight: weight, gradient: gradient?.base)
            }
        }
    }

    /// Undoes `encode`, likewise. This is also the way to decode and to differentiate ln q0(x) at
    /// once.
    /// - Parameter trains: whether the parameters receive adjoints, where there is a gradient.
    /// - Returns: ln |det dz/dx|.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    @discardableResult
    public func encodeBackward(
        _ parameters: UnsafePointer<Scalar>, weight: Block, trains: Bool = true
    ) -> Block {
        logDeterminant.pointee = Block(repeating: 0)
        for index in shape.hierarchy.layers.indices.reversed() {
            eachLinear(index) { layer in
                linear.encodeBackward(
                    layer, parameters, sites, adjoints, logDeterminant, weight: weight,
                    gradient: trains ? gradient?.base : nil)
            }
            eachCoupling(index, reversed: false) { coupling in
                kernel.encodeBackward(
                    coupling, parameters, sites, adjoints, logDeterminant, weight: weight,
                    gradient: trains ? gradient?.base : nil)
            }
        }
        return logDeterminant.pointee
    }

    /// Coupling layer after coupling layer in the order of decoding, or back.
    @inline(__always)
    private func eachCoupling(_ index: Int, reversed: Bool, _ body: (CouplingLayer) -> Void) {
        let couplings = shape.couplingLayers[index]
        for k in couplings.indices { body(couplings[reversed ? couplings.count - 1 - k : k]) }
    }

    /// The linear layer, if bijectors are linear; there are no coupling layers then.
    @inline(__always)
    private func eachLinear(_ index: Int, _ body: (LinearLayer) -> Void) {
        if shape.bijector == .linear { body(shape.linearLayers[index]) }
    }

    /// -|z|^2 / 2 - N ln(2 pi) / 2 of the configurations.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    public func logNormal() -> Block {
        var square = Block(repeating: 0)
        for i in 0..<shape.sites { square = square.addingProduct(sites[i], sites[i]) }
        let constant = -0.9189385332046727 * Double(shape.sites)
        return Block(repeating: Scalar(constant)).addingProduct(Scalar(-0.5), square)
    }
}

// MARK: - Samples in and out

extension FlowTile {
    /// Loads rows `first ..< first + 32` of (count, sites) numbers; lanes past the end repeat the last.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    package func load(_ samples: UnsafePointer<Double>, first: Int, count: Int) {
        Learning.load(samples, width: shape.sites, into: sites, first: first, count: count)
    }

    /// Loads 32 rows of (count, sites) numbers, in any order.
    /// - Parameter nextRow: gives their numbers.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    package func gather(_ samples: UnsafePointer<Double>, nextRow: () -> Int) {
        for lane in 0..<Block.width {
            let values = samples + nextRow() * shape.sites
            for i in 0..<shape.sites { sites[i][lane] = Scalar(values[i]) }
        }
    }

    /// Independent normal numbers, the same for equal keys in both precisions.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    package func fillNormal(seed: UInt64, tile: Int, step: Int) {
        var random = RandomStream(seed: seed, purpose: .latent, stream: UInt64(tile), step: UInt64(step))
        for i in 0..<shape.sites {
            let lanes = UnsafeMutableRawPointer(sites + i).assumingMemoryBound(to: Scalar.self)
            for half in 0..<2 {
                let (a, b) = random.nextNormalPair()
                for lane in 0..<8 {
                    lanes[16 * half + lane] = Scalar(a[lane])
                    lanes[16 * half + 8 + lane] = Scalar(b[lane])
                }
            }
        }
    }
}
