#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Metropolis and heat bath, one spin after another, on any lattice with any couplings and field.
///
/// Sites are visited colour by colour. Ising spins whose bonds are equally strong, in a field that is
/// equal everywhere, have a table: by the sum of the neighbours and the spin.
struct SingleSpins: LatticeSweeper {
    private let setting: LatticeSetting
    private let isHeatBath: Bool
    private let couplings: [Double]
    private let proposal: Double
    /// Probabilities that the new spin is up (heat bath), or that the spin turns (Metropolis); empty
    /// without a table. Element 2 (sum + degree) + spin.
    private let table: [Double]
    private let degree: Int
    private let signs: [Int]

    init(_ setting: LatticeSetting) {
        self.setting = setting
        isHeatBath = setting.algorithm == .heatBath
        couplings = setting.couplings()
        let proposal = setting.proposesHalf ? 0.5 : 1
        self.proposal = proposal
        let lattice = setting.lattice
        degree = lattice.groups.reduce(0) { max($0, $1.degree) }
        guard lattice.spins.kind == .ising, lattice.hasOneStrength, lattice.pattern == nil, degree <= 64 else {
            (table, signs) = ([], [])
            return
        }
        signs = lattice.strengths.map { $0 < 0 ? -1 : 1 }
        let strength = setting.coupling * abs(lattice.strengths[0])
        var table: [Double] = []
        for sum in -degree...degree {
            for spin in 0...1 {
                let up = 2 * (strength * Double(sum) + setting.field)
                let turn = spin == 1 ? -up : up
                table.append(isHeatBath ? 1 / (1 + exp(-up)) : proposal * min(1, exp(turn)))
            }
        }
        self.table = table
    }

    func sweep(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers) {
        var done = 0
        while done < setting.lattice.sites {
            if setting.stop.isStopped { return }
            let range = done..<min(done + 1 << 20, setting.lattice.sites)
            if !table.isEmpty {
                byTable(range, states, &random)
            } else if isHeatBath {
                heatBath(range, states, &random)
            } else {
                metropolis(range, states, &random)
            }
            done = range.upperBound
        }
    }

    private func byTable(
        _ range: Range<Int>, _ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers
    ) {
        let lattice = setting.lattice
        let (starts, neighbours, kinds) = (lattice.starts.base, lattice.neighbours.base, lattice.kinds.base)
        let areEqual = signs.count == 1 && signs[0] == 1
        table.withUnsafeBufferPointer { table in
            signs.withUnsafeBufferPointer { signs in
                for place in range {
                    let site = Int(lattice.order.base[place])
                    var up = 0, e = Int(starts[site])
                    let end = Int(starts[site &+ 1]), begin = e
                    var sum = 0
                    if areEqual {
                        while e < end {
                            up &+= Int(states[Int(neighbours[e])])
                            e &+= 1
                        }
                        sum = 2 &* up &- (end &- begin)
                    } else {
                        while e < end {
                            let spin = Int(states[Int(neighbours[e])]) &* 2 &- 1
                            sum &+= spin &* signs[Int(kinds[e])]
                            e &+= 1
                        }
                    }
                    let spin = states[site]
                    let accepted: UInt8 = random.uniform() < table[2 &* (sum &+ degree) &+ Int(spin)] ? 1 : 0
                    states[site] = isHeatBath ? accepted : spin ^ accepted
                }
            }
        }
    }

    private func metropolis(
        _ range: Range<Int>, _ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers
    ) {
        let lattice = setting.lattice
        let spins = lattice.spins
        let q = spins.count
        spins.pair.withUnsafeBufferPointer { pair in
            couplings.withUnsafeBufferPointer { couplings in
                for place in range {
                    let site = Int(lattice.order.base[place])
                    if proposal < 1, random.uniform() >= proposal { continue }
                    let old = Int(states[site])
                    var new = q == 2 ? 1 - old : random.below(q - 1)
                    if q > 2, new >= old { new += 1 }
                    var gain = setting.field * lattice.pattern(site) * (spins.field[new] - spins.field[old])
                    for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site + 1]) {
                        let other = Int(states[Int(lattice.neighbours.base[e])])
                        let coupling = couplings[Int(lattice.kinds.base[e])]
                        gain += coupling * (pair[new &* q &+ other] - pair[old &* q &+ other])
                    }
                    if gain >= 0 || random.uniform() < exp(gain) { states[site] = UInt8(new) }
                }
            }
        }
    }

    private func heatBath(
        _ range: Range<Int>, _ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers
    ) {
        let lattice = setting.lattice
        let spins = lattice.spins
        let q = spins.count
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 16) { weights in
            spins.pair.withUnsafeBufferPointer { pair in
                couplings.withUnsafeBufferPointer { couplings in
                    for place in range {
                        let site = Int(lattice.order.base[place])
                        let field = setting.field * lattice.pattern(site)
                        for t in 0..<q { weights[t] = field * spins.field[t] }
                        for e in Int(lattice.starts.base[site])..<Int(lattice.starts.base[site + 1]) {
                            let other = Int(states[Int(lattice.neighbours.base[e])])
                            let coupling = couplings[Int(lattice.kinds.base[e])]
                            for t in 0..<q { weights[t] += coupling * pair[t &* q &+ other] }
                        }
                        var top = weights[0]
                        for t in 1..<q { top = max(top, weights[t]) }
                        var total = 0.0
                        for t in 0..<q {
                            weights[t] = exp(weights[t] - top)
                            total += weights[t]
                        }
                        var rest = random.uniform() * total
                        var new = 0
                        while new < q - 1, rest >= weights[new] {
                            rest -= weights[new]
                            new += 1
                        }
                        states[site] = UInt8(new)
                    }
                }
            }
        }
    }
}
