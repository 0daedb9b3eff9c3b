import CIsingRG
import MCRG
import Numerics

/// What all functions of this file begin with, checked.
private func measurement(
    _ dimension: Int64, _ size: Int64, _ factor: Int64, _ levels: Int64, _ rule: isingrg_mcrg_rule?,
    _ operators: isingrg_mcrg_operators?
) throws(Failure) -> Measurement {
    let torus = Torus(
        dimension: try integer(dimension, "dimension", 2...3), size: try integer(size, "size", 1...1 << 15))
    let table = try operators.map { (given) throws(Failure) in try terms(given) } ?? []
    return try Measurement(
        torus: torus, factor: try integer(factor, "factor", 2...16), levels: try integer(levels, "levels", 0...16),
        rule: try blockRule(rule, dimension: torus.dimension), terms: table,
        operators: try integer(operators?.n_operators ?? 0, "n_operators", 0...1024))
}

private func blockRule(_ rule: isingrg_mcrg_rule?, dimension: Int) throws(Failure) -> BlockRule {
    guard let rule, Int(rule.kind) != ISINGRG_MCRG_MAJORITY else { return .majority }
    guard Int(rule.kind) == ISINGRG_MCRG_FILTER || Int(rule.kind) == ISINGRG_MCRG_SHARP_FILTER else {
        throw .invalidArgument("rule.kind must be from 0 to 2, not \(rule.kind)")
    }
    let width = try integer(Int64(rule.width), "rule.width", 2...32)
    let count = dimension == 3 ? width * width * width : width * width
    let weights = try required(rule.weights, "rule.weights")
    return .filter(
        weights: Array(UnsafeBufferPointer(start: weights, count: count)), width: width,
        isSharp: Int(rule.kind) == ISINGRG_MCRG_SHARP_FILTER)
}

private func terms(_ operators: isingrg_mcrg_operators) throws(Failure) -> [Term] {
    let count = try integer(operators.n_terms, "n_terms", 0...1 << 16)
    guard count > 0 else { return [] }
    let starts = try required(operators.term_starts, "term_starts")
    let owners = try required(operators.term_operators, "term_operators")
    let points = try required(operators.points, "points")
    guard starts[0] == 0 else { throw .invalidArgument("term_starts must begin with 0, not \(starts[0])") }
    return try (0..<count).map { (term) throws(Failure) in
        guard starts[term + 1] >= starts[term], starts[term + 1] - starts[term] <= 64, starts[term] <= 1 << 22 else {
            throw .invalidArgument("term_starts must grow by 0 to 64, term \(term) does not")
        }
        let range = Int(starts[term])..<Int(starts[term + 1])
        return Term(
            operatorIndex: try integer(Int64(owners[term]), "term_operators", 0...1023),
            points: try range.map { (point) throws(Failure) in
                SIMD3(
                    try integer(Int64(points[3 * point]), "points", -64...64),
                    try integer(Int64(points[3 * point + 1]), "points", -64...64),
                    try integer(Int64(points[3 * point + 2]), "points", -64...64))
            })
    }
}

@_cdecl("isingrg_mcrg_measure")
public func isingrg_mcrg_measure(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ dimension: Int64, _ size: Int64, _ factor: Int64,
    _ levels: Int64, _ rule: UnsafePointer<isingrg_mcrg_rule>?, _ operators: UnsafePointer<isingrg_mcrg_operators>?,
    _ seed: UInt64, _ first: Int64, _ sums: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let measurement = try measurement(
            dimension, size, factor, levels, rule?.pointee, try required(operators, "operators").pointee)
        let count = try integer(count, "n", 0...1 << 40 / Int64(measurement.torus.sites))
        try measurement.measure(
            try required(spins, "spins"), count: count, seed: seed,
            first: UInt64(try integer(first, "first", 0...1 << 39)), into: try required(sums, "sums"),
            progress: progress(total: count, function, context))
    }
}

@_cdecl("isingrg_mcrg_block")
public func isingrg_mcrg_block(
    _ spins: UnsafePointer<Int8>?, _ count: Int64, _ dimension: Int64, _ size: Int64, _ factor: Int64,
    _ levels: Int64, _ rule: UnsafePointer<isingrg_mcrg_rule>?, _ seed: UInt64, _ first: Int64,
    _ blocked: UnsafeMutablePointer<Int8>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let measurement = try measurement(dimension, size, factor, levels, rule?.pointee, nil)
        let count = try integer(count, "n", 0...1 << 40 / Int64(measurement.torus.sites))
        try measurement.block(
            try required(spins, "spins"), count: count, seed: seed,
            first: UInt64(try integer(first, "first", 0...1 << 39)), into: try required(blocked, "blocked"),
            progress: progress(total: count, function, context))
    }
}

@_cdecl("isingrg_mcrg_biased_sample")
public func isingrg_mcrg_biased_sample(
    _ size: Int64, _ factor: Int64, _ levels: Int64, _ operators: UnsafePointer<isingrg_mcrg_operators>?,
    _ coupling: Double, _ bias: UnsafePointer<Double>?, _ walkers: Int64, _ samples: Int64, _ between: Int64,
    _ seed: UInt64, _ first: Int64, _ spins: UnsafeMutablePointer<Int8>?, _ spinCount: Int64,
    _ ties: UnsafeMutablePointer<Int8>?, _ tieCount: Int64, _ fine: UnsafeMutablePointer<Double>?,
    _ coarse: UnsafeMutablePointer<Double>?, _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    status { () throws(Failure) in
        let measurement = try measurement(
            2, size, factor, levels, nil, try required(operators, "operators").pointee)
        let biases = bias.map { Array(UnsafeBufferPointer(start: $0, count: measurement.operators)) }
        let sampling = try BiasedSampling(measurement, coupling: coupling, bias: biases)
        let walkers = try integer(walkers, "walkers", 1...1 << 16)
        let samples = try integer(samples, "n_samples", 1...1 << 24)
        let between = try integer(between, "n_between", 1...1 << 24)
        guard Int(spinCount) == walkers * measurement.torus.sites, Int(tieCount) == walkers * sampling.blocks else {
            let needed = "\(walkers * measurement.torus.sites) and \(walkers * sampling.blocks)"
            throw .invalidArgument("spins and ties must have \(needed) elements")
        }
        try sampling.advance(
            spins: try required(spins, "spins"), ties: try required(ties, "ties"), walkers: walkers,
            samples: samples, between: between, seed: seed, first: UInt64(try integer(first, "first", 0...1 << 54)),
            fine: try required(fine, "fine"), coarse: try required(coarse, "coarse"),
            progress: progress(total: walkers * samples * between, function, context))
    }
}
