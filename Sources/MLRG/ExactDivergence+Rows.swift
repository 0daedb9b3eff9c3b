import Numerics

extension ExactDivergence {
    /// Arrays of many teachers and students, (count, couplings) each, and of results.
    struct Rows {
        let count: Int
        let teacher, student: UnsafePointer<Double>
        var directions: UnsafePointer<Double>? = nil
        /// (count) numbers in nats.
        let divergence: UnsafeMutablePointer<Double>
        var gradient: UnsafeMutablePointer<Double>? = nil
        /// (count, couplings of the student), with `directions`.
        var products: UnsafeMutablePointer<Double>? = nil
    }

    /// Evaluates all rows, in groups of eight, over all threads.
    ///
    /// - Parameter countsRows: whether the units of `progress` are rows.
    /// - Throws: `outOfMemory` when a workspace cannot be had. A stopped progress leaves rows undone
    ///   without an error.
    func evaluate(
        _ rows: Rows, _ pool: WorkspacePool, _ progress: Progress, countsRows: Bool = false
    ) throws(Failure) {
        // Waking a thread costs some 10 us, about what 512 orbits of a group of eight do.
        let perTask = max(1, 512 / orbits.count)
        let groups = (rows.count + 7) / 8
        let tasks = (groups + perTask - 1) / perTask
        var failures = [Failure?](repeating: nil, count: tasks)
        failures.withUnsafeMutableBufferPointer { failures in
            parallelFor(tasks, progress: progress) { task in
                do throws(Failure) {
                    try pool.borrow { work in
                        for group in task * perTask..<min((task + 1) * perTask, groups) {
                            evaluate(rows, first: 8 * group, work)
                            if countsRows { progress.advance(by: min(8, rows.count - 8 * group)) }
                        }
                    }
                } catch {
                    failures[task] = error
                }
            }
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    }

    /// Rows `first ..< first + 8`; lanes past the end repeat the last row and are not written.
    private func evaluate(_ rows: Rows, first: Int, _ work: Workspace) {
        let (m, n) = (teacher.couplingCount, student.couplingCount)
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: m + 4 * n) { lanes in
            let (teachers, students) = (lanes.baseAddress!, lanes.baseAddress! + m)
            let (directions, slopes, products) = (students + n, students + 2 * n, students + 3 * n)
            for lane in 0..<8 {
                let row = min(first + lane, rows.count - 1)
                for c in 0..<m { teachers[c][lane] = rows.teacher[row * m + c] }
                for c in 0..<n { students[c][lane] = rows.student[row * n + c] }
                guard let given = rows.directions else { continue }
                for c in 0..<n { directions[c][lane] = given[row * n + c] }
            }
            let hasDirections = rows.directions != nil
            let values = evaluate(
                work, teacher: teachers, student: students, gradient: slopes,
                direction: hasDirections ? UnsafePointer(directions) : nil,
                product: hasDirections ? products : nil)
            for lane in 0..<min(8, rows.count - first) {
                let row = first + lane
                rows.divergence[row] = values[lane]
                for c in 0..<n {
                    rows.gradient?[row * n + c] = slopes[c][lane]
                    rows.products?[row * n + c] = products[c][lane]
                }
            }
        }
    }
}
