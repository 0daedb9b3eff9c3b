import Learning
import Numerics

/// What one thread needs to decode several latent variables at once, and to go back.
final class Decoder<Scalar: RowScalar> {
    let shape: VAEShape
    /// (configurations, latent variables) rows: z; and its adjoints.
    let latents, latentAdjoints: Rows<Scalar>
    /// (configurations) rows: one output for each site; and their adjoints.
    let outputs, outputAdjoints: Rows<Scalar>
    /// (configurations, latent variables) rows: what a perceptron gives for the block of a site of the
    /// last level, where each has a latent variable of its own.
    private let blocks: Rows<Scalar>
    /// Latent variables of a configuration.
    private let nodes: Int
    /// What each layer gives, except the last of a perceptron, which gives `outputs`.
    private let values: [Rows<Scalar>]
    /// X W^T / 5 of a graph convolution on the coarser torus, and sums over neighbours on it.
    private let products: Rows<Scalar>
    private let adjoints, otherAdjoints: Rows<Scalar>?

    init(_ shape: VAEShape, capacity: Int, trains: Bool) throws(Failure) {
        self.shape = shape
        let layers = Array(shape.decoderLayers)
        let (latent, sites) = (layers[0].inputs.padded, Axis(shape.size * shape.size).padded)
        nodes = shape.decodedNodes
        let variables = capacity * nodes
        latents = try Rows(count: variables, width: latent)
        latentAdjoints = try Rows(count: variables, width: latent)
        let isByBlocks = shape.readout == .sites && shape.decoder == .mlp
        blocks = try Rows(count: isByBlocks ? variables : 0, width: layers[layers.count - 1].outputs.padded)
        outputs = try Rows(count: capacity, width: sites)
        outputAdjoints = try Rows(count: trains ? capacity : 0, width: sites)
        let width = shape.convolution(0, 1).outputs.padded
        var values: [Rows<Scalar>] = []
        var widest = variables * width
        switch shape.decoder {
        case .mlp:
            for _ in 0..<2 { values.append(try Rows(count: variables, width: width)) }
            products = try Rows(count: 0, width: width)
        case .graph:
            for level in (0..<shape.levels).reversed() {
                let side = shape.size >> level
                values.append(try Rows(count: capacity * side * side, width: width))
            }
            values.append(try Rows(count: capacity * shape.size * shape.size, width: Axis.unit))
            widest = capacity * shape.size * shape.size * width
            products = try Rows(count: shape.levels > 1 ? capacity * shape.size * shape.size / 4 : 0, width: width)
        }
        self.values = values
        adjoints = trains ? try Rows(count: widest / width, width: width) : nil
        otherAdjoints = trains && shape.decoder == .mlp ? try Rows(count: variables, width: width) : nil
    }

    /// Bytes of such a workspace, at most.
    static func bytes(_ shape: VAEShape, capacity: Int, trains: Bool) -> Int {
        let (width, sites) = (shape.convolution(0, 1).outputs.padded, shape.size * shape.size)
        // All levels together have a third more rows than the finest one, and products a quarter of its rows.
        let rows = shape.decoder == .mlp ? 4 * shape.decodedNodes : sites * 2 + (trains ? sites : 0)
        let block = shape.readout == .sites ? Axis(1 << (2 * (shape.levels - 1))).padded : 0
        let latents = shape.decodedNodes * (2 * shape.mean(0).outputs.padded + block)
        return capacity * (rows * width + latents + (2 + Axis.unit) * sites) * MemoryLayout<Scalar>.stride
    }

    private var coarse: Torus { Torus(size: shape.size >> (shape.levels - 1)) }

    // MARK: - Forward

    /// From `latents` to `outputs`.
    func forward(_ parameters: UnsafePointer<Scalar>, count: Int) {
        let layers = Array(shape.decoderLayers)
        let variables = count * nodes
        layers[0].apply(parameters, latents.base, count: variables, into: values[0].base)
        switch shape.decoder {
        case .mlp:
            values[0].rectify(variables)
            layers[1].apply(parameters, values[0].base, count: variables, into: values[1].base)
            values[1].rectify(variables)
            let target = shape.readout == .mean ? outputs : blocks
            layers[2].apply(parameters, values[1].base, count: variables, into: target.base)
            if shape.readout == .sites {
                eachBlockSite(count) { site, place in outputs.base[site] = blocks.base[place] }
            }
        case .graph:
            var torus = coarse
            for (index, layer) in layers.dropFirst().dropLast().enumerated() {
                let rows = count * torus.sites
                layer.multiply(parameters, values[index].base, count: rows, scale: 0.2, into: products.base)
                for k in 0..<count { refine(torus, products[k * torus.sites], layer.biases(parameters), index + 1, k) }
                torus = Torus(size: 2 * torus.size)
            }
            let (last, rows) = (values[values.count - 1], count * torus.sites)
            layers[layers.count - 1].apply(parameters, values[values.count - 2].base, count: rows, into: last.base)
            for k in 0..<count {
                let (source, target) = (last.base + k * torus.sites * Axis.unit, outputs.base + k * outputs.width)
                for site in 0..<torus.sites { target[site] = source[site * Axis.unit] }
            }
        }
    }

