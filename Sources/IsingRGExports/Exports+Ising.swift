import CIsingRG
import Ising
import Numerics

@_cdecl("isingrg_ising_sample")
public func isingrg_ising_sample(
    _ size: Int64, _ couplings: UnsafePointer<Double>?, _ couplingCount: Int64, _ chains: Int64,
    _ samples: Int64, _ thermalize: Int64, _ between: Int64, _ algorithm: Int32, _ seed: UInt64,
    _ spins: UnsafeMutablePointer<Int8>?, _ spinsCount: Int64, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        let count = try integer(couplingCount, "n_couplings", 1...1 << 20)
        let spins = try required(spins, "spins")
        let plan = SamplingPlan(
            size: Int(size), couplings: Array(UnsafeBufferPointer(start: couplings, count: count)),
            chains: Int(chains), samples: Int(samples),
            thermalize: thermalize == -1 ? nil : Int(thermalize),
            between: between == -1 ? nil : Int(between),
            algorithm: try algorithmChoice(algorithm), seed: seed)
        try plan.validate()
        let needed = count * plan.chains * plan.samples * plan.size * plan.size
        guard spinsCount == needed else {
            throw .invalidArgument("spins must have \(needed) elements, not \(spinsCount)")
        }
        try sample(plan, into: spins, progress: progress(total: plan.work, function, context))
    }
}

/// Nil where the core is to choose.
private func algorithmChoice(_ value: Int32) throws(Failure) -> Algorithm? {
    if Int(value) == ISINGRG_ISING_AUTO { return nil }
    guard let algorithm = Algorithm(rawValue: value) else {
        throw .invalidArgument("algorithm must be from -1 to \(Algorithm.allCases.count - 1), not \(value)")
    }
    return algorithm
}

@_cdecl("isingrg_ising_plan")
public func isingrg_ising_plan(
    _ size: Int64, _ coupling: Double, _ chains: Int64, _ thermalize: Int64, _ between: Int64,
    _ algorithm: Int32, _ chosen: UnsafeMutablePointer<Int32>?,
    _ thermalizeSweeps: UnsafeMutablePointer<Int64>?, _ betweenSweeps: UnsafeMutablePointer<Int64>?
) -> isingrg_status {
    status { () throws(Failure) in
        let plan = SamplingPlan(
            size: Int(size), couplings: [coupling], chains: Int(chains), samples: 1,
            thermalize: thermalize == -1 ? nil : Int(thermalize),
            between: between == -1 ? nil : Int(between), algorithm: try algorithmChoice(algorithm))
        try plan.validateRanges()
        try required(chosen, "chosen").pointee = plan.algorithm(at: coupling).rawValue
        try required(thermalizeSweeps, "thermalize_sweeps").pointee = Int64(plan.thermalizeSweeps(at: coupling))
        try required(betweenSweeps, "between_sweeps").pointee = Int64(plan.betweenSweeps(at: coupling))
    }
}

/// Configurations as the observables take them.
private func configurations(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64
) throws(Failure) -> (spins: UnsafePointer<Int8>, count: Int, size: Int) {
    let size = try integer(size, "size", 2...1 << 20)
    return (try required(spins, "spins"), try integer(count, "n", 0...1 << 40 / Int64(size * size)), size)
}

@_cdecl("isingrg_ising_energy")
public func isingrg_ising_energy(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64, _ output: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let input = try configurations(spins, count, size)
        try energies(
            spins: input.spins, count: input.count, size: input.size,
            into: try required(output, "energies"),
            progress: progress(total: input.count, function, context))
    }
}

@_cdecl("isingrg_ising_magnetization")
public func isingrg_ising_magnetization(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64, _ output: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let input = try configurations(spins, count, size)
        try magnetizations(
            spins: input.spins, count: input.count, size: input.size,
            into: try required(output, "means"),
            progress: progress(total: input.count, function, context))
    }
}

@_cdecl("isingrg_ising_block_spin")
public func isingrg_ising_block_spin(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ size: Int64, _ factor: Int64,
    _ blocked: UnsafeMutablePointer<Int8>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let input = try configurations(spins, count, size)
        try blockSpins(
            spins: input.spins, count: input.count, size: input.size,
            block: try integer(factor, "factor", 1...size), into: try required(blocked, "blocked"),
            progress: progress(total: input.count, function, context))
    }
}

@_cdecl("isingrg_ising_exact_torus")
public func isingrg_ising_exact_torus(
    _ size: Int64, _ couplings: UnsafePointer<Double>?, _ count: Int64,
    _ logPartition: UnsafeMutablePointer<Double>?, _ energy: UnsafeMutablePointer<Double>?,
    _ heatCapacity: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        let size = try integer(size, "size", 2...4096)
        try eachCoupling(count, function, context) { (i) throws(Failure) in
            let exact = try torusThermodynamics(size: size, coupling: couplings[i])
            logPartition?[i] = exact.logPartition
            energy?[i] = exact.energy
            heatCapacity?[i] = exact.heatCapacity
        }
    }
}

@_cdecl("isingrg_ising_exact_bulk")
public func isingrg_ising_exact_bulk(
    _ couplings: UnsafePointer<Double>?, _ count: Int64, _ freeEnergy: UnsafeMutablePointer<Double>?,
    _ energy: UnsafeMutablePointer<Double>?, _ specificHeat: UnsafeMutablePointer<Double>?,
    _ magnetization: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let couplings = try required(couplings, "couplings")
        try eachCoupling(count, function, context) { (i) throws(Failure) in
            let lattice = try InfiniteSquareLattice(coupling: couplings[i])
            if let freeEnergy { freeEnergy[i] = try lattice.freeEnergyDensity() }
            energy?[i] = lattice.internalEnergyDensity()
            specificHeat?[i] = lattice.specificHeat()
            magnetization?[i] = lattice.spontaneousMagnetization()
        }
    }
}

/// Runs `body` for each of `count` couplings.
func eachCoupling(
    _ count: Int64, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?,
    _ body: (Int) throws(Failure) -> Void
) throws(Failure) {
    let count = try integer(count, "n", 0...rowLimit)
    let progress = progress(total: count, function, context)
    for i in 0..<count {
        try progress.check("the computation was interrupted")
        try body(i)
        progress.advance()
    }
    progress.finish()
}

@_cdecl("isingrg_ising_autocorrelation_time")
public func isingrg_ising_autocorrelation_time(
    _ series: UnsafePointer<Double>?, _ chains: Int64, _ samples: Int64,
    _ time: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        try required(time, "time").pointee = try integratedAutocorrelationTime(
            series: try required(series, "series"), chains: try integer(chains, "n_chains", 1...1 << 31),
            samples: try integer(samples, "n_samples", 1...1 << 31),
            progress: progress(total: 0, function, context))
    }
}
