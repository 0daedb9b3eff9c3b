import Learning
import LearningReference
import Numerics
import Testing

/// A function to differentiate and the arguments to do it at.
struct Operation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let shapes: [[Int]]
    let range: (low: Double, high: Double, signed: Bool)
    let function: @Sendable ([Tensor]) -> Tensor

    /// Arguments keep away from 0 by default: it is a pole or a kink of some functions.
    init(
        _ name: String, _ shapes: [[Int]], low: Double = 0.3, high: Double = 1.5, signed: Bool = true,
        _ function: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
        (testDescription, self.shapes, range) = (name, shapes, (low, high, signed))
        self.function = function
    }

    static let all: [Operation] = [
        Operation("add", [[2, 3], [2, 3]]) { $0[0] + $0[1] },
        Operation("subtract", [[2, 3], [2, 3]]) { $0[0] - $0[1] },
        Operation("multiply", [[2, 3], [2, 3]]) { $0[0] * $0[1] },
        Operation("divide", [[2, 3], [2, 3]]) { $0[0] / $0[1] },
        Operation("square by itself", [[4]]) { $0[0] * $0[0] },
        Operation("broadcast row", [[2, 3], [3]]) { $0[0] * $0[1] },
        Operation("broadcast column", [[2, 3], [2, 1]]) { $0[0] / $0[1] },
        Operation("broadcast both", [[3, 1], [1, 4]]) { $0[0] / $0[1] },
        Operation("broadcast scalar tensor", [[2, 3], []]) { $0[0] * $0[1] - $0[1] },
        Operation("broadcast rank", [[2, 1, 3], [4, 1]]) { $0[0] * $0[1] + $0[1] },
        Operation("constants", [[5]]) { (1 - (2 * $0[0] + 3) / 4) * (0.5 + $0[0] * 0.3 - 7) },
        Operation("constant over tensor", [[5]]) { 3 / $0[0] },
        Operation("negative", [[5]]) { -$0[0] * $0[0] },
        Operation("exp", [[9]]) { exp($0[0]) },
        Operation("expm1", [[9]]) { expm1($0[0]) },
        Operation("log", [[9]], signed: false) { log($0[0]) },
        Operation("sqrt", [[9]], signed: false) { sqrt($0[0]) },
        Operation("pow 4", [[5]]) { pow($0[0], 4) },
        Operation("pow 2", [[5]]) { pow($0[0], 2) },
        Operation("pow -3", [[5]], low: 0.6) { pow($0[0], -3) },
        Operation("tanh", [[9]]) { tanh($0[0]) },
        Operation("sigmoid", [[9]]) { sigmoid($0[0]) },
        Operation("softplus", [[9]]) { softplus($0[0]) },
        Operation("logCosh", [[9]]) { logCosh($0[0]) },
        Operation("relu", [[9]]) { relu($0[0]) },
        Operation("relu squared", [[9]]) { pow(relu($0[0]), 2) },
        Operation("silu", [[9]]) { silu($0[0]) },
        Operation("elu", [[9]]) { elu($0[0]) },
        Operation("gelu", [[9]]) { gelu($0[0]) },
        Operation("matmul", [[2, 3], [3, 4]]) { matmul($0[0], $0[1]) },
        Operation("matmul TN", [[3, 2], [3, 4]]) { matmul($0[0], $0[1], transposeA: true) },
        Operation("matmul NT", [[2, 3], [4, 3]]) { matmul($0[0], $0[1], transposeB: true) },
        Operation("matmul TT", [[3, 2], [4, 3]]) { matmul($0[0], $0[1], transposeA: true, transposeB: true) },
        Operation("matmul with itself", [[3, 3]]) { matmul(matmul($0[0], $0[0]), $0[0], transposeB: true) },
        Operation("reshape", [[2, 6]]) { pow($0[0].reshaped([3, 4]), 3) },
        Operation("transpose", [[2, 3]]) { pow($0[0].transposed(), 3) },
        Operation("permute", [[2, 3, 4]]) { pow($0[0].permuted([2, 0, 1]), 3) },
        Operation("broadcast", [[2, 1, 3]]) { pow($0[0].broadcast(to: [4, 2, 5, 3]), 3) },
        Operation("sum", [[2, 3]]) { pow($0[0].sum(), 3) },
        Operation("mean", [[2, 3]]) { pow($0[0].mean(), 3) },
        Operation("sum over axes", [[2, 3, 4]]) { pow($0[0].sum(over: [0, 2]), 3) },
        Operation("mean over the last axis", [[2, 3]]) { $0[0] * $0[0].mean(over: [-1], keeping: true) },
        Operation("slice", [[3, 5]]) { pow($0[0].sliced(1..<4, axis: 1), 3) },
        Operation("slice of the first axis", [[3, 5]]) { pow($0[0].sliced(1..<2, axis: 0), 3) },
        Operation("concatenate", [[2, 3], [2, 2]]) { pow(Tensor.concatenated([$0[0], $0[1], $0[0]], axis: 1), 3) },
        Operation("gather", [[3, 2, 2]]) { pow($0[0].gathered([2, 0, 2, 2], axis: 0), 3) },
        Operation("gather last", [[2, 3]]) { pow($0[0].gathered([1, 1], axis: -1), 3) },
        Operation("scatter", [[2, 4]]) { pow($0[0].scattered([2, 0, 2, 1], length: 4, axis: 1), 3) },
        Operation("max", [[2, 3, 2]]) { pow($0[0].max(over: 1), 3) },
        Operation("logSumExp", [[2, 3, 2]]) { pow($0[0].logSumExp(over: 1), 2) },
        Operation("logSumExp keeping", [[2, 3]]) { $0[0] - $0[0].logSumExp(over: -1, keeping: true) },
        Operation("select", [[2, 3], [2, 1]]) { select($0[0] .> 0, $0[0] * $0[0] * $0[1], exp($0[1])) },
        Operation("select below", [[2, 3]]) { select($0[0] .< 0, pow($0[0], 3), pow($0[0], 2)) },
    ]

    /// Order 0 is a weighted sum of the results; order n + 1 is the derivative of order n in a fixed
    /// direction. Its gradient is thus the derivative of order n + 1, and all of its entries count.
    func scalar(order: Int, _ x: [Tensor]) -> Tensor {
        if order == 0 { return weighted(function(x), seed: 1) }
        let gradients = gradient(of: scalar(order: order - 1, x), withRespectTo: x)
        return gradients.enumerated().reduce(Tensor(0)) {
            $0 + weighted($1.element, seed: UInt64(10 * order + $1.offset))
        }
    }

    private func weighted(_ x: Tensor, seed: UInt64) -> Tensor {
        var random = RandomStream(seed: seed, purpose: .test)
        return (x * randomTensor(x.shape, 0.5, 1, random: &random).detached).sum()
    }
}

