import Numerics

/// What is measured of a configuration: a row of numbers.
///
/// The energy E/J and the field term F; for each row of weights the sums over sites of weight times
/// each component of the spin (Ising 1, Potts q: 1 in the state and 0 elsewhere, clock 2: cosine and
/// sine); for each row of partners the mean correlation of a site with its partner; and where clusters
/// are improved, for each row of weights the mean square and fourth power that the clusters give.
public struct Measurement: @unchecked Sendable {
    /// (weightCount, sites).
    let weights: UnsafePointer<Double>
    public let weightCount: Int
    /// (partnerCount, sites): a site, or -1.
    let partners: UnsafePointer<Int32>
    public let partnerCount: Int
    let improves: Bool
    private let components: Int
    public let columns: Int

    /// - Parameters:
    ///   - weights: of each site, finite, at most 1e6 in magnitude.
    ///   - partners: sites of the lattice, or -1 where there is none.
    ///   - improves: only by Swendsen-Wang without a field: of Ising, or Potts with couplings >= 0.
    public init(
        _ lattice: Lattice, weights: UnsafePointer<Double>?, weightCount: Int,
        partners: UnsafePointer<Int32>?, partnerCount: Int, improves: Bool
    ) throws(Failure) {
        for k in 0..<weightCount * lattice.sites where !(abs(weights![k]) <= 1e6) {
            throw .invalidArgument("weights must be from -1e6 to 1e6, number \(k) is \(weights![k])")
        }
        for k in 0..<partnerCount * lattice.sites where !(-1..<lattice.sites).contains(Int(partners![k])) {
            throw .invalidArgument("partners must be sites or -1, number \(k) is \(partners![k])")
        }
        // Pointers that are not used where there are none of them.
        self.weights = weights ?? UnsafePointer(bitPattern: 8)!
        self.partners = partners ?? UnsafePointer(bitPattern: 8)!
        (self.weightCount, self.partnerCount, self.improves) = (weightCount, partnerCount, improves)
        components = lattice.spins.components
        columns = 2 + weightCount * components + partnerCount + (improves ? 2 * weightCount : 0)
    }

    public func measure(
        _ states: UnsafePointer<UInt8>, on lattice: Lattice, into row: UnsafeMutablePointer<Double>
    ) {
        let spins = lattice.spins
        let q = spins.count
        row[0] = lattice.energy(states)
        row[1] = lattice.fieldTerm(states)
        var column = 2
        for k in 0..<weightCount {
            let own = weights + k * lattice.sites
            for c in 0..<components {
                var sum = 0.0
                spins.values.withUnsafeBufferPointer { values in
                    for i in 0..<lattice.sites { sum += own[i] * values[c &* q &+ Int(states[i])] }
                }
                row[column] = sum
                column += 1
            }
        }
        for k in 0..<partnerCount {
            let own = partners + k * lattice.sites
            var sum = 0.0
            var pairs = 0
            spins.correlation.withUnsafeBufferPointer { correlation in
                for i in 0..<lattice.sites where own[i] >= 0 {
                    sum += correlation[Int(states[i]) &* q &+ Int(states[Int(own[i])])]
                    pairs &+= 1
                }
            }
            row[column] = pairs == 0 ? 0 : sum / Double(pairs)
            column += 1
        }
    }

    func store(_ clusters: AllClusters, into row: UnsafeMutablePointer<Double>) {
        let first = columns - 2 * weightCount
        for k in 0..<weightCount {
            row[first + k] = clusters.squares[k]
            row[first + weightCount + k] = clusters.fourths[k]
        }
    }
}
