import CLanes
import Numerics

/// Contrastive divergence by Gibbs sampling (Hinton; Shen, Eq. 11): the difference of the
/// student's free energy between visible states of the teacher and the same states after k
/// sweeps of the student.
///
/// The teacher's many sweeps run on tables, 64 samples side by side. Then the student, whose
/// centre sees all corners, takes 16 of them at a time as numbers +-1.
package final class ContrastiveDivergence: Sendable {
    typealias Lanes = SIMD16<Float>

    let teacher, student: BoltzmannMachine
    /// Sweeps of the teacher from random spins, and k.
    let teacherSweeps, studentSweeps: Int
    let samples: Int

    package init(
        _ representation: Representation, frame: Frame, samples: Int, teacherSweeps: Int,
        studentSweeps: Int
    ) throws(Failure) {
        teacher = .teacher(representation, frame: frame)
        student = .student(corners: representation, centre: representation, frame: frame)
        self.samples = samples
        self.teacherSweeps = teacherSweeps
        self.studentSweeps = studentSweeps
    }

    /// The spins and weights of one thread, allocated once.
    package final class Workspace {
        fileprivate let teacher: GibbsTables
        fileprivate let teacherVisible, teacherHidden: Buffer<GibbsTables.Chains>
        /// Dense weights, shape (hidden, visible).
        fileprivate let weights: Buffer<Float>
        fileprivate let visible, slopes, correlation: Buffer<Lanes>

        package init(_ divergence: ContrastiveDivergence) throws(Failure) {
            let (teacher, student) = (divergence.teacher, divergence.student)
            self.teacher = try GibbsTables(teacher)
            teacherVisible = try Buffer(count: teacher.visibleCount)
            teacherHidden = try Buffer(count: teacher.hiddenCount)
            weights = try Buffer(count: student.hiddenCount * student.visibleCount)
            visible = try Buffer(count: student.visibleCount)
            slopes = try Buffer(count: student.hiddenCount)
            correlation = try Buffer(count: student.hiddenCount * student.visibleCount)
        }
    }

    /// - Parameters:
    ///   - teacher, student: couplings of one pair.
    ///   - gradient: (couplings) numbers, overwritten with the derivative in the student's.
    ///   - progress: polled every hundred sweeps; once it is stopped, the results are undefined.
    /// - Returns: mean of F(x_teacher) - F(x_student), in nats.
    package func evaluate(
        _ work: Workspace, teacher teacherCouplings: UnsafePointer<Double>,
        student studentCouplings: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>,
        seed: UInt64, stream: UInt64, step: UInt64, progress: Progress = .none
    ) -> Double {
        work.teacher.setWeights(teacher.weights(teacherCouplings))
        for (i, weight) in student.weights(studentCouplings).enumerated() { work.weights.base[i] = Float(weight) }
        for i in 0..<work.correlation.count { work.correlation.base[i] = Lanes(repeating: 0) }
        var teacherBits = RandomStream(seed: seed, purpose: .teacher, stream: stream, step: step)
        var studentBits = RandomStream(seed: seed, purpose: .student, stream: stream, step: step)
        var difference = Lanes(repeating: 0)
        let chains = work.teacherVisible.base
        for tile in stride(from: 0, to: samples, by: GibbsTables.width) {
            randomise(chains, &teacherBits)
            for sweep in 0..<teacherSweeps {
                if sweep % 128 == 0 { progress.poll() }
                if progress.isStopped { return .nan }
                work.teacher.sweep(chains, work.teacherHidden.base, &teacherBits)
            }
            for first in stride(from: tile, to: min(tile + GibbsTables.width, samples), by: 16) {
                for v in 0..<student.visibleCount {
                    work.visible.base[v] = lanes_spins(UnsafeRawPointer(chains + v) + (first - tile))
                }
                difference += contrast(work, laneWeights(samples - first), &studentBits, progress)
            }
        }
        let share = 1 / Double(samples)
        for c in 0..<student.couplingCount { gradient[c] = 0 }
        for term in student.terms {
            let sum = work.correlation.base[term.hidden * student.visibleCount + term.visible]
            gradient[term.coupling] += term.coefficient * share * doubleSum(sum)
        }
        return doubleSum(difference) * share
    }

    /// weight * (F(x) - F(x after k sweeps of the student)) of 16 samples x in `work.visible`.
    private func contrast(
        _ work: Workspace, _ weight: Lanes, _ random: inout RandomStream, _ progress: Progress
    ) -> Lanes {
        var stream = random
        let before = measure(work, sign: -weight)
        for sweep in 0..<studentSweeps {
            if sweep > 0 { centreSlopes(work) }
            if sweep % 128 == 127 { progress.poll() }
            if progress.isStopped { break }
            step(work, &stream)
        }
        let after = measure(work, sign: weight)
        random = stream
        return weight * (before - after)
    }

    /// Free energy F(x) = -sum_a log 2 cosh(field_a) of the present states (up to log 2); adds
    /// sign * tanh(field_a) x_v, the derivative of -sign * F in W_av, to the correlations, and
    /// leaves the tanh in `work.slopes`.
    @inline(__always)
    private func measure(_ work: Workspace, sign: Lanes) -> Lanes {
        var energy = Lanes(repeating: 0)
        let visibleCount = student.visibleCount
        let visible = work.visible.base
        for a in 0..<student.hiddenCount {
            let field = field(work, a)
            energy -= logCosh(field)
            let slope = tanh(field)
            work.slopes.base[a] = slope
            let signed = slope * sign
            let sums = work.correlation.base + a * visibleCount
            for v in 0..<visibleCount { sums[v] = sums[v].addingProduct(signed, visible[v]) }
        }
        return energy
    }

    @inline(__always)
    private func centreSlopes(_ work: Workspace) {
        for a in 0..<student.hiddenCount { work.slopes.base[a] = tanh(field(work, a)) }
    }

    /// Draws the centre, with mean spins `work.slopes`, in their place, and the corners from it.
    @inline(__always)
    private func step(_ work: Workspace, _ random: inout RandomStream) {
        let (hiddenCount, visibleCount) = (student.hiddenCount, student.visibleCount)
        let (centre, visible, weights) = (work.slopes.base, work.visible.base, work.weights.base)
        for a in 0..<hiddenCount {
            centre[a] = spin(where: 2 * random.nextUniformFloat() - 1 .< centre[a])
        }
        for v in 0..<visibleCount {
            var field = Lanes(repeating: 0)
            for a in 0..<hiddenCount {
                field = field.addingProduct(centre[a], Lanes(repeating: weights[a * visibleCount + v]))
            }
            // p(+1) = 1 / (1 + exp(-2 field)), decided without a division.
            visible[v] = spin(where: random.nextUniformFloat() * (exp(field * -2) + 1) .< 1)
        }
    }

    @inline(__always)
    private func field(_ work: Workspace, _ hidden: Int) -> Lanes {
        let visibleCount = student.visibleCount
        let (row, visible) = (work.weights.base + hidden * visibleCount, work.visible.base)
        var field = Lanes(repeating: 0)
        for v in 0..<visibleCount { field = field.addingProduct(visible[v], Lanes(repeating: row[v])) }
        return field
    }

    @inline(__always)
    private func spin(where up: SIMDMask<Lanes.MaskStorage>) -> Lanes {
        Lanes(repeating: -1).replacing(with: 1, where: up)
    }

    /// Every spin of 64 chains from one random bit.
    private func randomise(
        _ spins: UnsafeMutablePointer<GibbsTables.Chains>, _ random: inout RandomStream
    ) {
        let zero = GibbsTables.Chains(repeating: 0)
        for v in 0..<teacher.visibleCount { spins[v] = lanes_bytes_less(random.nextBits(), zero) }
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
