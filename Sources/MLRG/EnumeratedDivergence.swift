import Numerics

/// An exact divergence whose Hessian in the student's couplings is known: what the exact RG map needs.
protocol EnumeratedDivergence: LaneDivergence {
    var teacherCouplings: Int { get }
    var studentCouplings: Int { get }
    /// Visible states up to symmetry, over which an evaluation sums.
    var orbitCount: Int { get }
    func evaluate(
        _ work: Workspace, teacher teacherCouplings: UnsafePointer<SIMD8<Double>>,
        student studentCouplings: UnsafePointer<SIMD8<Double>>,
        gradient: UnsafeMutablePointer<SIMD8<Double>>, direction: UnsafePointer<SIMD8<Double>>?,
        product: UnsafeMutablePointer<SIMD8<Double>>?
    ) -> SIMD8<Double>
}

extension EnumeratedDivergence {
    // Waking a thread costs some 10 us, about what 512 orbits of a group of eight do.
    var groupsPerTask: Int { max(1, 512 / orbitCount) }

    func evaluate(_ rows: DivergenceRows, first: Int, _ work: Workspace) {
        let (m, n) = (teacherCouplings, studentCouplings)
        withUnsafeTemporaryAllocation(of: SIMD8<Double>.self, capacity: m + 4 * n) { lanes in
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

    /// Value, gradient and Hessian (row-major) in the student's couplings, eight columns of the
    /// Hessian at a time.
    func expand(
        _ work: Workspace, teacher teacherCouplings: [Double], student studentCouplings: [Double]
    ) -> (value: Double, gradient: [Double], hessian: [Double]) {
        let (m, n) = (teacherCouplings.count, studentCouplings.count)
        var (value, gradient) = (0.0, [Double](repeating: 0, count: n))
        var hessian = [Double](repeating: 0, count: n * n)
        withUnsafeTemporaryAllocation(of: SIMD8<Double>.self, capacity: m + 4 * n) { lanes in
            let (teachers, students) = (lanes.baseAddress!, lanes.baseAddress! + m)
            let (slopes, directions, products) = (students + n, students + 2 * n, students + 3 * n)
            for c in 0..<m { teachers[c] = SIMD8(repeating: teacherCouplings[c]) }
            for c in 0..<n { students[c] = SIMD8(repeating: studentCouplings[c]) }
            for first in stride(from: 0, to: n, by: 8) {
                for c in 0..<n {
                    directions[c] = SIMD8()
                    if (first..<first + 8).contains(c) { directions[c][c - first] = 1 }
                }
                value =
                    evaluate(
                        work, teacher: teachers, student: students, gradient: slopes,
                        direction: directions, product: products)[0]
                for column in first..<min(first + 8, n) {
                    for row in 0..<n {
                        hessian[row * n + column] += 0.5 * products[row][column - first]
                        hessian[column * n + row] += 0.5 * products[row][column - first]
                    }
                }
            }
            for c in 0..<n { gradient[c] = slopes[c][0] }
        }
        return (value, gradient, hessian)
    }
}