@Suite struct GradientTests {
    @Test(arguments: Operation.all, [1, 2, 3])
    func matchesFiniteDifferences(_ operation: Operation, order: Int) {
        var random = RandomStream(seed: 7, purpose: .test)
        let (low, high, signed) = operation.range
        let x = operation.shapes.map { randomTensor($0, low, high, signed: signed, random: &random) }
        let exact = gradient(of: operation.scalar(order: order - 1, x), withRespectTo: x)
        let expected = differences(of: { operation.scalar(order: order - 1, $0).scalar }, at: x)
        for k in x.indices {
            #expect(exact[k].shape == x[k].shape)
            #expect(deviation(expected[k], exact[k].values) < 1e-7)
        }
    }

    @Test func kinksFollowTheStatedConventions() {
        let zero = Tensor([0], shape: [1], requiresGradient: true)
        func derivatives(_ f: (Tensor) -> Tensor) -> [Double] {
            let first = gradient(of: f(zero).sum(), withRespectTo: [zero])[0]
            let second = gradient(of: first.sum(), withRespectTo: [zero])[0]
            return [first.scalar, second.scalar]
        }
        #expect(derivatives(relu) == [0, 0])
        #expect(derivatives(elu) == [1, 1])
        let tied = Tensor([2, 2, 1], shape: [3], requiresGradient: true)
        #expect(gradient(of: tied.max(over: 0), withRespectTo: [tied])[0].values == [0.5, 0.5, 0])
    }

    @Test func whatDoesNotDependHasGradientZero() {
        let x = Tensor([1, 2], shape: [2], requiresGradient: true)
        let y = Tensor([3], shape: [1], requiresGradient: true)
        #expect(gradient(of: x.sum(), withRespectTo: [y, x]).map(\.values) == [[0], [1, 1]])
        #expect(gradient(of: (x.detached * x).sum(), withRespectTo: [x])[0].values == [1, 2])
    }

