import Learning
import LearningReference
import Numerics
import Testing

/// Values of operations, against loops over indices; their derivatives are in GradientTests.
@Suite struct TensorTests {
    let counting = Tensor((0..<24).map(Double.init), shape: [2, 3, 4])

    @Test func broadcastingAlignsAtTheLastAxis() {
        let column = Tensor([10, 20, 30], shape: [3, 1])
        let sum = counting + column
        #expect(sum.shape == [2, 3, 4])
        let expected: [Double] = (0..<24).map { (i: Int) -> Double in Double(i + 10 * (i / 4 % 3 + 1)) }
        #expect(sum.values == expected)
        let outer = column * Tensor([1, 2], shape: [2])
        #expect(outer.shape == [3, 2] && outer.values == [10, 20, 20, 40, 30, 60])
        let ratio = Tensor(6) / column
        #expect(ratio.values == [0.6, 0.3, 0.2])
        let chosen = select(column .> 15, Tensor([1, 2], shape: [1, 2]), Tensor(0))
        #expect(chosen.values == [0, 0, 1, 2, 1, 2])
    }

    @Test func movingElements() {
        let permuted = counting.permuted([2, 0, 1])
        #expect(permuted.shape == [4, 2, 3])
        for i in 0..<4 {
            for j in 0..<2 {
                for k in 0..<3 {
                    let original = (j * 3 + k) * 4 + i
                    #expect(permuted.values[(i * 2 + j) * 3 + k] == Double(original))
                }
            }
        }
        #expect(counting.sliced(1..<3, axis: 1).values == [4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23])
        #expect(counting.sliced(3..<4, axis: -1).values == [3, 7, 11, 15, 19, 23])
        #expect(counting.gathered([2, 0], axis: 1).sliced(0..<1, axis: 2).values == [8, 0, 20, 12])
        let parts = [counting.sliced(0..<1, axis: 1), counting.sliced(1..<3, axis: 1)]
        #expect(Tensor.concatenated(parts, axis: 1).values == counting.values)
        let added = Tensor([1, 2, 4], shape: [3]).scattered([1, 0, 1], length: 3, axis: 0)
        #expect(added.values == [2, 5, 0])
    }

    @Test func reductions() {
        #expect(counting.sum().shape == [] && counting.sum().scalar == 276)
        #expect(counting.mean().scalar == 11.5)
        #expect(counting.sum(over: [0, 2]).values == [60, 92, 124])
        #expect(counting.mean(over: [1], keeping: true).shape == [2, 1, 4])
        #expect(counting.mean(over: [1]).values == [4, 5, 6, 7, 16, 17, 18, 19])
        #expect((-counting).max(over: 1).values == [0, -1, -2, -3, -12, -13, -14, -15])
    }

    @Test func nothingOverflows() {
        let large = Tensor([1000, 1000.5, -2000, -.infinity, -.infinity, -.infinity], shape: [2, 3])
        let sums = large.logSumExp(over: 1).values
        #expect(abs(sums[0] - 1000.9740769841801) < 1e-12 && sums[1] == -.infinity)
        let x = Tensor([-800, 800], shape: [2])
        #expect(softplus(x).values == [0, 800])
        #expect(sigmoid(x).values == [0, 1])
        let line = logCosh(x).values[0]
        #expect(abs(line - 799.3068528194401) < 1e-12)
    }

    @Test(arguments: [false, true], [false, true])
    func matrixProduct(transposeA: Bool, transposeB: Bool) {
        var random = RandomStream(seed: 1, purpose: .test)
        let (m, k, n) = (5, 17, 11)
        let a = randomTensor(transposeA ? [k, m] : [m, k], 0, 1, signed: true, random: &random)
        let b = randomTensor(transposeB ? [n, k] : [k, n], 0, 1, signed: true, random: &random)
        let product = matmul(a, b, transposeA: transposeA, transposeB: transposeB)
        #expect(product.shape == [m, n])
        for i in 0..<m {
            for j in 0..<n {
                var expected = 0.0
                for l in 0..<k {
                    let left = a.values[transposeA ? l * m + i : i * k + l]
                    let right = b.values[transposeB ? j * k + l : l * n + j]
                    expected += left * right
                }
                #expect(abs(product.values[i * n + j] - expected) < 1e-13)
            }
        }
    }

