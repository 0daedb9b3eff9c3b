import Numerics

/// Contrastive divergence by Gibbs sampling (Hinton; Shen, Eq. 11): the difference of the
/// student's free energy between visible states of the teacher and the same states after k
/// sweeps of the student. 16 samples run side by side in the lanes of a vector.
final class ContrastiveDivergence: Sendable {
    typealias Lanes = SIMD16<Float>

    let teacher, student: BoltzmannMachine
    /// Sweeps of the teacher from random spins, and k.
    let teacherSweeps, studentSweeps: Int
    let samples: Int

    init(
        _ representation: Representation, frame: Frame, samples: Int, teacherSweeps: Int,
        studentSweeps: Int
    ) throws(Failure) {
        teacher = .teacher(representation)
        student = try .student(corners: representation, centre: representation, frame: frame)
        self.samples = samples
        self.teacherSweeps = teacherSweeps
        self.studentSweeps = studentSweeps
    }

    /// Weights of one machine in both directions as sparse rows: for each unit the units it sees.
    fileprivate struct Wiring {
        struct Row { let first, count: Int }
        let hiddenRows, visibleRows: [Row]
        /// (unit, weight) entries of all rows, and which dense weight each one takes.
        let units: [Int]
        let source: [Int]

        init(_ machine: BoltzmannMachine) {
            var units: [Int] = []
            var source: [Int] = []
            let seen = Set(machine.terms.map { $0.hidden * machine.visibleCount + $0.visible })
            func rows(_ count: Int, _ other: Int, _ key: (Int, Int) -> Int) -> [Row] {
                (0..<count).map { unit in
                    let first = units.count
                    for partner in 0..<other where seen.contains(key(unit, partner)) {
                        units.append(partner)
                        source.append(key(unit, partner))
                    }
                    return Row(first: first, count: units.count - first)
                }
            }
            let width = machine.visibleCount
            hiddenRows = rows(machine.hiddenCount, width) { $0 * width + $1 }
            visibleRows = rows(width, machine.hiddenCount) { $1 * width + $0 }
            self.units = units
            self.source = source
        }
    }

    /// The spins and weights of one thread, allocated once.
    final class Workspace {
        fileprivate let teacher, student: Wiring
        fileprivate let teacherWeights, studentWeights: Buffer<Float>
        fileprivate let visible, hidden, slopes: Buffer<Lanes>
        fileprivate let correlation: Buffer<Lanes>

        init(_ divergence: ContrastiveDivergence) throws(Failure) {
            teacher = Wiring(divergence.teacher)
            student = Wiring(divergence.student)
            teacherWeights = try Buffer(count: teacher.units.count)
            studentWeights = try Buffer(count: student.units.count)
            visible = try Buffer(count: divergence.teacher.visibleCount)
            hidden = try Buffer(count: max(divergence.teacher.hiddenCount, divergence.student.hiddenCount))
            slopes = try Buffer(count: divergence.student.hiddenCount)
            correlation = try Buffer(count: divergence.student.hiddenCount * divergence.student.visibleCount)
        }
    }

    /// - Parameters:
    ///   - teacher, student: couplings of one pair.
    ///   - gradient: (couplings) numbers, overwritten with the derivative in the student's.
    /// - Returns: mean of F(x_teacher) - F(x_student), in nats.
    func evaluate(
        _ work: Workspace, teacher teacherCouplings: UnsafePointer<Double>,
        student studentCouplings: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>,
        seed: UInt64, stream: UInt64, step: UInt64
    ) -> Double {
        fill(work.teacherWeights.base, work.teacher, teacher.weights(teacherCouplings))
        let studentDense = student.weights(studentCouplings)
        fill(work.studentWeights.base, work.student, studentDense)
        let units = student.hiddenCount * student.visibleCount
        for i in 0..<units { work.correlation.base[i] = Lanes(repeating: 0) }
        var teacherBits = RandomStream(seed: seed, purpose: .teacher, stream: stream, step: step)
        var studentBits = RandomStream(seed: seed, purpose: .student, stream: stream, step: step)
        var difference = Lanes(repeating: 0)
        for first in stride(from: 0, to: samples, by: 16) {
            let weight = laneWeights(samples - first)
            randomise(work.visible.base, teacher.visibleCount, &teacherBits)
            for _ in 0..<teacherSweeps {
                sweep(work, work.teacher, work.teacherWeights.base, &teacherBits)
            }
            difference += weight * measure(work, sign: -weight)
            for _ in 0..<studentSweeps {
                sweep(work, work.student, work.studentWeights.base, &studentBits)
            }
            difference -= weight * measure(work, sign: weight)
        }
        let share = 1 / Double(samples)
        for c in 0..<student.couplingCount { gradient[c] = 0 }
        for term in student.terms {
            let sum = work.correlation.base[term.hidden * student.visibleCount + term.visible]
            gradient[term.coupling] += term.sign * share * doubleSum(sum)
        }
        return doubleSum(difference) * share
    }

