#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Which group the spins of a lattice belong to.
public enum SpinKind: Int32, CaseIterable, Sendable {
    /// States 0 and 1 stand for -1 and +1: p(s) ~ exp(sum K_ij s_i s_j + sum h_i s_i).
    case ising = 0
    /// p(s) ~ exp(sum K_ij delta(s_i, s_j) + sum h_i delta(s_i, 0)); R. B. Potts,
    /// doi:10.1017/S0305004100027419.
    case potts = 1
    /// p(s) ~ exp(sum K_ij cos(a_i - a_j) + sum h_i cos a_i) with the angle a = 2 pi s / q.
    case clock = 2
}

/// The spins of a lattice: how two of them interact, and which reflections leave that unchanged.
///
/// States are numbers from 0 to q - 1. Tables of two states have the element (s, t) at s q + t.
struct SpinStates {
    let kind: SpinKind
    let count: Int
    /// What a coupling multiplies.
    let pair: [Double]
    /// What a field multiplies.
    let field: [Double]
    /// Correlation of two spins: 1 if they are equal, with the mean 0 over independent ones.
    let correlation: [Double]
    /// Components whose sums over sites make the order parameter: `components` rows of `count`.
    let values: [Double]
    let components: Int
    /// Maps of states that are their own inverse and leave `pair` unchanged, `count` states each.
    let reflections: [UInt8]
    /// Differences pair(R s, t) - pair(s, t), and which of them (R, s, t) has.
    let differences: [Double]
    let differenceIndex: [UInt16]

    init(_ kind: SpinKind, count: Int) throws(Failure) {
        guard (2...16).contains(count) else {
            throw .invalidArgument("the number of states must be from 2 to 16, not \(count)")
        }
        guard kind != .ising || count == 2 else {
            throw .invalidArgument("an Ising spin has 2 states, not \(count)")
        }
        self.kind = kind
        self.count = count
        let q = count
        func cosine(_ s: Int) -> Double { cos(2 * Double.pi * Double((s % q + q) % q) / Double(q)) }
        func sine(_ s: Int) -> Double { sin(2 * Double.pi * Double(s) / Double(q)) }
        var pair: [Double] = []
        for s in 0..<q {
            for t in 0..<q {
                switch kind {
                case .ising: pair.append(s == t ? 1 : -1)
                case .potts: pair.append(s == t ? 1 : 0)
                case .clock: pair.append(cosine(s - t))
                }
            }
        }
        self.pair = pair
        switch kind {
        case .ising:
            (field, correlation, values, components) = ([-1, 1], pair, [-1, 1], 1)
        case .potts:
            field = [1] + Array(repeating: 0, count: q - 1)
            correlation = pair.map { (Double(q) * $0 - 1) / Double(q - 1) }
            (values, components) = (pair, q)
        case .clock:
            field = (0..<q).map(cosine)
            (correlation, values, components) = (pair, (0..<q).map(cosine) + (0..<q).map(sine), 2)
        }

        var reflections: [UInt8] = []
        switch kind {
        case .ising: reflections = [1, 0]
        case .potts:
            // Which two states are exchanged: the ordered pair (a, b) has the number a q + b.
            for a in 0..<q {
                for b in 0..<q {
                    reflections += (0..<q).map { UInt8($0 == a ? b : $0 == b ? a : $0) }
                }
            }
        case .clock:
            for axis in 0..<q { reflections += (0..<q).map { UInt8((axis - $0 + q) % q) } }
        }
        self.reflections = reflections

        var differences: [Double] = []
        var index: [UInt16] = []
        for r in 0..<reflections.count / q {
            for s in 0..<q {
                for t in 0..<q {
                    let difference = pair[Int(reflections[r * q + s]) * q + t] - pair[s * q + t]
                    let place = differences.firstIndex { abs($0 - difference) < 1e-12 }
                    if place == nil { differences.append(difference) }
                    index.append(UInt16(place ?? differences.count - 1))
                }
            }
        }
        (self.differences, differenceIndex) = (differences, index)
    }

    /// The square of the order parameter from the sums of all components over `sites` sites: 1 if all
    /// spins are equal. For Ising it is m^2.
    func orderSquare(_ sums: UnsafePointer<Double>, sites: Int) -> Double {
        var square = 0.0
        for c in 0..<components { square += sums[c] * sums[c] }
        square /= Double(sites) * Double(sites)
        return kind == .potts ? max(0, (Double(count) * square - 1) / Double(count - 1)) : square
    }
}
