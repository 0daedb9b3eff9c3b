import Numerics

/// What is computed once for each evaluation, over the states of a pair of corners.
extension ExactDivergence {
    /// Teacher's log-weight of edge 0 for each pair of corner states; that of a pair is that of the
    /// reversed pair.
    func tabulateTeacher(_ work: Workspace, _ weights: UnsafePointer<Lanes>) {
        let n = teacher.components
        let table = work.teacherTable.base
        for pair in 0..<pairStates / 2 {
            var logWeight = LogCoshSum()
            for hidden in 0..<n {
                _ = logWeight.add(field(weights + hidden * teacher.visibleCount, pair, 2 * n))
            }
            (table[pair], table[pairStates - 1 - pair]) = (logWeight.value, logWeight.value)
        }
    }

    /// Share of corners 0 and 1 in the student's fields.
    func tabulateStudent(_ weights: UnsafePointer<Lanes>, _ table: UnsafeMutablePointer<Lanes>) {
        let hiddenCount = student.hiddenCount
        for pair in 0..<pairStates / 2 {
            for hidden in 0..<hiddenCount {
                let share = field(weights + hidden * student.visibleCount, pair, 2 * student.components)
                table[pair * hiddenCount + hidden] = share
                table[(pairStates - 1 - pair) * hiddenCount + hidden] = -share
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

    /// sum_v row[v] x_v over the first `units` visible units, whose spins are the bits of `state`.
    @inline(__always)
    private func field(_ row: UnsafePointer<Lanes>, _ state: Int, _ units: Int) -> Lanes {
        var field = Lanes()
        for v in 0..<units { if state >> v & 1 == 1 { field += row[v] } else { field -= row[v] } }
        return field
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
