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
        teacher = .teacher(representation, frame: frame)
        student = .student(corners: representation, centre: representation, frame: frame)
        self.samples = samples
        self.teacherSweeps = teacherSweeps
        self.studentSweeps = studentSweeps
    }

    /// Who sees whom in one machine, in both directions: rows of partners, one per unit.
    fileprivate struct Wiring {
        struct Row { let first, count: Int }
        let hiddenRows, visibleRows: [Row]
        /// Partners of all rows, and which of the dense weights each of them takes.
        let units, source: [Int]
        /// True if every unit sees two others, as in a teacher of one component.
        let pairs: Bool

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
            pairs = (hiddenRows + visibleRows).allSatisfy { $0.count == 2 }
            self.units = units
            self.source = source
        }
    }

    /// One machine with its weights.
    fileprivate final class Sampler {
        let wiring: Wiring
        let weights: Buffer<Float>
        /// For pairs: p(+1) = c0 + c1 s + c2 t + c3 s t of the two spins seen, one per row.
        let odds: Buffer<SIMD4<Float>>

        init(_ machine: BoltzmannMachine) throws(Failure) {
            wiring = Wiring(machine)
            weights = try Buffer(count: wiring.units.count)
            odds = try Buffer(count: wiring.pairs ? wiring.units.count / 2 : 0)
        }

        func setWeights(_ dense: [Double]) {
            for (i, source) in wiring.source.enumerated() { weights.base[i] = Float(dense[source]) }
            for row in 0..<odds.count {
                let (v, w) = (dense[wiring.source[2 * row]], dense[wiring.source[2 * row + 1]])
                let field = SIMD8<Double>(v + w, v - w, w - v, -v - w, 0, 0, 0, 0)
                let p = sigmoid(2 * field) / 4
                let c = SIMD4(
                    p[0] + p[1] + p[2] + p[3], p[0] + p[1] - p[2] - p[3],
                    p[0] - p[1] + p[2] - p[3], p[0] - p[1] - p[2] + p[3])
                odds.base[row] = SIMD4<Float>(c)
            }
        }

        /// One Gibbs sweep: all hidden spins given the visible ones, then all visible ones.
        @inline(__always)
        func sweep(
            _ visible: UnsafeMutablePointer<Lanes>, _ hidden: UnsafeMutablePointer<Lanes>,
            _ random: inout RandomStream
        ) {
            if wiring.pairs {
                let units = wiring.hiddenRows.count
                drawFromPairs(hidden, 0..<units, given: visible, &random)
                drawFromPairs(visible, units..<odds.count, given: hidden, &random)
            } else {
                draw(hidden, wiring.hiddenRows, given: visible, &random)
                draw(visible, wiring.visibleRows, given: hidden, &random)
            }
        }

        /// s = +1 with probability 1 / (1 + exp(-2 field)), decided as  u (1 + exp(-2 field)) < 1.
        @inline(__always)
        private func draw(
            _ spins: UnsafeMutablePointer<Lanes>, _ rows: [Wiring.Row],
            given others: UnsafePointer<Lanes>, _ random: inout RandomStream
        ) {
            for unit in 0..<rows.count {
                let field = field(rows[unit], others)
                let odds = exp(field * -2) + 1
                spins[unit] = spin(where: random.nextUniformFloat() * odds .< 1)
            }
        }

        /// The same where a unit sees two spins: any function of two signs is bilinear in them,
        /// so three multiply-adds stand for the exponential.
        @inline(__always)
        private func drawFromPairs(
            _ spins: UnsafeMutablePointer<Lanes>, _ rows: Range<Int>,
            given others: UnsafePointer<Lanes>, _ random: inout RandomStream
        ) {
            wiring.units.withUnsafeBufferPointer { units in
                for row in rows {
                    let c = odds.base[row]
                    let (s, t) = (others[units[2 &* row]], others[units[2 &* row &+ 1]])
                    let slope = Lanes(repeating: c[2]).addingProduct(s, Lanes(repeating: c[3]))
                    let level = Lanes(repeating: c[0]).addingProduct(s, Lanes(repeating: c[1]))
                    let p = level.addingProduct(t, slope)
                    spins[row &- rows.lowerBound] = spin(where: random.nextUniformFloat() .< p)
                }
            }
        }

        @inline(__always)
        func field(_ row: Wiring.Row, _ others: UnsafePointer<Lanes>) -> Lanes {
            var field = Lanes(repeating: 0)
            for i in row.first..<row.first + row.count {
                field = field.addingProduct(others[wiring.units[i]], Lanes(repeating: weights.base[i]))
            }
            return field
        }

        @inline(__always)
        private func spin(where up: SIMDMask<Lanes.MaskStorage>) -> Lanes {
            Lanes(repeating: -1).replacing(with: 1, where: up)
        }
    }

    /// The spins and weights of one thread, allocated once.
    final class Workspace {
        fileprivate let teacher, student: Sampler
        fileprivate let visible, hidden: Buffer<Lanes>
        fileprivate let correlation: Buffer<Lanes>

        init(_ divergence: ContrastiveDivergence) throws(Failure) {
            teacher = try Sampler(divergence.teacher)
            student = try Sampler(divergence.student)
            visible = try Buffer(count: divergence.teacher.visibleCount)
            hidden = try Buffer(count: max(divergence.teacher.hiddenCount, divergence.student.hiddenCount))
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
        work.teacher.setWeights(teacher.weights(teacherCouplings))
        work.student.setWeights(student.weights(studentCouplings))
        for i in 0..<work.correlation.count { work.correlation.base[i] = Lanes(repeating: 0) }
        var teacherBits = RandomStream(seed: seed, purpose: .teacher, stream: stream, step: step)
        var studentBits = RandomStream(seed: seed, purpose: .student, stream: stream, step: step)
        var difference = Lanes(repeating: 0)
        let (visible, hidden) = (work.visible.base, work.hidden.base)
        for first in stride(from: 0, to: samples, by: 16) {
            let weight = laneWeights(samples - first)
            randomise(visible, teacher.visibleCount, &teacherBits)
            for _ in 0..<teacherSweeps { work.teacher.sweep(visible, hidden, &teacherBits) }
            difference += weight * measure(work, sign: -weight)
            for _ in 0..<studentSweeps { work.student.sweep(visible, hidden, &studentBits) }
            difference -= weight * measure(work, sign: weight)
        }
        let share = 1 / Double(samples)
        for c in 0..<student.couplingCount { gradient[c] = 0 }
        for term in student.terms {
            let sum = work.correlation.base[term.hidden * student.visibleCount + term.visible]
            gradient[term.coupling] += term.coefficient * share * doubleSum(sum)
        }
        return doubleSum(difference) * share
    }

    /// Free energy F(x) = -sum_a log 2 cosh(field_a) of the present states (up to log 2); adds
    /// sign * tanh(field_a) x_v, the derivative of -sign * F in W_av, to the correlations.
    @inline(__always)
    private func measure(_ work: Workspace, sign: Lanes) -> Lanes {
        var energy = Lanes(repeating: 0)
        let visibleCount = student.visibleCount
        for a in 0..<student.hiddenCount {
            let field = work.student.field(work.student.wiring.hiddenRows[a], work.visible.base)
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
