#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Swendsen-Wang's algorithm on a lattice: all bonds are opened or not, and every cluster takes a new
/// state by its weight in the field, with the bonds to a ghost spin summed over.
///
/// Clusters of Potts spins with couplings K >= 0 take any of the q states. Otherwise a reflection is
/// drawn for the sweep, and each cluster is reflected or not.
final class AllClusters: LatticeSweeper {
    private let setting: LatticeSetting
    private let reflections: Reflections
    /// Labels the clusters where the bonds are shifts of bits and join spins that are alike.
    private let clusters: BondClusters?
    /// For each site, one of its cluster with a smaller number, or itself.
    private let parents: Buffer<Int32>
    private let gains: Buffer<Double>
    private let choices: Buffer<UInt8>
    private let recolours: Bool
    /// Sums of weights over clusters, and their squares and fourth powers after a sweep; see `improve`.
    private var weights: UnsafePointer<Double>?
    private var weightCount = 0
    private(set) var squares: [Double] = []
    private(set) var fourths: [Double] = []
    /// (sites, weightCount), of roots; and which those are.
    private var clusterSums: Buffer<Double>?
    private var roots: Buffer<Int32>?

    init(_ setting: LatticeSetting) throws(Failure) {
        self.setting = setting
        reflections = try Reflections(setting)
        if reflections.joinsAlike, let bonds = try setting.lattice.bondBits() {
            let clusters = try BondClusters(setting.lattice, bonds, reflections)
            (self.clusters, parents) = (clusters, clusters.parents)
        } else {
            clusters = nil
            parents = try Buffer(count: setting.lattice.sites)
        }
        gains = try Buffer(count: setting.field == 0 ? 0 : setting.lattice.sites)
        choices = try Buffer(count: setting.lattice.sites)
        recolours = setting.lattice.spins.kind == .potts && reflections.joinsAlike
    }

    func sweep(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers) {
        let lattice = setting.lattice
        let anyReflection = reflections.reflection(&random)
        if let clusters {
            clusters.read(states)
            clusters.label(&random.stream, stop: setting.stop)
            if setting.stop.isStopped { return }
            clusters.fillParents()
        } else {
            join(states, anyReflection, &random)
            if setting.stop.isStopped { return }
        }
        measureClusters(states)
        if lattice.spins.kind == .ising, setting.field == 0 {
            tossCoins(states, &random)
            return
        }
        if setting.field != 0 { sumField(states, anyReflection) }
        // Roots come before their sites.
        let (parents, choices) = (parents.base, choices.base)
        let isIsing = lattice.spins.kind == .ising
        for i in 0..<lattice.sites {
            let root = Int(parents[i])
            if root == i {
                let gain = setting.field == 0 ? 0 : setting.field * gains.base[i]
                choices[i] = recolours ? colour(gain, &random) : turns(gain, &random)
            }
            let choice = choices[root]
            if isIsing {
                states[i] ^= choice
            } else if recolours {
                states[i] = choice
            } else if choice == 1 {
                states[i] = reflections.reflected(states[i], anyReflection)
            }
        }
    }

    /// Opens bonds and gives every site the root of its cluster as its parent.
    private func join(_ states: UnsafePointer<UInt8>, _ reflection: Int, _ random: inout UniformNumbers) {
        let lattice = setting.lattice
        var done = 0
        while done < lattice.sites {
            if setting.stop.isStopped { return }
            let range = done..<min(done + 1 << 18, lattice.sites)
            if reflections.joinsAlike {
                joinAlike(range, states, &random)
            } else {
                joinReflected(range, states, reflection, &random)
            }
            done = range.upperBound
        }
        for i in 0..<lattice.sites { parents.base[i] = parents.base[Int(parents.base[i])] }
    }

    /// Turns clusters of Ising spins by fair coins, without branches that could not be foreseen.
    private func tossCoins(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers) {
        let (parents, choices) = (parents.base, choices.base)
        var coins = SIMD8<UInt64>()
        for i in 0..<setting.lattice.sites {
            if i & 511 == 0 { coins = random.stream.nextBits() }
            let root = Int(parents[i])
            let coin = UInt8(truncatingIfNeeded: coins[i &>> 6 & 7] &>> UInt64(i & 63) & 1)
            let isRoot: UInt8 = root == i ? 0xFF : 0
            let choice = (coin & isRoot) | (choices[root] & ~isRoot)
            choices[i] = choice
            states[i] ^= choice
        }
    }

    /// State 0 has the weight exp(gain), the others 1.
    @inline(__always)
    private func colour(_ gain: Double, _ random: inout UniformNumbers) -> UInt8 {
        let q = setting.lattice.spins.count
        if gain == 0 { return UInt8(random.below(q)) }
        let others = Double(q - 1) * exp(-gain)
        if random.uniform() * (1 + others) < 1 { return 0 }
        return UInt8(1 + random.below(q - 1))
    }

    @inline(__always)
    private func turns(_ gain: Double, _ random: inout UniformNumbers) -> UInt8 {
        random.uniform() * (gain == 0 ? 2 : 1 + exp(-gain)) < 1 ? 1 : 0
    }

