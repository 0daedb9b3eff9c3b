import Learning
import Numerics

/// Features side by side: groups of equal width, each padded to whole cache lines in memory.
struct Axis: Sendable, Equatable {
    /// Numbers in a cache line of the narrowest precision: rows of a multiple of it are whole lines.
    static let unit = 16

    let groups, width: Int

    init(_ width: Int, groups: Int = 1) { (self.groups, self.width) = (groups, width) }

    var count: Int { groups * width }
    /// Distance of two groups.
    var stride: Int { (width + Axis.unit - 1) / Axis.unit * Axis.unit }
    var padded: Int { groups * stride }
}

/// y = W x + b, and where its numbers are.
///
/// The model has W (outputs, inputs) and then b (outputs) among its parameters. The kernels work on
/// packed copies with padded axes: W^T, which they multiply rows by, then W for the way back, then b.
/// Packed gradients are W and then b.
struct LinearLayer: Sendable {
    enum Initialisation: Sendable {
        /// Weights and biases uniform in +-1/sqrt(inputs).
        case linear
        /// Weights uniform in +-sqrt(6 / (inputs + outputs)), biases zero: of graph convolutions (Kipf
        /// and Welling, arXiv:1609.02907), whose averages over neighbours leave less of a signal.
        case convolution
    }

    let name: String
    let inputs, outputs: Axis
    let initialisation: Initialisation
    /// Offsets among the parameters, the packed parameters, and the packed gradients.
    let weight, packed, gradient: Int

    var bias: Int { weight + inputs.count * outputs.count }
    var parameterCount: Int { (inputs.count + 1) * outputs.count }

    private var packedWeightCount: Int { inputs.padded * outputs.padded }
    var packedCount: Int { 2 * packedWeightCount + outputs.padded }
    var gradientCount: Int { packedWeightCount + outputs.padded }

    // MARK: - The product and its adjoints

    @inline(__always)
    func biases<Scalar>(_ parameters: UnsafePointer<Scalar>) -> UnsafePointer<Scalar> {
        parameters + (packed + 2 * packedWeightCount)
    }

    @inline(__always)
    func biasGradient<Scalar>(_ gradients: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Scalar> {
        gradients + (gradient + packedWeightCount)
    }

    /// Y = scale X W^T, without the bias.
    func multiply<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, count: Int, scale: Scalar = 1,
        into y: UnsafeMutablePointer<Scalar>, onto beta: Scalar = 0
    ) {
        let (n, k) = (outputs.padded, inputs.padded)
        Scalar.multiply(
            transposeA: false, m: count, n: n, k: k, alpha: scale, x, lda: k, parameters + packed, ldb: n, beta: beta,
            y, ldc: n)
    }

    /// Y = X W^T + b
    func apply<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, count: Int,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        for row in 0..<count { (y + row * outputs.padded).update(from: biases(parameters), count: outputs.padded) }
        multiply(parameters, x, count: count, into: y, onto: 1)
    }

    /// Adds scale d^T X to the gradient of W.
    func addWeightGradient<Scalar: RowScalar>(
        _ d: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, count: Int, scale: Scalar = 1,
        to gradients: UnsafeMutablePointer<Scalar>
    ) {
        let (m, n) = (outputs.padded, inputs.padded)
        Scalar.multiply(
            transposeA: true, m: m, n: n, k: count, alpha: scale, d, lda: m, x, ldb: n, beta: 1, gradients + gradient,
            ldc: n)
    }

    /// dX = scale d W, added to beta dX.
    func multiplyBack<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Scalar>, _ d: UnsafePointer<Scalar>, count: Int, scale: Scalar = 1,
        into dx: UnsafeMutablePointer<Scalar>, onto beta: Scalar = 0
    ) {
        let (n, k) = (inputs.padded, outputs.padded)
        Scalar.multiply(
            transposeA: false, m: count, n: n, k: k, alpha: scale, d, lda: k, parameters + packed + packedWeightCount,
            ldb: n, beta: beta, dx, ldc: n)
    }

    /// All adjoints of `apply`.
    func backward<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Scalar>, _ d: Rows<Scalar>, _ x: UnsafePointer<Scalar>, count: Int,
        to gradients: UnsafeMutablePointer<Scalar>, into dx: UnsafeMutablePointer<Scalar>, onto beta: Scalar = 0
    ) {
        d.addSum(count, onto: biasGradient(gradients))
        addWeightGradient(d.base, x, count: count, to: gradients)
        multiplyBack(parameters, d.base, count: count, into: dx, onto: beta)
    }

    // MARK: - Copies

    /// Copies one part of `parts` of the outputs for the kernels.
    func pack<Scalar: RowScalar>(
        _ parameters: UnsafePointer<Double>, part: Int, of parts: Int, into target: UnsafeMutablePointer<Scalar>
    ) {
        let (transposed, plain) = (target + packed, target + (packed + packedWeightCount))
        let biases = target + (packed + 2 * packedWeightCount)
        eachOutput(part, parts) { o, place in
            for group in 0..<inputs.groups {
                let source = parameters + (weight + o * inputs.count + group * inputs.width)
                let first = group * inputs.stride
                for i in 0..<inputs.width {
                    let value = Scalar(source[i])
                    plain[place &* inputs.padded &+ first &+ i] = value
                    transposed[(first &+ i) &* outputs.padded &+ place] = value
                }
            }
            biases[place] = Scalar(parameters[bias + o])
        }
    }

    /// Writes the sum of packed gradients, in their order, of one part of the outputs.
    func unpack<Scalar: RowScalar>(
        _ gradients: [UnsafeMutablePointer<Scalar>], part: Int, of parts: Int, into sum: UnsafeMutablePointer<Double>
    ) {
        eachOutput(part, parts) { o, place in
            for group in 0..<inputs.groups {
                let target = sum + (weight + o * inputs.count + group * inputs.width)
                let source = gradient + place * inputs.padded + group * inputs.stride
                target.update(repeating: 0, count: inputs.width)
                for packed in gradients {
                    let values = packed + source
                    for i in 0..<inputs.width { target[i] += Double(values[i]) }
                }
            }
            let source = gradient + packedWeightCount + place
            sum[bias + o] = gradients.reduce(0) { $0 + Double($1[source]) }
        }
    }

    @inline(__always)
    private func eachOutput(_ part: Int, _ parts: Int, _ body: (_ output: Int, _ place: Int) -> Void) {
        for o in part * outputs.count / parts..<(part + 1) * outputs.count / parts {
            body(o, o / outputs.width * outputs.stride + o % outputs.width)
        }
    }

    func initialise(_ parameters: UnsafeMutablePointer<Double>, _ random: inout RandomStream) {
        let (n, m) = (Double(inputs.count), Double(outputs.count))
        let bound = (initialisation == .linear ? 1 / n : 6 / (n + m)).squareRoot()
        let count = initialisation == .linear ? parameterCount : bias - weight
        random.fillUniform(parameters + weight, count: count)
        for i in weight..<weight + count { parameters[i] = bound * (2 * parameters[i] - 1) }
    }
}