    @Test func differentiatesByIntermediateTensors() {
        let x = Tensor([1, 2], shape: [2], requiresGradient: true)
        let y = x * x
        let gradients = gradient(of: (y * y).sum(), withRespectTo: [y, x])
        #expect(gradients[0].values == [2, 8])
        #expect(gradients[1].values == [4, 32])
    }

    @Test func noGradRecordsNothing() {
        let x = Tensor([1, 2], shape: [2], requiresGradient: true)
        let y = (x * x).sum()
        #expect(!noGrad { x * x }.requiresGradient)
        let gradients = gradient(of: y, withRespectTo: [x], differentiable: false)
        #expect(gradients[0].values == [2, 4] && !gradients[0].requiresGradient)
        #expect((x * x).requiresGradient)
    }

    /// Recursion over 100,000 nodes would overflow the stack, in the backward pass or in the release.
    /// The chain is Euler's rule for dy/dt = tanh y, so that sinh y(1) = e sinh y(0).
    @Test func longChainsNeedNoStack() {
        let n = 100_000
        let x = Tensor([1.5], shape: [1], requiresGradient: true)
        var y = x
        for _ in 0..<n { y = y + tanh(y) / Double(n) }
        let first = gradient(of: y.sum(), withRespectTo: [x])[0]
        let second = gradient(of: first.sum(), withRespectTo: [x], differentiable: false)[0]
        let (end, slope, e) = (y.detached, first.detached, exp(Tensor(1)))
        let start = x.detached
        let (sinhStart, coshStart) = ((exp(start) - exp(-start)) / 2, (exp(start) + exp(-start)) / 2)
        let (sinhEnd, coshEnd) = ((exp(end) - exp(-end)) / 2, (exp(end) + exp(-end)) / 2)
        // Euler's rule is wrong by about 1/n.
        #expect(abs((sinhEnd - e * sinhStart).scalar) < 1e-4)
        #expect(abs((coshEnd * slope - e * coshStart).scalar) < 1e-4)
        #expect(abs((sinhEnd * slope * slope + coshEnd * second - e * sinhStart).scalar) < 1e-4)
    }

    /// C(J), a perceptron with layer norm: the parameter gradient of its input gradient, and
    /// Hessian-vector products, as the RG monotone needs them.
    @Test(arguments: [Activation.tanh, .silu, .elu, .gelu])
    func inputGradientIsDifferentiableByParameters(_ activation: Activation) {
        var random = RandomStream(seed: 3, purpose: .initialisation)
        let layers: [any Layer] = [
            Linear(inputs: 3, outputs: 6, random: &random), LayerNorm(features: 6),
            Linear(inputs: 6, outputs: 4, random: &random), LayerNorm(features: 4),
            Linear(inputs: 4, outputs: 1, random: &random),
        ]
        let parameters = layers.flatMap(\.parameters)
        let couplings = randomTensor([2, 3], 0.2, 1.2, random: &random)
        let direction = randomTensor([2, 3], 0.2, 1.2, signed: true, random: &random).detached

        func monotone(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
            var (y, start) = (x, 0)
            for (index, layer) in layers.enumerated() {
                var layer = layer
                let count = layer.parameters.count
                layer.parameters = Array(parameters[start..<start + count])
                start += count
                y = layer(y)
                if index % 2 == 1 { y = activation(y) }
            }
            return y.sum()
        }
        func velocity(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
            gradient(of: monotone(x, parameters), withRespectTo: [x])[0]
        }
        func slope(_ x: Tensor, _ parameters: [Tensor]) -> Tensor { (velocity(x, parameters) * direction).sum() }

        let first = velocity(couplings, parameters)
        let firstExpected = differences(of: { monotone($0[0], parameters).scalar }, at: [couplings])
        #expect(deviation(firstExpected[0], first.values) < 1e-8)

        let mixed = gradient(of: slope(couplings, parameters), withRespectTo: parameters)
        let mixedExpected = differences(of: { slope(couplings, $0).scalar }, at: parameters)
        for k in parameters.indices { #expect(deviation(mixedExpected[k], mixed[k].values) < 1e-7) }

        let product = gradient(of: slope(couplings, parameters), withRespectTo: [couplings])[0]
        let productExpected = differences(of: { slope($0[0], parameters).scalar }, at: [couplings])
        #expect(deviation(productExpected[0], product.values) < 1e-7)
    }
}
