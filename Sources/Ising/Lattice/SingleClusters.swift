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
    private let isInside: Buffer<Bool>
    /// Clusters of a sweep, a number that must not depend on what they turn; 0 to end a sweep when as
    /// many sites were visited as there are, on the way to equilibrium only.
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
        for _ in 0..<clusters + random.below(2) where !isStopped { _ = grow(states, &random) }
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
        isInside.base[first] = true
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
        let isAccepted = setting.field == 0 || accepts(end, reflection, states, &random)
        for k in 0..<end {
            let site = Int(queue.base[k])
            isInside.base[site] = false
            if isAccepted { states[site] = reflections.reflected(states[site], reflection) }
        }
        visited += end
        grown += 1
        sinceCheck += end
        return end
    }

    private func accepts(
        _ count: Int, _ reflection: Int, _ states: UnsafePointer<UInt8>, _ random: inout UniformNumbers
    ) -> Bool {
        let field = setting.lattice.spins.field
        var gain = 0.0
        for k in 0..<count {
            let site = Int(queue.base[k])
            let state = states[site]
            let change = field[Int(reflections.reflected(state, reflection))] - field[Int(state)]
            gain += setting.lattice.pattern(site) * change
        }
        gain *= setting.field
        return gain >= 0 || random.uniform() < exp(gain)
    }
}
