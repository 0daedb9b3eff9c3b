import Learning

/// One linear layer of N_s and N_t side by side, as the kernels see it: `parts` products that do not
/// mix. The first layer is one part, since both networks take the same sites; the others are two.
struct PairedLayer: Sendable {
    let parts: Int
    /// Sizes of one part.
    let inputs, outputs: Int
    /// Where the parts' weights and their biases are among the parameters of the coupling layer.
    let weight, bias: Int
    /// Where the parts' inputs and outputs are in the memory of a kernel, in blocks.
    let source, target: Int
}

/// One coupling layer: the sites of a block that it keeps, those that it changes, and where its
/// parameters are.
///
/// With a the kept and b the changed sites, decoding is (Dinh et al., arXiv:1605.08803)
///
///     y_a = x_a,   y_b = x_b exp(s(x_a)) + t(x_a),   s = scale tanh(N_s(x_a)),   t = N_t(x_a).
///
/// Both networks take all sites of a block, and perhaps those beside it, kept ones as they are and others
/// as zero, and answer for all of the block. The sites beside a block that are kept in their own blocks
/// do not change either, so that the Jacobian stays triangular. Kernels work on packed copies, without the weights that meet a zero or are not asked for.
struct CouplingLayer: Sendable {
    /// For each block of the hierarchy's layer those that the networks take, kept sites of the block and
    /// perhaps of its neighbours, and then its changed ones.
    let sites: [Int32]
    let kept, changed: Int
    /// The architecture of N_s and of N_t.
    let network: Perceptron
    let layers: [PairedLayer]
    /// Of N_s, N_t and the scales among all parameters.
    let offset: Int
    /// Offset among all packed parameters, and from there of the scales of the changed sites.
    let packedOffset, scales: Int
    /// For each of these parameters its place among the model's.
    let sources: [Int32]

    var packedCount: Int { sources.count }
    var parameterCount: Int { 2 * network.parameterCount + network.outputs }
    /// Sites in `sites` of each block.
    var width: Int { kept + changed }
    /// Blocks that a kernel needs for what the layers take and give.
    var blockCount: Int { layers.last!.target + 2 * changed }

    /// - Parameter network: takes as many sites as a block has, or those beside it too.
    init(_ mask: UInt16, _ blocks: Hierarchy.Layer, _ network: Perceptron, _ offset: Int, _ packedOffset: Int) {
        func isKept(_ place: Int) -> Bool { mask >> place & 1 == 1 }
        let (width, beside) = (blocks.width, blocks.neighbourPlaces)
        let kept = (0..<network.inputs).filter { isKept($0 < width ? $0 : beside[$0 - width]) }
        let changed = (0..<width).filter { !isKept($0) }
        let starts = [offset, offset + network.parameterCount]
        var sources: [Int32] = []
        var layers: [PairedLayer] = []
        var source = 0
        for (index, layer) in network.layers.enumerated() {
            let isFirst = index == 0
            let columns = isFirst ? kept : Array(0..<layer.inputs)
            let rows = index == network.layers.count - 1 ? changed : Array(0..<layer.outputs)
            let weight = sources.count
            for start in starts {
                for row in rows {
                    for column in columns { sources.append(Int32(start + layer.weight + row * layer.inputs + column)) }
                }
            }
            let (parts, target) = (isFirst ? 1 : 2, source + (isFirst ? 1 : 2) * columns.count)
            layers.append(
                PairedLayer(
                    parts: parts, inputs: columns.count, outputs: 2 * rows.count / parts,
                    weight: weight, bias: sources.count, source: source, target: target))
            for start in starts {
                for row in rows { sources.append(Int32(start + layer.bias + row)) }
            }
            source = target
        }
        let scales = sources.count
        for site in changed { sources.append(Int32(offset + 2 * network.parameterCount + site)) }
        let order = kept + changed
        sites = (0..<blocks.blockCount).flatMap { block in
            order.map {
                $0 < width
                    ? blocks.sites[block * width + $0] : blocks.neighbours[block * beside.count + $0 - width]
            }
        }
        (self.kept, self.changed, self.network) = (kept.count, changed.count, network)
        (self.layers, self.offset, self.packedOffset) = (layers, offset, packedOffset)
        (self.scales, self.sources) = (scales, sources)
    }
}
