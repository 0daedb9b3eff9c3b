import Numerics

// Observables of spin configurations in memory: int8 spins of shape (count, L, L), C order, each
// -1 or +1. Work is spread over configurations; a configuration is checked while it is in cache,
// so an error leaves the output partly written. Progress counts configurations.

/// Total energy E/J = -sum_<ij> s_i s_j of each configuration on the L x L torus, 2 L^2 bonds.
///
/// For L = 2 both bonds between a pair of neighbours count, as in `logPartition`.
///
/// - Parameters:
///   - spins: (count, L, L).
///   - energies: (count), output.
/// - Throws: `Failure.invalidArgument` for a size below 2 or a spin that is not -1 or +1; the
///   message gives the flat index of the first such spin; `Failure.interrupted`.
public func energies(
    spins: UnsafePointer<Int8>, count: Int, size: Int, into energies: UnsafeMutablePointer<Double>,
    progress: Progress = .none
) throws(Failure) {
    let sites = try checkedSites(count: count, size: size)
    try forEachConfiguration(spins, count: count, sites: sites, progress) { index, configuration in
        energies[index] = Double(2 * broken(configuration, size: size, progress) - 2 * sites)
    }
}

/// Mean spin, in [-1, 1], of each configuration. Arguments and errors as for `energies`.
public func magnetizations(
    spins: UnsafePointer<Int8>, count: Int, size: Int, into magnetizations: UnsafeMutablePointer<Double>,
    progress: Progress = .none
) throws(Failure) {
    let sites = try checkedSites(count: count, size: size)
    try forEachConfiguration(spins, count: count, sites: sites, progress) { index, configuration in
        var total = sites
        _ = eachPiece(of: sites, progress) { first, count in
            total -= 2 * Observables.negative(configuration + first, count: count)
            return true
        }
        magnetizations[index] = Double(total) / Double(sites)
    }
}

/// Block spins by majority over b x b blocks; a tie gives +1.
///
/// - Parameters:
///   - spins: (count, L, L).
///   - block: b >= 1, a divisor of L.
///   - blocked: (count, L/b, L/b), output.
/// - Throws: as `energies`, and `Failure.invalidArgument` if b does not divide L.
public func blockSpins(
    spins: UnsafePointer<Int8>, count: Int, size: Int, block: Int, into blocked: UnsafeMutablePointer<Int8>,
    progress: Progress = .none
) throws(Failure) {
    let sites = try checkedSites(count: count, size: size)
    guard block >= 1, size % block == 0 else {
        throw .invalidArgument("block must divide the size \(size), got \(block)")
    }
    let width = size / block
    let perTask = taskSize(sites: sites)
    let columns = try Buffer<Int32>(count: (count + perTask - 1) / perTask * width)
    let rowsPerPoll = max(1, pieceSize / (block * size))
    try forEachConfiguration(spins, count: count, sites: sites, progress) { index, configuration in
        let output = blocked + index * width * width
        for row in 0..<width {
            if row % rowsPerPoll == 0 && progress.pollsToStop { return }
            let input = configuration + row * block * size
            if block == 2 {
                Observables.majorityOfPairs(input, input + size, count: width, into: output + row * width)
            } else {
                Observables.majority(
                    input, size: size, block: block, sums: columns.base + index / perTask * width,
                    into: output + row * width)
            }
        }
    }
}

/// Throws unless each of the `count` spins is -1 or +1.
/// - Throws: `Failure.invalidArgument` with the index of the first bad spin.
public func validateSpins(_ spins: UnsafePointer<Int8>, count: Int) throws(Failure) {
    guard count >= 0 else { throw .invalidArgument("count must not be negative, got \(count)") }
    let chunk = 1 << 16
    try forEachConfiguration(spins, count: count / chunk, sites: chunk, .none) { _, _ in }
    let rest = count - count % chunk
    if !Observables.areSpins(spins + rest, count: count - rest) {
        throw firstBadSpin(spins, from: rest, to: count)
    }
}