    /// The tensor function, the scalar function and its two derivatives are written separately.
    @Test(arguments: Activation.allCases)
    func activationsAgreeWithTheirDerivatives(_ activation: Activation) {
        let points = [-30, -3.7, -1.2, -0.4, 0.3, 0.9, 2.5, 30]
        let x = Tensor(points, shape: [8], requiresGradient: true)
        let y = activation(x)
        let first = gradient(of: y.sum(), withRespectTo: [x])[0]
        let second = gradient(of: first.sum(), withRespectTo: [x])[0]
        #expect(deviation(points.map { activation($0) }, y.values) < 1e-14)
        #expect(deviation(points.map(activation.derivative), first.values) < 1e-14)
        #expect(deviation(points.map(activation.secondDerivative), second.values) < 1e-14)
    }

    @Test func activationsHaveTheirPublishedValues() {
        // At x = 1 and -1, by mpmath: tanh 1, x sigmoid(x), expm1(-1), x Phi(x).
        #expect(abs(Activation.tanh(1) - 0.76159415595576488812) < 1e-15)
        #expect(abs(Activation.silu(-1) + 0.26894142136999512075) < 1e-15)
        #expect(abs(Activation.elu(-1) + 0.63212055882855767840) < 1e-15)
        #expect(abs(Activation.gelu(-1) + 0.15865525393145705141) < 1e-15)
        #expect(Activation.relu(-1) == 0 && Activation.relu(1) == 1)
    }
}

@Suite struct LayerTests {
    @Test func linearStartsUniformAndIsAffine() {
        var random = RandomStream(seed: 5, purpose: .initialisation)
        var layer = Linear(inputs: 64, outputs: 300, random: &random)
        let weights = layer.weight.values
        #expect(layer.weight.shape == [300, 64] && layer.bias.shape == [300] && layer.parameterCount == 300 * 65)
        #expect(weights.allSatisfy { abs($0) <= 0.125 })
        // Mean 0, mean square bound^2 / 3; 5 standard errors of 19,200 numbers.
        let mean = weights.reduce(0, +) / 19_200
        let meanSquare = weights.reduce(0) { $0 + $1 * $1 } / 19_200
        let variance = 0.125 * 0.125 / 3
        #expect(abs(mean) < 5 * (variance / 19_200).squareRoot())
        #expect(abs(meanSquare - variance) < 5 * variance * (0.8 / 19_200).squareRoot())

        let flat = layer.parameters.flattened.map { 2 * $0 }
        flat.withUnsafeBufferPointer { layer.setParameters($0.baseAddress!) }
        #expect(layer.parameters.flattened == flat)
        let x = randomTensor([2, 3, 64], 0, 1, signed: true, random: &random)
        let y = layer(x)
        #expect(y.shape == [2, 3, 300])
        for (row, out) in [(0, 0), (4, 17), (5, 299)] {
            var expected = layer.bias.values[out]
            for i in 0..<64 { expected += x.values[row * 64 + i] * 2 * weights[out * 64 + i] }
            #expect(abs(y.values[row * 300 + out] - expected) < 1e-13)
        }
    }

    @Test func layerNormHasMeanAndVarianceOfItsParameters() {
        var random = RandomStream(seed: 6, purpose: .test)
        var layer = LayerNorm(features: 10)
        layer.gain = Tensor(repeating: 3, shape: [10])
        layer.bias = Tensor(repeating: -2, shape: [10])
        let x = randomTensor([4, 10], 5, 9, random: &random)
        let y = layer(x).values
        for row in 0..<4 {
            let values = y[row * 10..<row * 10 + 10]
            let mean = values.reduce(0, +) / 10
            let variance = values.reduce(0) { $0 + ($1 + 2) * ($1 + 2) } / 10
            let inputs = x.values[row * 10..<row * 10 + 10]
            let inputMean = inputs.reduce(0, +) / 10
            let inputVariance = inputs.reduce(0) { $0 + ($1 - inputMean) * ($1 - inputMean) } / 10
            #expect(abs(mean + 2) < 1e-13)
            #expect(abs(variance - 9 * inputVariance / (inputVariance + 1e-5)) < 1e-12)
        }
    }
}
