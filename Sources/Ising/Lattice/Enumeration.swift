#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// What is summed over all configurations of a lattice, for one coupling and one field.
public enum LatticeMoment: Int, CaseIterable, Sendable {
    case logPartition, energy, energySquare, field, fieldSquare, order, orderSquare, orderFourth
}

/// Exact means at couplings and fields, by the sum over all configurations.
///
/// The energy is E/J = -sum J_ij w(s_i, s_j), the field term F = sum p_i f(s_i), and the weight of a
/// configuration exp(-K E + h F). The order parameter is |m| for Ising.
///
/// - Parameters:
///   - output: (couplings.count, 8), in the order of `LatticeMoment`.
///   - counting: makes the progress from the parts of the configurations that it counts.
public func latticeMoments(
    _ lattice: Lattice, couplings: [Double], fields: [Double], into output: UnsafeMutablePointer<Double>,
    counting: (Int) -> Progress
) throws(Failure) {
    let code = try GrayCode(lattice)
    let count = couplings.count
    let progress = counting(count * code.parts)
    let sums = 8
    let partial = try Buffer<Double>(count: code.parts * (sums + 1))
    for each in 0..<count {
        let (K, h) = (couplings[each], fields[each])
        let failure = Locked<Failure?>(nil)
        parallelFor(code.parts, progress: progress) { part in
            do throws(Failure) {
                try addMoments(code, part, K, h, partial.base + part * (sums + 1))
                progress.advance()
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        try progress.check("the enumeration was interrupted")
        // The largest exponent of each part stands before its sums.
        let top = (0..<code.parts).reduce(-Double.infinity) { max($0, partial.base[$1 * (sums + 1)]) }
        var total = [Double](repeating: 0, count: sums)
        for part in 0..<code.parts {
            let row = partial.base + part * (sums + 1)
            let scale = exp(row[0] - top)
            for k in 0..<sums { total[k] += scale * row[1 + k] }
        }
        let row = output + each * LatticeMoment.allCases.count
        row[0] = top + log(total[0])
        for k in 1..<sums { row[k] = total[k] / total[0] }
    }
    progress.finish()
}

/// Z, and E, E^2, F, F^2, |m|, m^2, m^4 times weights, over a part, behind the exponent that they are
/// divided by.
private func addMoments(
    _ code: GrayCode, _ part: Int, _ K: Double, _ h: Double, _ row: UnsafeMutablePointer<Double>
) throws(Failure) {
    let lattice = code.lattice
    let spins = lattice.spins
    let (q, components) = (spins.count, spins.components)
    let sums = try Buffer<Double>(count: components)
    var energy = 0.0, field = 0.0
    var states = UnsafePointer<UInt8>(bitPattern: 8)!
    for k in 0...8 { row[k] = 0 }
    row[0] = -.infinity
    try spins.pair.withUnsafeBufferPointer { (pair) throws(Failure) in
        try code.walk(
            part: part,
            begin: {
                states = $0
                (energy, field) = (lattice.energy(states), lattice.fieldTerm(states))
                for c in 0..<components {
                    sums.base[c] = (0..<lattice.sites).reduce(0) { $0 + spins.values[c * q + Int(states[$1])] }
                }
            },
            move: { site, before, after in
                for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site + 1]) {
                    let other = Int(states[Int(lattice.neighbours.base[e])])
                    let strength = lattice.strengths[Int(lattice.kinds.base[e])]
                    energy -= strength * (pair[after * q + other] - pair[before * q + other])
                }
                field += lattice.pattern(site) * (spins.field[after] - spins.field[before])
                for c in 0..<components {
                    sums.base[c] += spins.values[c * q + after] - spins.values[c * q + before]
                }
            },
            visit: {
                let exponent = h * field - K * energy
                if exponent > row[0] {
                    let scale = exp(row[0] - exponent)
                    for k in 1...8 { row[k] *= scale }
                    row[0] = exponent
                }
                let weight = exp(exponent - row[0])
                let square = spins.orderSquare(sums.base, sites: lattice.sites)
                row[1] += weight
                row[2] += weight * energy
                row[3] += weight * energy * energy
                row[4] += weight * field
                row[5] += weight * field * field
                row[6] += weight * square.squareRoot()
                row[7] += weight * square
                row[8] += weight * square * square
            })
    }
}

