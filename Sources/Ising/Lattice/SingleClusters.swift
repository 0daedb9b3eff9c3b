#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Wolff's algorithm on a lattice: clusters from random sites, each reflected.
///
/// In a field h the reflected cluster is accepted with the probability min(1, exp(h dF)), dF being
/// what it adds to the field term: the bonds to a ghost spin are summed over. As the field keeps large
/// clusters as they are, a sweep then begins with one of Metropolis.
final class SingleClusters: LatticeSweeper {
    private let setting: LatticeSetting
    private let reflections: Reflections
    private let singleSpins: SingleSpins?
    private let queue: Buffer<Int32>
    /// Clusters are of equal spins, as without negative bonds; else a frustrated bond may lie inside one.
    private let joinsEqual: Bool
    private let isInside: Buffer<Bool>
    /// Clusters of a sweep, a number that must not depend on what they turn in equilibrium; 0 to end a
    /// sweep when as many sites were visited as there are, on the way there only.
    var clusters = 0
    /// Sites and clusters since the beginning, to choose that number.
    private(set) var visited = 0, grown = 0

    init(_ setting: LatticeSetting) throws(Failure) {
        self.setting = setting
        reflections = try Reflections(setting)
        singleSpins =
            setting.field == 0
            ? nil
            : SingleSpins(
                LatticeSetting(
                    lattice: setting.lattice, coupling: setting.coupling, field: setting.field,
                    algorithm: .metropolis, stop: setting.stop))
        let kinds = setting.lattice.strengths.count
        joinsEqual = reflections.joinsAlike && (0..<kinds).allSatisfy { [alike = reflections.alike] in alike[$0] == 0 }
        queue = try Buffer(count: setting.lattice.sites)
        isInside = try Buffer(count: setting.lattice.sites)
    }

    func sweep(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers) {
        singleSpins?.sweep(states, &random)
        if clusters == 0 {
            var flipped = 0
            while flipped < setting.lattice.sites, !isStopped { flipped += grow(states, &random) }
            return
        }
        // A coin adds one: clusters that always have all sites would alternate between two signs.
        let wanted = clusters + random.below(2)
        var turned = 0, done = 0
        while done < wanted, !isStopped {
            turned += grow(states, &random)
            done += 1
            // Where the chain has not settled and its clusters still grow, their number is out of date. No
            // sweep in equilibrium visits eight times all sites; one that does ends and counts anew.
            if turned > 8 * setting.lattice.sites {
                clusters = max(1, (setting.lattice.sites * done + turned - 1) / turned)
                return
            }
        }
    }

    /// Forgets the clusters so far.
    func countAnew() { (visited, grown) = (0, 0) }

    private var sinceCheck = 0
    private var isStopped: Bool {
        if sinceCheck < 1 << 18 { return false }
        sinceCheck = 0
        return setting.stop.isStopped
    }

    private func grow(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers) -> Int {
        let lattice = setting.lattice
        let first = random.below(lattice.sites)
        let reflection = reflections.reflection(of: states[first], &random)
        queue.base[0] = Int32(first)
        let end: Int
        if joinsEqual {
            end = growEqual(states, reflections.reflected(states[first], reflection), &random)
            if setting.field != 0, !accepts(end, reflection, states, &random) {
                turn(end, reflection, states)
            }
        } else {
            end = growReflected(states, reflection, &random)
            turn(end, reflection, states)
            if setting.field != 0, !accepts(end, reflection, states, &random) {
                turn(end, reflection, states)
            }
        }
        visited += end
        grown += 1
        sinceCheck += end
        return end
    }

    /// Joins equal spins and gives them their new state at once, with which they are not joined again.
    private func growEqual(
        _ states: UnsafeMutablePointer<UInt8>, _ new: UInt8, _ random: inout UniformNumbers
    ) -> Int {
        let lattice = setting.lattice
        let (starts, neighbours, kinds) = (lattice.starts.base, lattice.neighbours.base, lattice.kinds.base)
        let probabilities = reflections.alikeProbabilities.base
        let queue = queue.base
        let first = Int(queue[0])
        let old = states[first]
        states[first] = new
        var end = 1, next = 0
        while next < end {
            let site = Int(queue[next])
            next &+= 1
            for e in Int(starts[site])..<Int(starts[site &+ 1]) {
                let other = Int(neighbours[e])
                if states[other] == old, random.uniform() < probabilities[Int(kinds[e])] {
                    states[other] = new
                    queue[end] = Int32(truncatingIfNeeded: other)
                    end &+= 1
                }
            }
        }
        return end
    }

    private func growReflected(
        _ states: UnsafePointer<UInt8>, _ reflection: Int, _ random: inout UniformNumbers
    ) -> Int {
        let lattice = setting.lattice
        isInside.base[Int(queue.base[0])] = true
        var end = 1, next = 0
        while next < end {
            let site = Int(queue.base[next])
            next &+= 1
            let state = states[site]
            for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site &+ 1]) {
                let other = Int(lattice.neighbours.base[e])
                if isInside.base[other] { continue }
                let p = reflections.probability(lattice.kinds.base[e], reflection, state, states[other])
                if p == 0 || random.uniform() >= p { continue }
                isInside.base[other] = true
                queue.base[end] = Int32(other)
                end &+= 1
            }
        }
        for k in 0..<end { isInside.base[Int(queue.base[k])] = false }
        return end
    }

    /// A reflection is its own inverse.
    private func turn(_ count: Int, _ reflection: Int, _ states: UnsafeMutablePointer<UInt8>) {
        for k in 0..<count {
            let site = Int(queue.base[k])
            states[site] = reflections.reflected(states[site], reflection)
        }
    }

    /// Whether the field lets the cluster stay as it is now.
    private func accepts(
        _ count: Int, _ reflection: Int, _ states: UnsafePointer<UInt8>, _ random: inout UniformNumbers
    ) -> Bool {
        let field = setting.lattice.spins.field
        var gain = 0.0
        for k in 0..<count {
            let site = Int(queue.base[k])
            let state = states[site]
            let change = field[Int(state)] - field[Int(reflections.reflected(state, reflection))]
            gain += setting.lattice.pattern(site) * change
        }
        gain *= setting.field
        return gain >= 0 || random.uniform() < exp(gain)
    }
}
