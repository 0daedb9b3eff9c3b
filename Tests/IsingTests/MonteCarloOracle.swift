import Ising
import Numerics

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Every state of the 4 x 4 torus, sorted into classes of equal energy and magnetization, and
/// into orbits of the translations and of the eight point operations.
struct StateClasses {
    static let size = 4
    let energyClass: [Int]
    let orbit: [Int]
    private let bondSum: [Int]

    init() {
        let size = StateClasses.size
        let states = 1 << (size * size)
        var images: [[Int]] = []  // where each site goes
        for dy in 0..<size {
            for dx in 0..<size {
                for operation in 0..<8 {
                    images.append(
                        (0..<size * size).map { site in
                            var (y, x) = ((site / size + dy) % size, (site % size + dx) % size)
                            if operation & 1 != 0 { x = size - 1 - x }
                            if operation & 2 != 0 { y = size - 1 - y }
                            if operation & 4 != 0 { (x, y) = (y, x) }
                            return y * size + x
                        })
                }
            }
        }
        var sums = [Int](repeating: 0, count: states)
        var classes = [Int](repeating: 0, count: states)
        var orbits = [Int](repeating: -1, count: states)
        var nextOrbit = 0
        for state in 0..<states {
            let spin = { (y: Int, x: Int) in (state >> (y % size * size + x % size) & 1) * 2 - 1 }
            var sum = 0, magnetization = 0
            for y in 0..<size {
                for x in 0..<size {
                    sum += spin(y, x) * (spin(y, x + 1) + spin(y + 1, x))
                    magnetization += spin(y, x)
                }
            }
            sums[state] = sum
            classes[state] = (sum + 32) / 4 * 17 + (magnetization + 16) / 2
            if orbits[state] < 0 {
                for image in images {
                    var other = 0
                    for site in 0..<size * size where state >> site & 1 != 0 { other |= 1 << image[site] }
                    orbits[other] = nextOrbit
                }
                nextOrbit += 1
            }
        }
        (bondSum, energyClass, orbit) = (sums, classes, orbits)
    }

    static let shared = StateClasses()

    /// exp(K sum_<ij> s_i s_j), normalised.
    func probabilities(_ coupling: Double) -> [Double] {
        let weights = bondSum.map { exp(coupling * Double($0)) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// The chi-square of the samples over the classes, as a standard normal deviate (Wilson and
    /// Hilferty). Classes are filled up, in the order of their number, to an expectation of 10.
    func deviation(of samples: [Int8], coupling: Double, classes: [Int]) -> Double {
        let sites = StateClasses.size * StateClasses.size
        let draws = samples.count / sites
        var observed = [Double](repeating: 0, count: classes.max()! + 1)
        var expected = observed
        for (state, probability) in probabilities(coupling).enumerated() {
            expected[classes[state]] += probability * Double(draws)
        }
        for draw in 0..<draws {
            var state = 0
            for site in 0..<sites where samples[draw * sites + site] > 0 { state |= 1 << site }
            observed[classes[state]] += 1
        }
        var chi = 0.0, cells = 0, pooledObserved = 0.0, pooledExpected = 0.0
        for (o, e) in zip(observed, expected) {
            pooledObserved += o
            pooledExpected += e
            if pooledExpected >= 10 {
                chi += (pooledObserved - pooledExpected) * (pooledObserved - pooledExpected) / pooledExpected
                (pooledObserved, pooledExpected, cells) = (0, 0, cells + 1)
            }
        }
        chi += (pooledObserved - pooledExpected) * (pooledObserved - pooledExpected) / max(pooledExpected, 1)
        let freedom = Double(cells)  // one cell more, one constraint
        return (cbrt(chi / freedom) - (1 - 2 / (9 * freedom))) / (2 / (9 * freedom)).squareRoot()
    }
}

/// Runs a plan into an array.
func spins(_ plan: SamplingPlan, progress: Progress = .none) throws(Failure) -> [Int8] {
    let count = plan.couplings.count * plan.chains * plan.samples * plan.size * plan.size
    let output = try Buffer<Int8>(count: count)
    try sample(plan, into: output.base, progress: progress)
    return Array(UnsafeBufferPointer(start: output.base, count: count))
}

/// What `body` throws, nil if it ends well.
func failure(of body: () throws(Failure) -> Void) -> Failure? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// Mean of sum_<ij> s_i s_j per site over the samples of each chain, in order.
func chainEnergies(_ spins: [Int8], _ plan: SamplingPlan) -> [Double] {
    let size = plan.size
    let perChain = plan.samples * size * size
    return stride(from: 0, to: spins.count, by: perChain).map { start in
        var sum = 0
        for lattice in 0..<plan.samples {
            let base = start + lattice * size * size
            for y in 0..<size {
                for x in 0..<size {
                    let right = spins[base + y * size + (x + 1) % size]
                    let below = spins[base + (y + 1) % size * size + x]
                    sum += Int(spins[base + y * size + x]) * Int(right + below)
                }
            }
        }
        return Double(sum) / Double(perChain)
    }
}

/// Mean of independent numbers and its standard error.
func estimate(_ values: [Double]) -> (mean: Double, error: Double) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count * (count - 1))).squareRoot())
}
