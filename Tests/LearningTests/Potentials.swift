import Learning
import LearningReference
import Numerics

/// U = sum_j omega_j^2 q_j^2 / 2
struct Oscillators: Potential {
    let frequencies: [Double]
    var dimension: Int { frequencies.count }

    func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        for i in 0..<count {
            energy[i] = 0
            for (j, omega) in frequencies.enumerated() {
                let q = positions[i * dimension + j]
                gradient[i * dimension + j] = omega * omega * q
                energy[i] += omega * omega * q * q / 2
            }
        }
    }
}

/// U = q^T A q / 2 with A = ((2, -1.5), (-1.5, 2)): covariance ((2, 1.5), (1.5, 2)) / 1.75.
struct CorrelatedGaussian: Potential {
    let dimension = 2

    func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        for i in 0..<count {
            let (x, y) = (positions[2 * i], positions[2 * i + 1])
            (gradient[2 * i], gradient[2 * i + 1]) = (2 * x - 1.5 * y, 2 * y - 1.5 * x)
            energy[i] = x * x + y * y - 1.5 * x * y
        }
    }
}

/// U = height (q^2 - 1)^2
struct DoubleWell: Potential {
    let height: Double
    let dimension = 1

    func evaluate(
        positions: UnsafePointer<Double>, count: Int,
        energy: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>
    ) {
        for i in 0..<count {
            let excess = positions[i] * positions[i] - 1
            energy[i] = height * excess * excess
            gradient[i] = 4 * height * excess * positions[i]
        }
    }

    /// <q^power> of exp(-beta U) by the trapezoidal rule, exact to rounding for such a function.
    func moment(_ power: Int, beta: Double) -> Double {
        var (weight, sum) = (0.0, 0.0)
        for k in -40_000...40_000 {
            let q = Double(k) / 10_000
            let excess = q * q - 1
            let w = exp(Tensor(-beta * height * excess * excess)).scalar
            weight += w
            sum += w * (0..<power).reduce(1) { result, _ in result * q }
        }
        return sum / weight
    }
}

/// Values of an observable that are averaged over time in each of many independent chains. The
/// chain averages are independent, so their scatter gives the error of the total, autocorrelation
/// and all; the variance over its square is the effective sample size.
struct ChainAverages {
    private var sums: [Double]
    private var sumOfSquares = 0.0
    private var samples = 0.0

    init(chains: Int) { sums = Array(repeating: 0, count: chains) }

    mutating func add(_ value: (Int) -> Double) {
        for chain in sums.indices {
            let x = value(chain)
            sums[chain] += x
            sumOfSquares += x * x
        }
        samples += 1
    }

    private var chains: Double { Double(sums.count) }
    var mean: Double { sums.reduce(0, +) / (samples * chains) }

    var standardError: Double {
        let deviations = sums.reduce(0) { $0 + ($1 / samples - mean) * ($1 / samples - mean) }
        return (deviations / (chains * (chains - 1))).squareRoot()
    }

    var effectiveSampleSize: Double {
        (sumOfSquares / (samples * chains) - mean * mean) / (standardError * standardError)
    }

    /// Within 5 standard errors, and the error small enough to be a test. With Student's
    /// distribution of 100 or more chains a right sampler fails once in 400,000 comparisons; the
    /// seeds are fixed, so it never fails by chance.
    func agrees(with exact: Double, error: Double) -> Bool {
        abs(mean - exact) < 5 * standardError && standardError < error
    }
}
