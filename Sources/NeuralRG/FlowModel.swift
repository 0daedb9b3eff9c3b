import Learning
import Numerics

/// A normalizing flow of the hierarchical kind with the target it learns, and everything needed to
/// train it further.
///
/// Its density is q0(x) = N(z; 0, 1) |det dz/dx|, or, symmetric, the mean of q0(g x) over a group, by
/// default that of a global flip of the spins: q(x) = (q0(x) + q0(-x)) / 2.
public final class FlowModel: @unchecked Sendable {
    public struct Configuration: Sendable, Equatable {
        /// Sides of the lattice; a ring has one row.
        public var rows = 16
        public var columns = 16
        /// K = J/T of the Ising model, on a square lattice, whose dual is the target where none is given.
        public var coupling = 0.44068679350977147
        public var structure = Structure.mera
        /// Sites of a block along an axis, 2 or 4.
        public var block = 2
        /// Scales; 0 for all of them (or, of disentanglers only, as many pairs).
        public var depth = 0
        public var repeats = 1
        /// Linear bijectors have neither `layers` nor `hidden` nor `masks`.
        public var bijector = Bijector.coupling
        /// Coupling layers of a bijector.
        public var layers = 10
        /// Hidden widths of the networks s and t.
        public var hidden = [10, 10, 10]
        /// Whether these networks take the kept sites beside a block as well.
        public var neighbours = false
        public var symmetric = true
        /// Over which group a symmetric density is averaged; nil for the flip of all signs.
        public var symmetry: SymmetryGroup?
        /// Which sites each coupling layer keeps: `FlowShape.masks`, all layers of the hierarchy one
        /// after the other. Empty for random halves.
        public var masks: [UInt16] = []
        /// Seed of random masks and the initial parameters.
        public var seed: UInt64 = 0

        public init() {}
    }

    public let configuration: Configuration
    public let shape: FlowShape
    public let target: any Target
    /// Of the density: the identity alone where it is not symmetric.
    public let symmetry: SymmetryGroup
    package let parameters: Buffer<Double>
    let optimiser: Adam
    /// Optimiser steps done.
    public internal(set) var step = 0

    /// - Throws: `invalidArgument` for sides that are no powers of two as in `Grid`, |K| above 100,
    ///   depths beyond the hierarchy, 1 to 64 coupling layers or 1 to 8 hidden layers of 1 to 256
    ///   units exceeded, masks that keep or change no site or are not as many as the coupling layers,
    ///   and a lattice that is not square without a target.
    /// - Parameter target: of as many sites; nil for `DualIsing`.
    public init(_ configuration: Configuration, target: (any Target)? = nil) throws(Failure) {
        self.configuration = configuration
        shape = try Self.shape(configuration)
        if let target {
            guard target.sites == shape.sites else {
                throw .invalidArgument("the target has \(target.sites) sites, the flow \(shape.sites)")
            }
            self.target = target
        } else {
            guard configuration.rows == configuration.columns else {
                throw .invalidArgument("the dual Ising model without a target needs a square lattice")
            }
            self.target = try DualIsing(size: configuration.rows, coupling: configuration.coupling)
        }
        symmetry = try Self.symmetry(configuration, sites: shape.sites)
        parameters = try Buffer(count: shape.parameterCount)
        shape.initialise(parameters.base, seed: configuration.seed)
        optimiser = try Adam(count: shape.parameterCount)
    }

    private static func symmetry(_ configuration: Configuration, sites: Int) throws(Failure) -> SymmetryGroup {
        guard let group = configuration.symmetry else {
            return configuration.symmetric ? SymmetryGroup(flipOf: sites) : SymmetryGroup(trivialOn: sites)
        }
        guard configuration.symmetric, group.elements[0].sources.count == sites else {
            throw .invalidArgument("a symmetry of \(sites) sites may be given where symmetric is 1")
        }
        return group
    }

    private static func shape(_ configuration: Configuration) throws(Failure) -> FlowShape {
        let hierarchy = try Hierarchy(
            configuration.structure, grid: try Grid(rows: configuration.rows, columns: configuration.columns),
            block: configuration.block, depth: configuration.depth == 0 ? nil : configuration.depth,
            repeats: configuration.repeats)
        let (hierarchyLayers, layers, masks) = (hierarchy.layers.count, configuration.layers, configuration.masks)
        if configuration.bijector == .linear {
            guard masks.isEmpty, !configuration.neighbours else {
                throw .invalidArgument("masks and neighbours must be left out where bijectors are linear")
            }
            return FlowShape(linear: hierarchy)
        }
        guard (1...64).contains(layers) else {
            throw .invalidArgument("layers must be from 1 to 64, not \(layers)")
        }
        guard (1...8).contains(configuration.hidden.count), configuration.hidden.allSatisfy({ (1...256).contains($0) })
        else {
            throw .invalidArgument("hidden must list 1 to 8 widths from 1 to 256, not \(configuration.hidden)")
        }
        guard masks.isEmpty || masks.count == hierarchyLayers * layers else {
            throw .invalidArgument(
                "masks must be \(hierarchyLayers) layers of the hierarchy x \(layers) coupling layers, not \(masks.count)"
            )
        }
        return try FlowShape(
            hierarchy, hidden: configuration.hidden,
            masks: masks.isEmpty
                ? FlowShape.halfMasks(hierarchy, layers: layers, seed: configuration.seed)
                : (0..<hierarchyLayers).map { Array(masks[$0 * layers..<($0 + 1) * layers]) },
            neighbours: configuration.neighbours)
    }

    /// Parameters in the precision and order of the kernels.
    package func packed<Scalar: SampleScalar>(_: Scalar.Type) throws(Failure) -> Buffer<Scalar> {
        let packed = try Buffer<Scalar>(count: shape.packedCount)
        shape.pack(parameters.base, into: packed.base)
        return packed
    }

    /// The failure of an interrupted training.
    var interruption: String { "training was interrupted; the model is at step \(step)" }
}

/// Runs `body(tile, first, count)` for tiles of 32 of `count` samples. Tiles that share a workspace
/// are done in order, and which do is fixed: sums over a workspace do not depend on threads.
func eachTile<Workspace>(
    of count: Int, _ workspaces: [Workspace], _ progress: Progress,
    _ body: (Workspace, _ first: Int, _ count: Int) -> Void
) {
    let tiles = (count + 31) / 32
    parallelFor(workspaces.count, progress: progress) { slot in
        for tile in stride(from: slot, to: tiles, by: workspaces.count) where !progress.isStopped {
            progress.poll()
            body(workspaces[slot], 32 * tile, min(32, count - 32 * tile))
        }
    }
}

/// Workspaces for `eachTile`: enough for every thread, few enough for the memory.
let mostWorkspaces = 64
