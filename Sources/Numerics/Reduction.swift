// Reductions of arrays in double precision. Arrays are cut into chunks of 8192 elements that are
// reduced on all threads and combined in order: equal arrays give equal bits on any number of threads.

/// The sum; 0 for an empty array.
public func sum(_ x: UnsafePointer<Float>, count: Int) -> Double {
    fold(count, from: .zero, combine: +) { total, i, room in total + line(x + i, room, 0) }.sum()
}

/// The sum; 0 for an empty array.
public func sum(_ x: UnsafePointer<Double>, count: Int) -> Double {
    fold(count, from: .zero, combine: +) { total, i, room in total + line(x + i, room, 0) }.sum()
}

/// The sum of x[i] y[i].
public func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Double {
    fold(count, from: .zero, combine: +) { total, i, room in
        total.addingProduct(line(x + i, room, 0), line(y + i, room, 0))
    }.sum()
}

/// The sum of x[i] y[i].
public func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    fold(count, from: .zero, combine: +) { total, i, room in
        total.addingProduct(line(x + i, room, 0), line(y + i, room, 0))
    }.sum()
}

/// The mean and the mean squared deviation from it (divided by `count`), in two passes. NaN for an
/// empty array.
public func meanAndVariance(_ x: UnsafePointer<Float>, count: Int) -> (mean: Double, variance: Double) {
    let mean = sum(x, count: count) / Double(count)
    let squares = fold(count, from: .zero, combine: +) { total, i, room in
        let deviation = line(x + i, room, mean) - mean
        return total.addingProduct(deviation, deviation)
    }
    return (mean, squares.sum() / Double(count))
}

/// The mean and the mean squared deviation from it (divided by `count`), in two passes. NaN for an
/// empty array.
public func meanAndVariance(_ x: UnsafePointer<Double>, count: Int) -> (mean: Double, variance: Double) {
    let mean = sum(x, count: count) / Double(count)
    let squares = fold(count, from: .zero, combine: +) { total, i, room in
        let deviation = line(x + i, room, mean) - mean
        return total.addingProduct(deviation, deviation)
    }
    return (mean, squares.sum() / Double(count))
}

/// The largest element; -inf for an empty array, NaN if one element is NaN.
public func maximum(_ x: UnsafePointer<Float>, count: Int) -> Double {
    let lanes = fold(count, from: SIMD8(repeating: -.infinity), combine: larger) { largest, i, room in
        larger(largest, line(x + i, room, -.infinity))
    }
    return lanes.indices.map { lanes[$0] }.reduce(-.infinity) { $0 < $1 || $1.isNaN ? $1 : $0 }
}

/// The largest element; -inf for an empty array, NaN if one element is NaN.
public func maximum(_ x: UnsafePointer<Double>, count: Int) -> Double {
    let lanes = fold(count, from: SIMD8(repeating: -.infinity), combine: larger) { largest, i, room in
        larger(largest, line(x + i, room, -.infinity))
    }
    return lanes.indices.map { lanes[$0] }.reduce(-.infinity) { $0 < $1 || $1.isNaN ? $1 : $0 }
}

/// log sum_i e^x[i] without overflow; -inf for an empty array.
public func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Double {
    let largest = maximum(x, count: count)
    guard largest.isFinite else { return largest }
    let total = fold(count, from: .zero, combine: +) { total, i, room in
        total + exp(line(x + i, room, -.infinity) - largest)
    }.sum()
    return largest + log(SIMD8<Double>(repeating: total))[0]
}

/// log sum_i e^x[i] without overflow; -inf for an empty array.
public func logSumExp(_ x: UnsafePointer<Double>, count: Int) -> Double {
    let largest = maximum(x, count: count)
    guard largest.isFinite else { return largest }
    let total = fold(count, from: .zero, combine: +) { total, i, room in
        total + exp(line(x + i, room, -.infinity) - largest)
    }.sum()
    return largest + log(SIMD8<Double>(repeating: total))[0]
}

// MARK: Chunks

/// Folds lines of eight elements, chunk by chunk, and combines the chunks in order. `step` receives
/// the index of a line and the number of elements left there.
@inline(__always)
private func fold(
    _ count: Int, from initial: SIMD8<Double>, combine: (SIMD8<Double>, SIMD8<Double>) -> SIMD8<Double>,
    step: (SIMD8<Double>, Int, Int) -> SIMD8<Double>
) -> SIMD8<Double> {
    let size = 8192
    func chunk(_ index: Int) -> SIMD8<Double> {
        var total = initial
        let end = min(count, (index + 1) * size)
        for i in stride(from: index * size, to: end, by: 8) { total = step(total, i, end - i) }
        return total
    }
    let chunks = max(1, (count + size - 1) / size)
    if chunks == 1 { return chunk(0) }
    let partial = UnsafeMutablePointer<SIMD8<Double>>.allocate(capacity: chunks)
    defer { partial.deallocate() }
    parallelFor(chunks) { partial[$0] = chunk($0) }
    var result = partial[0]
    for index in 1..<chunks { result = combine(result, partial[index]) }
    return result
}

@inline(__always)
private func line(_ x: UnsafePointer<Double>, _ room: Int, _ padding: Double) -> SIMD8<Double> {
    if room >= 8 { return UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Double>.self) }
    var result = SIMD8<Double>(repeating: padding)
    for lane in 0..<room { result[lane] = x[lane] }
    return result
}

@inline(__always)
private func line(_ x: UnsafePointer<Float>, _ room: Int, _ padding: Double) -> SIMD8<Double> {
    if room >= 8 { return SIMD8<Double>(UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Float>.self)) }
    var result = SIMD8<Double>(repeating: padding)
    for lane in 0..<room { result[lane] = Double(x[lane]) }
    return result
}

/// Lane by lane, NaN if one of the two is NaN.
@inline(__always)
private func larger(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
    let largest = a.replacing(with: b, where: a .< b)
    return largest.replacing(with: b, where: b .!= b)
}
