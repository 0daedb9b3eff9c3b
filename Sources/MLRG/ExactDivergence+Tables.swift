import Numerics

/// What is computed once for each evaluation, over the states of a pair of corners.
extension ExactDivergence {
    /// Teacher's log-weight of edge 0 for each pair of corner states; that of a pair is that of the
    /// reversed pair.
    func tabulateTeacher(_ work: Workspace, _ weights: UnsafePointer<Lanes>) {
        let n = teacher.components
        let (fields, table) = (work.teacherFields.base, work.teacherTable.base)
        tabulateFields(weights, teacher, hiddenCount: n, fields)
        for pair in 0..<pairStates / 2 {
            var logWeight = LogCoshSum()
            for hidden in 0..<n { _ = logWeight.add(fields[pair * n + hidden]) }
            (table[pair], table[pairStates - 1 - pair]) = (logWeight.value, logWeight.value)
        }
    }

    /// Share of corners 0 and 1 in the fields of a machine's first hidden components, (pair, hidden).
    /// Turning one spin up adds twice its weight, and reversing all changes the sign.
    func tabulateFields(
        _ weights: UnsafePointer<Lanes>, _ machine: BoltzmannMachine, hiddenCount: Int,
        _ table: UnsafeMutablePointer<Lanes>
    ) {
        let units = 2 * machine.components
        for hidden in 0..<hiddenCount {
            let row = weights + hidden * machine.visibleCount
            var lowest = Lanes()
            for v in 0..<units { lowest -= row[v] }
            table[hidden] = lowest
            for v in 0..<units - 1 {
                let step = 2 * row[v]
                for pair in 0..<1 << v {
                    table[(pair | 1 << v) * hiddenCount + hidden] = table[pair * hiddenCount + hidden] + step
                }
            }
            for pair in 0..<pairStates / 2 {
                table[(pairStates - 1 - pair) * hiddenCount + hidden] = -table[pair * hiddenCount + hidden]
            }
        }
    }

    /// Exponentials of the tables, where their products cannot leave the range of a Double: with
    /// |field| <= 2 M and factors e^-M, a component's e^x + e^-x is from e^-M to 2 e^M.
    func tabulateExponentials(
        _ work: Workspace, _ weights: UnsafePointer<Lanes>
    ) -> (scale: Lanes, isNarrow: Bool) {
        let hiddenCount = student.hiddenCount
        var scale = Lanes()
        for hidden in 0..<hiddenCount { scale += largestShare(weights, hidden) }
        var largest = Lanes()
        for pair in 0..<pairStates / 2 { largest = larger(largest, work.teacherTable.base[pair]) }
        guard scale.max() < 300, largest.max() < 150 else { return (scale, false) }
        for pair in 0..<pairStates / 2 {
            let weight = exp(work.teacherTable.base[pair])
            (work.teacherExponential.base[pair], work.teacherExponential.base[pairStates - 1 - pair]) = (weight, weight)
        }
        let (fields, exponentials) = (work.studentTable.base, work.studentExponential.base)
        for hidden in 0..<hiddenCount {
            let half = 0.5 * largestShare(weights, hidden)
            let factor = exp(-2 * half)
            for pair in 0..<pairStates / 2 {
                let up = exp(fields[pair * hiddenCount + hidden] - half)
                exponentials[pair * hiddenCount + hidden] = up
                exponentials[(pairStates - 1 - pair) * hiddenCount + hidden] = factor / up
            }
        }
        return (scale, true)
    }

    /// Largest |field| that corners 0 and 1 give to a component of z0.
    private func largestShare(_ weights: UnsafePointer<Lanes>, _ hidden: Int) -> Lanes {
        var sum = Lanes()
        for v in 0..<2 * student.components {
            let weight = weights[hidden * student.visibleCount + v]
            sum += larger(weight, -weight)
        }
        return sum
    }

    func fill(
        _ weights: UnsafeMutablePointer<Lanes>, _ machine: BoltzmannMachine,
        _ couplings: UnsafePointer<Lanes>
    ) -> UnsafePointer<Lanes> {
        for i in 0..<machine.hiddenCount * machine.visibleCount { weights[i] = Lanes() }
        for term in machine.terms {
            weights[term.hidden * machine.visibleCount + term.visible] += couplings[term.coupling] * term.coefficient
        }
        return UnsafePointer(weights)
    }
}
