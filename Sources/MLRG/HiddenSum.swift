import Numerics

/// log Z of the student and its derivatives in the weights W, with the visible spins summed for
/// each state of its one hidden spin: Z = sum_z prod_v 2 cosh(sum_h W_hv z_h). One of each pair
/// z, -z is visited.
final class HiddenSum {
    typealias Lanes = SIMD8<Double>

    private let hiddenCount, visibleCount: Int
    /// d log Z/dW, (hidden, visible), and its derivative along the displacement of W.
    let slopes, tangents: Buffer<Lanes>
    /// For each z: log of the weight and its derivative; tanh of each visible spin's field, and
    /// the derivative of that field.
    private let logWeights, logTangents, means, fieldTangents: Buffer<Lanes>

    init(_ machine: BoltzmannMachine) throws(Failure) {
        (hiddenCount, visibleCount) = (machine.hiddenCount, machine.visibleCount)
        let states = 1 << (hiddenCount - 1)
        slopes = try Buffer(count: hiddenCount * visibleCount)
        tangents = try Buffer(count: hiddenCount * visibleCount)
        logWeights = try Buffer(count: states)
        logTangents = try Buffer(count: states)
        means = try Buffer(count: states * visibleCount)
        fieldTangents = try Buffer(count: states * visibleCount)
    }

    /// - Parameters:
    ///   - weights: W, (hidden, visible).
    ///   - displacements: a direction in W, or nil where `tangents` is not wanted.
    func evaluate(_ weights: UnsafePointer<Lanes>, _ displacements: UnsafePointer<Lanes>?) -> Lanes {
        let states = logWeights.count
        var peak = Lanes(repeating: -.infinity)
        for z in 0..<states {
            var logWeight = LogCoshSum()
            for v in 0..<visibleCount {
                means.base[z * visibleCount + v] = logWeight.add(field(weights + v, z))
            }
            logWeights.base[z] = logWeight.value
            peak = larger(peak, logWeight.value)
        }
        var total = Lanes()
        for z in 0..<states {
            logWeights.base[z] = exp(logWeights.base[z] - peak)
            total += logWeights.base[z]
        }
        for z in 0..<states { logWeights.base[z] /= total }  // now probabilities
        for i in 0..<slopes.count { slopes.base[i] = Lanes() }
        for z in 0..<states {
            for v in 0..<visibleCount {
                spread(logWeights.base[z] * means.base[z * visibleCount + v], z, v, into: slopes.base)
            }
        }
        if let displacements { differentiate(displacements) }
        return peak + log(2 * total)
    }

    private func differentiate(_ displacements: UnsafePointer<Lanes>) {
        let states = logWeights.count
        var mean = Lanes()
        for z in 0..<states {
            var slope = Lanes()
            for v in 0..<visibleCount {
                let tangent = field(displacements + v, z)
                fieldTangents.base[z * visibleCount + v] = tangent
                slope = slope.addingProduct(means.base[z * visibleCount + v], tangent)
            }
            logTangents.base[z] = slope
            mean = mean.addingProduct(logWeights.base[z], slope)
        }
        for i in 0..<tangents.count { tangents.base[i] = Lanes() }
        for z in 0..<states {
            let surplus = logTangents.base[z] - mean
            for v in 0..<visibleCount {
                let tanh = means.base[z * visibleCount + v]
                let change = (1 - tanh * tanh) * fieldTangents.base[z * visibleCount + v] + tanh * surplus
                spread(logWeights.base[z] * change, z, v, into: tangents.base)
            }
        }
    }

    /// sum_h column[h] z_h; the first component of z is +1 and the others are the bits of `state`.
    @inline(__always)
    private func field(_ column: UnsafePointer<Lanes>, _ state: Int) -> Lanes {
        var field = column[0]
        for h in 1..<hiddenCount {
            let weight = column[h * visibleCount]
            if state >> (h - 1) & 1 == 1 { field += weight } else { field -= weight }
        }
        return field
    }

    @inline(__always)
    private func spread(_ value: Lanes, _ state: Int, _ v: Int, into matrix: UnsafeMutablePointer<Lanes>) {
        matrix[v] += value
        for h in 1..<hiddenCount {
            if state >> (h - 1) & 1 == 1 {
                matrix[h * visibleCount + v] += value
            } else {
                matrix[h * visibleCount + v] -= value
            }
        }
    }
}
