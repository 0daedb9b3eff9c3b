import Numerics

/// What would need more memory than the machine has is refused before any of it is taken.
extension FlowModel.Configuration {
    /// - Throws: `outOfMemory` for a network too large; whatever `FlowModel.init` would refuse is
    ///   left to it.
    public func checkMemory() throws(Failure) {
        let scales = depth == 0 ? max(rows, columns).trailingZeroBitCount : depth
        let layersPerScale = structure == .tree ? 1 : 2
        // Of the largest blocks.
        let sites = rows == 1 ? block : block * block
        let widths = [sites + (neighbours ? 4 * block : 0)] + hidden + [sites]
        let network = zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
        let each = bijector == .linear ? sites * (sites + 1) : layers * (2 * network + sites)
        let parameters = scales * repeats * layersPerScale * each
        // Parameters and both moments, a copy for the kernels, and where each of its numbers is from.
        let bytes = parameters * (4 * 8 + 4)
        // Places among the parameters are kept in 32 bits.
        guard parameters <= Int(Int32.max), bytes <= physicalMemory() else {
            throw .outOfMemory(
                "a network of \(parameters) parameters needs \(bytes) bytes; at most \(Int32.max) parameters "
                    + "are possible, and this machine has \(physicalMemory()) bytes")
        }
    }
}

extension FlowModel {
    /// - Throws: `outOfMemory` when the gradients of a training with this batch do not fit.
    public func checkMemory(batch: Int) throws(Failure) {
        let workspaces = min((batch + 31) / 32, mostWorkspaces)
        // The gradient in double precision, and of one coupling layer eight partial sums in single;
        // sites, their adjoints, and what a loss keeps of them and their images.
        let largest = shape.couplingLayers.joined().map(\.packedCount).max() ?? 0
        let each = shape.packedCount * 8 + largest * 8 * 4 + (3 + symmetry.order) * shape.sites * 32 * 4
        let bytes = workspaces * each
        guard bytes <= physicalMemory() else {
            throw .outOfMemory(
                "a batch of \(batch) with this network needs \(bytes) bytes, more than the memory of "
                    + "\(physicalMemory())")
        }
    }
}
