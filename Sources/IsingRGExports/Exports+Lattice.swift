import CIsingRG
import Ising
import Numerics

@_cdecl("isingrg_lattice_create")
public func isingrg_lattice_create(
    _ graph: UnsafePointer<isingrg_lattice_graph>?, _ lattice: UnsafeMutablePointer<OpaquePointer?>?
) -> isingrg_status {
    creating(lattice, "lattice") { () throws(Failure) in try made(graph) }
}

@_cdecl("isingrg_lattice_destroy")
public func isingrg_lattice_destroy(_ lattice: OpaquePointer?) -> isingrg_status {
    destroying(lattice, Lattice.self)
}

@_cdecl("isingrg_lattice_advance")
public func isingrg_lattice_advance(
    _ lattice: OpaquePointer?, _ chains: UnsafePointer<isingrg_lattice_chains>?,
    _ spins: UnsafeMutablePointer<Int8>?, _ clusters: UnsafeMutablePointer<Int32>?,
    _ observables: UnsafePointer<isingrg_lattice_observables>?, _ table: UnsafeMutablePointer<Double>?,
    _ tableCount: Int64, _ samples: UnsafeMutablePointer<Int8>?, _ samplesCount: Int64,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(lattice) { (lattice: Lattice) throws(Failure) in
        let chains = try required(chains, "chains").pointee
        let count = try integer(chains.n_chains, "n_chains", 1...1 << 24)
        let couplings = try numbers(chains.couplings, count, "couplings")
        let fields = try numbers(chains.fields, count, "fields")
        let run = LatticeRun(
            couplings: couplings, fields: fields,
            algorithm: try choice(chains.algorithm, "algorithm", Algorithm.self), seed: chains.seed,
            firstSweep: Int(chains.first_sweep), between: Int(chains.between), rows: Int(chains.rows))
        try run.validate()
        let measurement = try measurement(observables, lattice, run)
        try elements(table == nil ? nil : tableCount, "table", [count, run.rows, measurement.columns])
        try elements(samples == nil ? nil : samplesCount, "samples", [count, run.rows, lattice.sites])
        let spins = try required(spins, "spins")
        let clusters = try required(clusters, "clusters")
        for k in 0..<count where clusters[k] < 0 {
            throw .invalidArgument("clusters must be at least 0, not \(clusters[k])")
        }
        try fits(bytes: [count, lattice.sites, 2])
        let states = try lattice.states(of: spins, count: count)
        try states.withBytes { (bytes) throws(Failure) in
            try advance(
                run, on: lattice, states: bytes, clusters: clusters, measurement: measurement, table: table,
                samples: samples.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self) },
                progress: progress(total: count * run.rows * run.between, function, context))
            lattice.write(bytes, count: count, to: spins)
        }
        if let samples {
            let bytes = UnsafeRawPointer(samples).assumingMemoryBound(to: UInt8.self)
            lattice.write(bytes, count: count * run.rows, to: samples)
        }
    }
}

