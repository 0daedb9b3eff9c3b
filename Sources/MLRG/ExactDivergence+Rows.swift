import Numerics

extension ExactDivergence: LaneDivergence {
    // Waking a thread costs some 10 us, about what 512 orbits of a group of eight do.
    var groupsPerTask: Int { max(1, 512 / orbits.count) }

    func makeWorkspace() throws(Failure) -> Workspace { try Workspace(self) }

    func evaluate(_ rows: DivergenceRows, first: Int, _ work: Workspace) {
        let (m, n) = (teacher.couplingCount, student.couplingCount)
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: m + 4 * n) { lanes in
            let (teachers, students) = (lanes.baseAddress!, lanes.baseAddress! + m)
            let (directions, slopes, products) = (students + n, students + 2 * n, students + 3 * n)
            rows.load(rows.teacher, first, couplings: m, into: teachers)
            rows.load(rows.student, first, couplings: n, into: students)
            if let given = rows.directions { rows.load(given, first, couplings: n, into: directions) }
            let hasDirections = rows.directions != nil
            let values = evaluate(
                work, teacher: teachers, student: students, gradient: slopes,
                direction: hasDirections ? UnsafePointer(directions) : nil,
                product: hasDirections ? products : nil)
            rows.store(values, slopes, first, couplings: n)
            guard let output = rows.products else { return }
            for lane in 0..<min(8, rows.count - first) {
                for c in 0..<n { output[(first + lane) * n + c] = products[c][lane] }
            }
        }
    }
}
