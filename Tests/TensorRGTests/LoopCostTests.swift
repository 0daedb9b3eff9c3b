import Numerics
import TensorRG
import Testing

/// The kernels against plain sums over all states, and their slopes against finite differences.
@Suite(.serialized) struct LoopCostTests {
    static let shapes = [
        (Leg(even: 1, odd: 0), Leg(even: 1, odd: 0)), (Leg(even: 1, odd: 1), Leg(even: 1, odd: 1)),
        (Leg(even: 2, odd: 1), Leg(even: 1, odd: 3)), (Leg(even: 0, odd: 3), Leg(even: 2, odd: 0)),
        (Leg(even: 2, odd: 2), Leg(even: 3, odd: 1)),
    ]

    static func random(_ count: Int, seed: UInt64) -> [Double] {
        var stream = RandomStream(seed: seed, purpose: .test)
        return (0..<count).map { _ in 2 * stream.nextUniform()[0] - 1 }
    }

    /// T with T[a, b, c, d] = T[d, c, b, a], and S, both with charges.
    static func pair(_ leg: Leg, _ bond: Leg, seed: UInt64) -> (teacher: [Double], student: [Double]) {
        let n = leg.count
        let values = random(n * n * n * n, seed: seed)
        var teacher = values
        for a in 0..<n {
            for b in 0..<n {
                for c in 0..<n {
                    for d in 0..<n {
                        let charge = leg.charge(a) ^ leg.charge(b) ^ leg.charge(c) ^ leg.charge(d)
                        let (here, there) = (((a * n + b) * n + c) * n + d, ((d * n + c) * n + b) * n + a)
                        teacher[here] = charge == 0 ? values[here] + values[there] : 0
                    }
                }
            }
        }
        var student = random(bond.count * n * n, seed: seed + 1)
        for i in student.indices {
            let (z, a, b) = (i / n / n, i / n % n, i % n)
            if bond.charge(z) ^ leg.charge(a) ^ leg.charge(b) != 0 { student[i] = 0 } else { student[i] *= 0.5 }
        }
        return (teacher, student)
    }

    /// tr (N N^T)^2 by sums over every index.
    static func loop(_ x: [Double], _ y: [Double], _ n: Int) -> Double {
        let size = n * n
        var layers = [Double](repeating: 0, count: size * size)
        for a in 0..<n {
            for a2 in 0..<n {
                for d in 0..<n {
                    for d2 in 0..<n {
                        for b in 0..<n {
                            for c in 0..<n {
                                layers[(a * n + a2) * size + d * n + d2] +=
                                    x[((a * n + b) * n + c) * n + d] * y[((a2 * n + b) * n + c) * n + d2]
                            }
                        }
                    }
                }
            }
        }
        var trace = 0.0
        for i in 0..<size {
            for j in 0..<size {
                let product = (0..<size).reduce(0) { $0 + layers[i * size + $1] * layers[j * size + $1] }
                trace += product * product
            }
        }
        return trace
    }

    static func cost(_ teacher: [Double], _ student: [Double], _ leg: Leg, _ bond: Leg, mu: Double) -> Double {
        let n = leg.count
        var product = [Double](repeating: 0, count: n * n * n * n)
        for z in 0..<bond.count {
            for a in 0..<n {
                for b in 0..<n {
                    for c in 0..<n {
                        for d in 0..<n {
                            product[((a * n + b) * n + c) * n + d] +=
                                student[(z * n + a) * n + b] * student[(z * n + d) * n + c]
                        }
                    }
                }
            }
        }
        let norm = loop(teacher, teacher, n)
        let squares = student.reduce(0) { $0 + $1 * $1 }
        return 1 + (loop(product, product, n) - 2 * loop(teacher, product, n)) / norm
            + mu * squares / norm.squareRoot().squareRoot().squareRoot()
    }

    @Test(arguments: 0..<shapes.count) func costAndSlopeArePlainSums(_ index: Int) throws {
        let (leg, bond) = Self.shapes[index]
        let (teacher, student) = Self.pair(leg, bond, seed: UInt64(index))
        var gradient = student
        let value = try loopCost(
            teacher: teacher, leg: leg, student: student, bond: bond, mu: 0.1, gradient: &gradient)
        #expect(abs(value - Self.cost(teacher, student, leg, bond, mu: 0.1)) < 1e-11 * max(1, abs(value)))
        for i in student.indices where student[i] != 0 {
            var (ahead, behind) = (student, student)
            ahead[i] += 1e-5
            behind[i] -= 1e-5
            let slope =
                (Self.cost(teacher, ahead, leg, bond, mu: 0.1) - Self.cost(teacher, behind, leg, bond, mu: 0.1)) / 2e-5
            #expect(abs(gradient[i] - slope) < 1e-7 * max(1, abs(slope)))
        }
    }

    @Test func aLoopOfZerosIsRefused() {
        let (leg, zeros) = (Leg(even: 1, odd: 1), [Double](repeating: 0, count: 16))
        var gradient = [Double](repeating: 0, count: 8)
        #expect(throws: Failure.self) {
            try loopCost(teacher: zeros, leg: leg, student: gradient, bond: leg, mu: 0, gradient: &gradient)
        }
    }

    @Test func threadsDoNotChangeTheResult() throws {
        let before = threadCount
        defer { threadCount = before }
        let leg = Leg(even: 6, odd: 5)
        let (teacher, student) = Self.pair(leg, leg, seed: 3)
        var found: [[Double]] = []
        for threads in [1, 2, 3] {
            threadCount = threads
            var copy = student
            _ = try searchLoop(
                teacher: teacher, leg: leg, student: &copy, bond: leg, mu: 1e-5, iterations: 10, tolerance: 0,
                progress: .none)
            found.append(copy)
        }
        #expect(found[0] == found[1] && found[0] == found[2])
    }
}