    /// One Gibbs sweep: all hidden spins given the visible ones, then all visible ones.
    @inline(__always)
    private func sweep(
        _ work: Workspace, _ wiring: borrowing Wiring, _ weights: UnsafePointer<Float>,
        _ random: inout RandomStream
    ) {
        draw(work.hidden.base, given: work.visible.base, wiring.hiddenRows, wiring.units, weights, &random)
        draw(work.visible.base, given: work.hidden.base, wiring.visibleRows, wiring.units, weights, &random)
    }

    /// s = +1 with probability 1 / (1 + exp(-2 field)), decided as  u (1 + exp(-2 field)) < 1.
    @inline(__always)
    private func draw(
        _ spins: UnsafeMutablePointer<Lanes>, given others: UnsafePointer<Lanes>,
        _ rows: [Wiring.Row], _ units: [Int], _ weights: UnsafePointer<Float>,
        _ random: inout RandomStream
    ) {
        rows.withUnsafeBufferPointer { rows in
            units.withUnsafeBufferPointer { units in
                for unit in 0..<rows.count {
                    let row = rows[unit]
                    var field = Lanes(repeating: 0)
                    for i in row.first..<row.first + row.count {
                        field = field.addingProduct(others[units[i]], Lanes(repeating: weights[i]))
                    }
                    let odds = exp(field * -2) + 1
                    let up = random.nextUniformFloat() * odds .< 1
                    spins[unit] = Lanes(repeating: -1).replacing(with: 1, where: up)
                }
            }
        }
    }

    /// Free energy F(x) = -sum_a log 2 cosh(field_a) of the present states (up to log 2); adds
    /// sign * tanh(field_a) x_v, the derivative of -sign * F in W_av, to the correlations.
    @inline(__always)
    private func measure(_ work: Workspace, sign: Lanes) -> Lanes {
        var energy = Lanes(repeating: 0)
        let visibleCount = student.visibleCount
        for a in 0..<student.hiddenCount {
            var field = Lanes(repeating: 0)
            let row = work.student.hiddenRows[a]
            for i in row.first..<row.first + row.count {
                field = field.addingProduct(
                    work.visible.base[work.student.units[i]],
                    Lanes(repeating: work.studentWeights.base[i]))
            }
            energy -= logCosh(field)
            let slope = tanh(field) * sign
            let sums = work.correlation.base + a * visibleCount
            for v in 0..<visibleCount { sums[v] = sums[v].addingProduct(slope, work.visible.base[v]) }
        }
        return energy
    }

    private func randomise(
        _ spins: UnsafeMutablePointer<Lanes>, _ count: Int, _ random: inout RandomStream
    ) {
        for v in 0..<count {
            let up = random.nextUniformFloat() .< 0.5
            spins[v] = Lanes(repeating: -1).replacing(with: 1, where: up)
        }
    }

    private func fill(_ weights: UnsafeMutablePointer<Float>, _ wiring: borrowing Wiring, _ dense: [Double]) {
        for (i, source) in wiring.source.enumerated() { weights[i] = Float(dense[source]) }
    }

    /// 1 for lanes that stand for a sample.
    private func laneWeights(_ remaining: Int) -> Lanes {
        var weights = Lanes(repeating: 0)
        for lane in 0..<min(16, remaining) { weights[lane] = 1 }
        return weights
    }

    private func doubleSum(_ lanes: Lanes) -> Double {
        (0..<16).reduce(0) { $0 + Double(lanes[$1]) }
    }
}