/// The number of configurations with each energy and each field term, for strengths that are integers.
///
/// - Parameters:
///   - energies: E/J runs over `energies` integers from `lowest`, for Potts and Ising spins.
///   - counts: (energies, sites + 1): the second axis is the number of spins in state 1 of Ising, +1,
///     and in state 0 of Potts.
///   - counting: as for `latticeMoments`.
public func latticeLevels(
    _ lattice: Lattice, lowest: Int, energies: Int, into counts: UnsafeMutablePointer<Double>,
    counting: (Int) -> Progress
) throws(Failure) {
    guard lattice.spins.kind != .clock else {
        throw .invalidArgument("levels of clock spins are no integers")
    }
    for strength in lattice.strengths where strength != strength.rounded() {
        throw .invalidArgument("levels need strengths that are integers, not \(strength)")
    }
    let code = try GrayCode(lattice)
    let progress = counting(code.parts)
    let columns = lattice.sites + 1
    let (size, overflow) = energies.multipliedReportingOverflow(by: columns)
    guard !overflow, size <= 1 << 28 else {
        throw .outOfMemory("\(energies) energies times \(columns) magnetizations are too many levels")
    }
    for k in 0..<size { counts[k] = 0 }
    let failure = Locked<Failure?>(nil)
    // A few workers, each with a table of its own.
    let workers = min(threadCount, code.parts)
    parallelFor(workers, progress: progress) { worker in
        do throws(Failure) {
            let own = try Buffer<Double>(count: size)
            var part = worker
            while part < code.parts, !progress.pollsToStop {
                try addLevels(code, part, lowest, energies, own.base)
                progress.advance()
                part += workers
            }
            // Sums of integers do not depend on their order.
            failure.withLock { _ in for k in 0..<size { counts[k] += own.base[k] } }
        } catch {
            failure.withLock { $0 = error }
        }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    try progress.check("the enumeration was interrupted")
    progress.finish()
}

private func addLevels(
    _ code: GrayCode, _ part: Int, _ lowest: Int, _ energies: Int, _ counts: UnsafeMutablePointer<Double>
) throws(Failure) {
    let lattice = code.lattice
    let marked: UInt8 = lattice.spins.kind == .ising ? 1 : 0
    let opposite = lattice.spins.kind == .ising ? 2 : 1
    let strengths = lattice.strengths.map { Int($0) }
    let columns = lattice.sites + 1
    var energy = 0, count = 0
    var isInside = true
    var states = UnsafePointer<UInt8>(bitPattern: 8)!
    try code.walk(
        part: part,
        begin: {
            states = $0
            energy = Int(lattice.energy(states).rounded()) - lowest
            count = (0..<lattice.sites).reduce(0) { $0 + (states[$1] == marked ? 1 : 0) }
        },
        move: { site, before, after in
            for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site + 1]) {
                let other = Int(states[Int(lattice.neighbours.base[e])])
                let change = (after == other ? 1 : 0) - (before == other ? 1 : 0)
                energy -= opposite * change * strengths[Int(lattice.kinds.base[e])]
            }
            count += (after == Int(marked) ? 1 : 0) - (before == Int(marked) ? 1 : 0)
        },
        visit: {
            guard energy >= 0, energy < energies else {
                isInside = false
                return
            }
            counts[energy * columns + count] += 1
        })
    guard isInside else { throw .invalidArgument("the energies do not lie within \(energies) from \(lowest)") }
}

extension Lattice {
    /// E/J = -sum J_ij w(s_i, s_j).
    func energy(_ states: UnsafePointer<UInt8>) -> Double {
        let q = spins.count
        var sum = 0.0
        spins.pair.withUnsafeBufferPointer { pair in
            strengths.withUnsafeBufferPointer { strengths in
                for b in 0..<bonds {
                    let s = Int(states[Int(ends.base[2 &* b])]), t = Int(states[Int(ends.base[2 &* b &+ 1])])
                    sum -= strengths[Int(bondKinds.base[b])] * pair[s &* q &+ t]
                }
            }
        }
        return sum
    }

    /// F = sum p_i f(s_i).
    func fieldTerm(_ states: UnsafePointer<UInt8>) -> Double {
        var sum = 0.0
        for i in 0..<sites { sum += pattern(i) * spins.field[Int(states[i])] }
        return sum
    }
}