    /// Where each output is in `outputs`, and where in the block of its site of the last level.
    @inline(__always)
    private func eachBlockSite(_ count: Int, _ body: (_ site: Int, _ place: Int) -> Void) {
        let (shift, side) = (shape.levels - 1, coarse.size)
        for k in 0..<count {
            for i in 0..<shape.size {
                for j in 0..<shape.size {
                    let node = k &* nodes &+ (i &>> shift) &* side &+ j &>> shift
                    let within = (i & (1 &<< shift &- 1)) &<< shift &+ j & (1 &<< shift &- 1)
                    body(k &* outputs.width &+ i &* shape.size &+ j, node &* blocks.width &+ within)
                }
            }
        }
    }

    /// A convolution on the finer torus, each of whose sites has the features of its block.
    private func refine(
        _ torus: Torus, _ products: UnsafeMutablePointer<Scalar.Vector>, _ bias: UnsafePointer<Scalar>, _ index: Int,
        _ k: Int
    ) {
        let fine = Torus(size: 2 * torus.size)
        let lines = self.products.lines
        fine.convolve(lines, bias: bias, into: values[index][k * fine.sites], Scalar.self) { site in
            let (i, j) = (site / fine.size, site % fine.size)
            return products + (i / 2 &* torus.size &+ j / 2) &* lines
        }
    }

    // MARK: - Backward

    /// From `outputAdjoints` to `latentAdjoints`.
    func backward(_ parameters: UnsafePointer<Scalar>, count: Int, to gradients: UnsafeMutablePointer<Scalar>) {
        guard let adjoints else { preconditionFailure() }
        let layers = Array(shape.decoderLayers)
        switch shape.decoder {
        case .mlp:
            guard let otherAdjoints else { preconditionFailure() }
            let variables = count * nodes
            if shape.readout == .sites {
                // What `blocks` has past the sites of a block was zero and stays so.
                eachBlockSite(count) { site, place in blocks.base[place] = outputAdjoints.base[site] }
            }
            layers[2].backward(
                parameters, shape.readout == .mean ? outputAdjoints : blocks, values[1].base, count: variables,
                to: gradients, into: adjoints.base)
            adjoints.rectifyBackward(values[1], variables)
            layers[1].backward(
                parameters, adjoints, values[0].base, count: variables, to: gradients, into: otherAdjoints.base)
            otherAdjoints.rectifyBackward(values[0], variables)
            layers[0].backward(
                parameters, otherAdjoints, latents.base, count: variables, to: gradients, into: latentAdjoints.base)
        case .graph:
            backwardGraph(parameters, layers, count, gradients, adjoints)
        }
    }

    private func backwardGraph(
        _ parameters: UnsafePointer<Scalar>, _ layers: [LinearLayer], _ count: Int,
        _ gradients: UnsafeMutablePointer<Scalar>, _ adjoints: Rows<Scalar>
    ) {
        let (last, sites) = (values[values.count - 1], shape.size * shape.size)
        for k in 0..<count {
            let (source, target) = (outputAdjoints.base + k * outputAdjoints.width, last.base + k * sites * Axis.unit)
            for site in 0..<sites { target[site * Axis.unit] = source[site] }
            // What the outputs past the first gave was zero and stays so.
        }
        layers[layers.count - 1].backward(
            parameters, last, values[values.count - 2].base, count: count * sites, to: gradients, into: adjoints.base)
        var torus = Torus(size: shape.size)
        for index in stride(from: layers.count - 2, to: 0, by: -1) {
            let (layer, half) = (layers[index], Torus(size: torus.size / 2))
            adjoints.rectifyBackward(values[index], count * torus.sites)
            adjoints.addSum(count * torus.sites, onto: layer.biasGradient(gradients))
            products.clear(count * half.sites)
            for k in 0..<count {
                let target = products[k * half.sites]
                let (size, lines) = (torus.size, products.lines)
                torus.spread(lines, adjoints[k * torus.sites], Scalar.self) { site in
                    target + (site / size / 2 &* half.size &+ site % size / 2) &* lines
                }
            }
            let rows = count * half.sites
            layer.addWeightGradient(products.base, values[index - 1].base, count: rows, scale: 0.2, to: gradients)
            layer.multiplyBack(parameters, products.base, count: rows, scale: 0.2, into: adjoints.base)
            torus = half
        }
        // The first layer's outputs for a single latent variable are the rows of all sites one after the other.
        let variables = count * nodes
        addSum(adjoints, variables, layers[0], gradients)
        layers[0].addWeightGradient(adjoints.base, latents.base, count: variables, to: gradients)
        layers[0].multiplyBack(parameters, adjoints.base, count: variables, into: latentAdjoints.base)
    }

    private func addSum(
        _ adjoints: Rows<Scalar>, _ count: Int, _ layer: LinearLayer, _ gradients: UnsafeMutablePointer<Scalar>
    ) {
        let bias = layer.biasGradient(gradients)
        for k in 0..<count {
            let row = adjoints.base + k * layer.outputs.padded
            for i in 0..<layer.outputs.padded { bias[i] += row[i] }
        }
    }
}