@_cdecl("isingrg_lattice_measure")
public func isingrg_lattice_measure(
    _ lattice: OpaquePointer?, _ observables: UnsafePointer<isingrg_lattice_observables>?,
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ table: UnsafeMutablePointer<Double>?, _ tableCount: Int64,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(lattice) { (lattice: Lattice) throws(Failure) in
        let measurement = try measurement(try required(observables, "observables"), lattice, nil)
        let count = try integer(count, "n", 0...rowLimit)
        try elements(tableCount, "table", [count, measurement.columns])
        let spins = try required(spins, "spins")
        let table = try required(table, "table")
        let progress = progress(total: count, function, context)
        let failure = Locked<Failure?>(nil)
        // A pointer of the caller, read only.
        let input = Shared(spins), output = Shared(table)
        parallelFor(count, progress: progress) { row in
            do throws(Failure) {
                try lattice.states(of: input.value + row * lattice.sites, count: 1).withBytes {
                    measurement.measure($0, on: lattice, into: output.value + row * measurement.columns)
                }
                progress.advance()
            } catch {
                failure.withLock { if $0 == nil { $0 = error } }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        try progress.check("the measurement was interrupted")
        progress.finish()
    }
}

@_cdecl("isingrg_lattice_moments")
public func isingrg_lattice_moments(
    _ lattice: OpaquePointer?, _ couplings: UnsafePointer<Double>?,
    _ fields: UnsafePointer<Double>?, _ count: Int64, _ moments: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(lattice) { (lattice: Lattice) throws(Failure) in
        let count = try integer(count, "n", 1...1 << 24)
        let couplings = try numbers(couplings, count, "couplings")
        let fields = try numbers(fields, count, "fields")
        try latticeMoments(
            lattice, couplings: couplings, fields: fields, into: try required(moments, "moments")
        ) { progress(total: $0, function, context) }
    }
}

@_cdecl("isingrg_lattice_levels")
public func isingrg_lattice_levels(
    _ lattice: OpaquePointer?, _ lowest: Int64, _ energies: Int64,
    _ counts: UnsafeMutablePointer<Double>?, _ countsCount: Int64, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(lattice) { (lattice: Lattice) throws(Failure) in
        let lowest = try integer(lowest, "lowest", -(1 << 40)...1 << 40)
        let energies = try integer(energies, "n_energies", 1...1 << 28)
        try elements(countsCount, "counts", [energies, lattice.sites + 1])
        try latticeLevels(lattice, lowest: lowest, energies: energies, into: try required(counts, "counts")) {
            progress(total: $0, function, context)
        }
    }
}

// MARK: - Arguments

private struct Shared<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

private func made(_ graph: UnsafePointer<isingrg_lattice_graph>?) throws(Failure) -> Lattice {
    let given = try required(graph, "graph").pointee
    let bonds = try integer(given.n_bonds, "n_bonds", 0...Int64(Lattice.mostSites))
    let none = UnsafePointer<Int32>(bitPattern: 8)!
    return try Lattice(
        sites: try integer(given.sites, "sites", 1...Int64(Lattice.mostSites)),
        bonds: bonds == 0 ? none : try required(given.bonds, "bonds"), bondCount: bonds,
        strengths: bonds == 0 ? UnsafePointer(bitPattern: 8)! : try required(given.strengths, "strengths"),
        colours: try required(given.colours, "colours"), pattern: given.pattern,
        kind: try choice(given.spins, "spins", SpinKind.self), states: Int(given.states))
}

private func measurement(
    _ observables: UnsafePointer<isingrg_lattice_observables>?, _ lattice: Lattice, _ run: LatticeRun?
) throws(Failure) -> Measurement {
    let given = observables?.pointee ?? isingrg_lattice_observables()
    guard given.improved == 0 || given.improved == 1 else {
        throw .invalidArgument("improved must be 0 or 1, not \(given.improved)")
    }
    let weights = try integer(given.n_weights, "n_weights", 0...1 << 16)
    let partners = try integer(given.n_partners, "n_partners", 0...1 << 16)
    if weights > 0 { _ = try required(given.weights, "weights") }
    if partners > 0 { _ = try required(given.partners, "partners") }
    if given.improved == 1, run?.improves(lattice) != true {
        throw .invalidArgument(
            "improved needs Swendsen-Wang's algorithm without a field, and Ising spins or Potts spins with "
                + "couplings that are not negative")
    }
    return try Measurement(
        lattice, weights: given.weights, weightCount: weights, partners: given.partners, partnerCount: partners,
        improves: given.improved == 1)
}

private func numbers(
    _ values: UnsafePointer<Double>?, _ count: Int, _ name: String
) throws(Failure) -> [Double] {
    let values = try required(values, name)
    try finite(values, count: count, name, bound: 1e6)
    return Array(UnsafeBufferPointer(start: values, count: count))
}

/// - Parameter given: nil where the array is NULL and may be.
private func elements(_ given: Int64?, _ name: String, _ factors: [Int]) throws(Failure) {
    guard let given else { return }
    var needed = 1
    for factor in factors {
        let (product, overflow) = needed.multipliedReportingOverflow(by: factor)
        if overflow { throw .invalidArgument("\(name) would need more than 2^63 elements") }
        needed = product
    }
    guard given == needed else {
        throw .invalidArgument("\(name) must have \(needed) elements, not \(given)")
    }
}

private func fits(bytes factors: [Int]) throws(Failure) {
    var bytes = 1.0
    for factor in factors { bytes *= Double(factor) }
    guard bytes <= Double(physicalMemory()) else {
        throw .outOfMemory("\(bytes) bytes of states exceed the memory of \(physicalMemory()) bytes")
    }
}