/// L^2; throws the reason if count x L x L is not a valid shape.
private func checkedSites(count: Int, size: Int) throws(Failure) -> Int {
    guard size >= 2, size < 1 << 20 else {
        throw .invalidArgument("size must be at least 2 and below 2^20, got \(size)")
    }
    guard count >= 0, !count.multipliedReportingOverflow(by: size * size).overflow else {
        throw .invalidArgument("count must not be negative, nor count x size^2 beyond 2^63; got \(count)")
    }
    return size * size
}

/// Small configurations share a task of about 64 kB, so that starting a task costs nothing.
private func taskSize(sites: Int) -> Int { max(1, 65536 / sites) }

private func forEachConfiguration(
    _ spins: UnsafePointer<Int8>, count: Int, sites: Int, _ progress: Progress,
    _ body: (Int, UnsafePointer<Int8>) -> Void
) throws(Failure) {
    let perTask = taskSize(sites: sites)
    let tasks = (count + perTask - 1) / perTask
    let isBad = try Buffer<UInt8>(count: tasks)
    parallelFor(tasks, progress: progress) { task in
        let indices = task * perTask..<min((task + 1) * perTask, count)
        for index in indices {
            let configuration = spins + index * sites
            let isGood = eachPiece(of: sites, progress) { first, count in
                Observables.areSpins(configuration + first, count: count)
            }
            guard isGood else {
                isBad.base[task] = 1
                return
            }
            body(index, configuration)
        }
        progress.advance(by: indices.count)
    }
    try progress.check("the measurement was interrupted")
    for task in 0..<tasks where isBad.base[task] != 0 {
        throw firstBadSpin(spins, from: task * perTask * sites, to: min((task + 1) * perTask, count) * sites)
    }
    progress.finish()
}

/// Spins between two looks at the progress, so that a large configuration can be interrupted.
private let pieceSize = 1 << 22

/// Runs `body(first, count)` on pieces of a configuration until it returns false, which is then the
/// result, or until the progress asks to stop.
private func eachPiece(of sites: Int, _ progress: Progress, _ body: (Int, Int) -> Bool) -> Bool {
    for first in stride(from: 0, to: sites, by: pieceSize) {
        if first > 0 && progress.pollsToStop { return true }
        if !body(first, min(pieceSize, sites - first)) { return false }
    }
    return true
}

private func firstBadSpin(_ spins: UnsafePointer<Int8>, from start: Int, to end: Int) -> Failure {
    let index = (start..<end).first { spins[$0] != 1 && spins[$0] != -1 }!
    let areBits = (start..<end).allSatisfy { spins[$0] == 0 || spins[$0] == 1 }
    let hint = areBits ? "; of spins 0 and 1, 2*s - 1 makes -1 and +1" : ""
    return .invalidArgument("spins must be -1 or +1, but spin \(index) is \(spins[index])\(hint)")
}

/// The number of bonds between unequal spins.
private func broken(_ spins: UnsafePointer<Int8>, size: Int, _ progress: Progress) -> Int {
    // Bands of rows that fit the first-level cache are read twice, along and across.
    let rowsPerBand = max(1, 8192 / size)
    var total = 0
    var row = 0
    let rowsPerPoll = max(rowsPerBand, pieceSize / size / rowsPerBand * rowsPerBand)
    while row < size {
        if row > 0 && row % rowsPerPoll == 0 && progress.pollsToStop { return 0 }
        let end = min(row + rowsPerBand, size)
        let (start, length) = (spins + row * size, (end - row) * size)
        let below = end < size ? length : length - size
        total &+= Observables.unequal(start, start + size, count: below)
        // A row's last spin meets the next row's first in the flat band: trade that for its own first.
        total &+= Observables.unequal(start, start + 1, count: length - 1)
        for r in 0..<end - row {
            let last = start[r &* size &+ size &- 1]
            total &+= Int((last ^ start[r &* size]) & 2) &>> 1
            if r &+ 1 < end - row { total &-= Int((last ^ start[(r &+ 1) &* size]) & 2) &>> 1 }
        }
        row = end
    }
    return total + Observables.unequal(spins, spins + (size - 1) * size, count: size)
}
