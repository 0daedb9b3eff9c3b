import Numerics

/// What `ExactMap` finds for one teacher.
struct ExactMapMinimum {
    let couplings: [Double]
    /// In nats.
    let divergence: Double
    let gradientNorm: Double
    /// Starts that reached it, and different minima modulo gauge that were found.
    let agreement, minima: Int
}

/// Couplings of the student that minimise the exact divergence from a teacher: the RG map without
/// a network, J' = argmin KL (Eq. 7 of Hou & You).
///
/// Each teacher is searched from several starts, the first being natural and the others random.
/// The gauge copies of the best minimum all are the same student. The map takes the copy
/// nearest to the teacher's couplings, so that it is continuous and can be iterated; among equally
/// near ones, couplings that come first in their order are the larger.
struct ExactMap<Divergence: EnumeratedDivergence> {
    private let divergence: Divergence
    private let gauge: Gauge
    private let pool: WorkspacePool<Divergence>
    private let starts: Int
    private let randomPoints: [[Double]]

    /// - Parameter starts: for each teacher, at least 1; `seed` is that of the random ones, the same
    ///   for all teachers.
    init(_ divergence: Divergence, _ gauge: Gauge, starts: Int, seed: UInt64) throws(Failure) {
        (self.divergence, self.gauge, self.starts) = (divergence, gauge, starts)
        pool = try WorkspacePool(divergence)
        let count = divergence.studentCouplings
        randomPoints = (1..<starts).map { start in
            var stream = RandomStream(seed: seed, purpose: .initialisation, stream: UInt64(start))
            return (0..<count).map { _ in 2 * stream.nextUniform()[0] - 1 }
        }
    }

    /// Minima for teachers of (couplings) each; nil where no start led to one.
    ///
    /// - Parameter progress: advanced by 1 for each search that ends.
    func minimise(_ teachers: [[Double]], _ progress: Progress) throws(Failure) -> [ExactMapMinimum?] {
        let searches = teachers.map { teacher in
            starts(teacher).map { MinimumSearch(teacher: teacher, start: $0) }
        }
        var active = searches.flatMap { $0 }
        // Several evaluations in a turn where they are short, so that threads are worth waking.
        let turns = max(1, 256 / divergence.orbitCount)
        while !active.isEmpty {
            var failures = [Failure?](repeating: nil, count: active.count)
            failures.withUnsafeMutableBufferPointer { failures in
                parallelFor(active.count, progress: progress) { index in
                    do throws(Failure) {
                        try pool.borrow { work in
                            for _ in 0..<turns where active[index].state == .searching {
                                active[index].advance(divergence, work)
                            }
                        }
                    } catch {
                        failures[index] = error
                    }
                }
            }
            if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
            try progress.check("not all minima were found")
            let before = active.count
            active = active.filter { $0.state == .searching }
            progress.advance(by: before - active.count)
        }
        return zip(teachers, searches).map { summarise($0, $1) }
    }

    /// The natural start is the map to leading order in weak couplings, J' = sqrt(2/3) J: there the
    /// student's six equal pair couplings J'^2 stand for the teacher's four J^2. Below |J| of 1e-4
    /// the divergence, of order J^4, is flat within rounding and this start is the answer.
    private func starts(_ teacher: [Double]) -> [[Double]] {
        let scale = teacher.reduce(0.5) { max($0, abs($1)) }
        return [natural(teacher).map { $0 * 0.816496580927726 }]
            + randomPoints.map { point in point.map { $0 * scale } }
    }

    /// The teacher's couplings, as far as the student has the same.
    private func natural(_ teacher: [Double]) -> [Double] {
        (0..<divergence.studentCouplings).map { $0 < teacher.count ? teacher[$0] : 0 }
    }

    private func summarise(_ teacher: [Double], _ searches: [MinimumSearch]) -> ExactMapMinimum? {
        let found = searches.filter { $0.state == .minimum }
        guard let least = found.map(\.value).min() else { return nil }
        // The first of those within rounding, which may be the natural start's.
        let best = found.first { $0.value <= least + 1e-13 }!
        var distinct: [MinimumSearch] = []
        for one in found
        where !distinct.contains(where: {
            abs($0.value - one.value) < 1e-8 && gauge.identifies($0.couplings, one.couplings)
        }) { distinct.append(one) }
        return ExactMapMinimum(
            couplings: gauge.copy(of: best.couplings, nearestTo: natural(teacher)),
            divergence: best.value,
            gradientNorm: best.slope.reduce(0) { $0 + $1 * $1 }.squareRoot(),
            agreement: found.count { $0.value < least + 1e-8 },
            minima: distinct.count)
    }
}
