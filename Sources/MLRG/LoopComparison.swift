import Numerics

/// The exact distance of teacher and student of the loop scheme, and its gradient in the student's
/// couplings, for eight pairs of them side by side.
final class LoopComparison: LaneDivergence {
    typealias Lanes = SIMD8<Double>

    private let student: LoopStudent
    private let isDivergence: Bool
    var couplings: Int { student.terms.count }

    /// - Parameter kind: `.exact` or `.squares`.
    init(_ representation: Representation, _ kind: DivergenceKind) throws(Failure) {
        student = try LoopStudent(representation)
        isDivergence = kind == .exact
    }

    /// A thread is worth waking for some 10 us.
    var groupsPerTask: Int { student.components == 1 ? 8 : 1 }

    /// The tensors of one evaluation at a time.
    final class Workspace {
        fileprivate let weights, slopes, tensors: Buffer<Lanes>
        fileprivate let couplings: Buffer<Lanes>
        fileprivate let loop: Loop

        fileprivate enum Loop {
            case overlap(LoopOverlap)
            case divergence(LoopDivergence)
        }

        fileprivate init(_ student: LoopStudent, isDivergence: Bool) throws(Failure) {
            let n = student.states
            weights = try Buffer(count: student.weightCount)
            slopes = try Buffer(count: student.weightCount)
            tensors = try Buffer(count: 4 * n * n * n * n)
            couplings = try Buffer(count: 3 * student.terms.count)
            loop =
                isDivergence
                ? .divergence(try LoopDivergence(states: n)) : .overlap(try LoopOverlap(states: n))
        }
    }

    func makeWorkspace() throws(Failure) -> Workspace {
        try Workspace(student, isDivergence: isDivergence)
    }

    func evaluate(_ rows: DivergenceRows, first: Int, _ work: Workspace) {
        let count = couplings
        let (teachers, students) = (work.couplings.base, work.couplings.base + count)
        let gradient = work.couplings.base + 2 * count
        rows.load(rows.teacher, first, couplings: count, into: teachers)
        rows.load(rows.student, first, couplings: count, into: students)
        rows.store(
            evaluate(work, teacher: teachers, student: students, gradient: gradient), gradient, first,
            couplings: count)
    }

    /// Squared distance or divergence of each lane, and its derivative in the student's couplings.
    private func evaluate(
        _ work: Workspace, teacher: UnsafePointer<Lanes>, student couplings: UnsafePointer<Lanes>,
        gradient: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        let n = student.states
        let size = n * n * n * n
        let (T, B) = (work.tensors.base, work.tensors.base + size)
        let (scratch, slopes) = (work.tensors.base + 2 * size, work.tensors.base + 3 * size)
        student.weights(teacher, into: work.weights.base)
        LoopTensors.ring(work.weights.base, n: n, halves: scratch, into: T)
        student.weights(couplings, into: work.weights.base)
        LoopTensors.pair(work.weights.base, n: n, into: B)
        let value =
            switch work.loop {
            case .overlap(let overlap):
                overlap.evaluate(teacher: T, student: B, scratch: scratch, slopes: slopes)
            case .divergence(let divergence):
                divergence.evaluate(teacher: T, student: B, slopes: slopes)
            }
        LoopTensors.pullPair(slopes, work.weights.base, n: n, into: work.slopes.base)
        student.gradient(work.slopes.base, work.weights.base, into: gradient)
        return value
    }
}