    /// Opens bonds between these sites and those before them, and joins the clusters.
    private func joinAlike(
        _ range: Range<Int>, _ states: UnsafePointer<UInt8>, _ random: inout UniformNumbers
    ) {
        let lattice = setting.lattice
        let (starts, neighbours, kinds) = (lattice.starts.base, lattice.neighbours.base, lattice.kinds.base)
        let (alike, probabilities) = (reflections.alike.base, reflections.alikeProbabilities.base)
        let parents = parents.base
        for i in range {
            var root = Int32(truncatingIfNeeded: i)
            parents[i] = root
            let state = states[i]
            let end = Int(starts[i &+ 1])
            var e = Int(starts[i])
            while e < end, Int(neighbours[e]) < i {
                let j = Int(neighbours[e]), kind = Int(kinds[e])
                e &+= 1
                if state ^ states[j] == alike[kind], random.uniform() < probabilities[kind] {
                    AllClusters.join(j, &root, parents)
                }
            }
        }
    }

    private func joinReflected(
        _ range: Range<Int>, _ states: UnsafePointer<UInt8>, _ reflection: Int, _ random: inout UniformNumbers
    ) {
        let lattice = setting.lattice
        for i in range {
            var root = Int32(truncatingIfNeeded: i)
            parents.base[i] = root
            for e in Int(lattice.starts.base[i])..<Int(lattice.starts.base[i &+ 1]) {
                let j = Int(lattice.neighbours.base[e])
                if j > i { break }
                let p = reflections.probability(lattice.kinds.base[e], reflection, states[i], states[j])
                if p > 0, random.uniform() < p { AllClusters.join(j, &root, parents.base) }
            }
        }
    }

    /// Joins the cluster of site j and the one of a root; the smaller root becomes that of both.
    @inline(__always)
    private static func join(_ j: Int, _ root: inout Int32, _ parents: UnsafeMutablePointer<Int32>) {
        var other = Int32(truncatingIfNeeded: j)
        while parents[Int(other)] != other {
            parents[Int(other)] = parents[Int(parents[Int(other)])]
            other = parents[Int(other)]
        }
        if other < root {
            parents[Int(root)] = other
            root = other
        } else {
            parents[Int(other)] = root
        }
    }

    /// What each cluster would add to the field term: in state 0, or reflected.
    private func sumField(_ states: UnsafePointer<UInt8>, _ reflection: Int) {
        let lattice = setting.lattice
        let field = lattice.spins.field
        for i in 0..<lattice.sites { gains.base[i] = 0 }
        for i in 0..<lattice.sites {
            let state = Int(states[i])
            let change = recolours ? 1 : field[Int(reflections.reflected(states[i], reflection))] - field[state]
            gains.base[Int(parents.base[i])] += lattice.pattern(i) * change
        }
    }

    // MARK: - Improved estimators

    /// From now on, sum the squares of sums of weights over clusters.
    ///
    /// Given the clusters, spins of different clusters are independent without a field: the mean of
    /// (sum_i w_i s_i)^2 over their signs is the sum of (sum_(i in c) w_i s_i)^2 over clusters c, and
    /// that of the fourth power 3 (sum of squares)^2 - 2 sum of fourth powers. For Potts, whose clusters
    /// are of one state, s_i is 1, and the sum of squares is the mean of the square of the order
    /// parameter; the fourth power is of Ising only. U. Wolff, doi:10.1103/PhysRevLett.60.1461.
    func improve(_ weights: UnsafePointer<Double>, count: Int) throws(Failure) {
        (self.weights, weightCount) = (weights, count)
        clusterSums = try Buffer(count: setting.lattice.sites * count)
        roots = try Buffer(count: setting.lattice.sites)
    }

    private func measureClusters(_ states: UnsafePointer<UInt8>) {
        guard let weights, let clusterSums, let roots else { return }
        let (sites, count) = (setting.lattice.sites, weightCount)
        let isIsing = setting.lattice.spins.kind == .ising
        let (parents, sums) = (parents.base, clusterSums.base)
        var found = 0
        // A root comes before the others of its cluster, whose sums begin with it.
        for i in 0..<sites {
            let root = Int(parents[i])
            let sign: Double = isIsing && states[i] == 0 ? -1 : 1
            let own = sums + root &* count
            // What the sum held before counts for nothing at a root; a branch could not be foreseen.
            let kept: Double = root == i ? 0 : 1
            for k in 0..<count { own[k] = kept * own[k] + sign * weights[k &* sites &+ i] }
            roots.base[found] = Int32(truncatingIfNeeded: i)
            found &+= root == i ? 1 : 0
        }
        (squares, fourths) = ([], [])
        for k in 0..<count {
            var square = 0.0, fourth = 0.0
            for r in 0..<found {
                let sum = sums[Int(roots.base[r]) &* count &+ k]
                let one = sum * sum
                square += one
                fourth += one * one
            }
            squares.append(square)
            fourths.append(3 * square * square - 2 * fourth)
        }
    }
}
