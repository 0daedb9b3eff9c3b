#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Testing

import Ising

/// A ring of `sites` with bonds of these strengths, one after the other.
private func ring(_ sites: Int, _ strengths: [Double], kind: SpinKind = .ising, states: Int = 2) throws -> Lattice {
    let bonds = (0..<sites).flatMap { [Int32($0), Int32(($0 + 1) % sites)] }
    let each = (0..<sites).map { strengths[$0 % strengths.count] }
    let colours = (0..<sites).map { Int32($0 == sites - 1 && sites % 2 == 1 ? 2 : $0 % 2) }
    return try Lattice(
        sites: sites, bonds: bonds, bondCount: sites, strengths: each, colours: colours, pattern: nil, kind: kind,
        states: states)
}

@Suite struct LatticeTests {
    @Test(arguments: [(2, 5), (3, 4), (5, 3), (2, 18)])
    func grayCodeVisitsEveryConfigurationOnce(states: Int, sites: Int) throws {
        let code = try GrayCode(
            try ring(sites, [1], kind: states == 2 ? .ising : .clock, states: states))
        var visits = 0, last: [UInt8] = []
        var seen = Set<Int>()
        for part in 0..<code.parts {
            var pointer = UnsafePointer<UInt8>(bitPattern: 8)!
            try code.walk(
                part: part,
                begin: {
                    pointer = $0; last = []
                }, move: { _, _, _ in },
                visit: {
                    let now = Array(UnsafeBufferPointer(start: pointer, count: sites))
                    seen.insert(now.reduce(0) { $0 * states + Int($1) })
                    visits += 1
                    if !last.isEmpty { #expect(zip(now, last).filter { $0 != $1 }.count == 1) }
                    last = now
                })
        }
        #expect(visits == seen.count)
        #expect(Double(visits) == (0..<sites).reduce(1.0) { product, _ in product * Double(states) })
    }

    @Test func neighboursAreSortedAndGroupsAreOfOneDegree() throws {
        let lattice = try ring(7, [1, -1])
        for i in 0..<7 {
            let range = Int(lattice.starts.base[i])..<Int(lattice.starts.base[i + 1])
            let neighbours = range.map { Int(lattice.neighbours.base[$0]) }
            #expect(neighbours == [(i + 6) % 7, (i + 1) % 7].sorted())
        }
        #expect(lattice.groups.map(\.range.count).reduce(0, +) == 7)
        #expect(lattice.groups.allSatisfy { $0.degree == 2 })
        #expect(lattice.hasOneStrength && lattice.strengths.count == 2)
    }

    /// A million spins for each number of neighbours; a count is off by six standard deviations once
    /// in 10^9 seeds.
    @Test(arguments: [true, false]) func packedRuleHasItsProbabilities(isHeatBath: Bool) throws {
        let (strength, field) = (0.3, 0.2)
        let rule = PackedRule(degree: 3, strength: strength, field: field, isHeatBath: isHeatBath, proposal: 1)
        var random = RandomStream(seed: 1, purpose: .test)
        for number in 0...3 {
            for spin in 0...1 {
                let bit = { (value: Int) in SIMD8<UInt64>(repeating: value == 1 ? ~0 : 0) }
                var changed = 0
                rule.withKernel { rule in
                    for _ in 0..<2000 {
                        let spins = bit(spin)
                        let new = rule.updated(
                            spins, bit(number & 1), bit(number >> 1), bit(0), bit(0), &random)
                        for lane in 0..<8 { changed += (isHeatBath ? new : new ^ spins)[lane].nonzeroBitCount }
                    }
                }
                let local = 2 * (strength * Double(2 * number - 3) + (isHeatBath || spin == 1 ? field : -field))
                let p = isHeatBath ? 1 / (1 + exp(-local)) : min(1, exp(-local))
                let trials = 2000.0 * 512
                #expect(abs(Double(changed) - p * trials) <= 6 * (p * (1 - p) * trials).squareRoot())
            }
        }
    }

    @Test func wrongGraphsAreRefused() {
        #expect(throws: Failure.self) { try ring(3, [.nan]) }
        #expect(throws: Failure.self) { try ring(1, [1]) }
        #expect(throws: Failure.self) { try ring(4, [1], kind: .ising, states: 3) }
        #expect(throws: Failure.self) { try ring(4, [1], kind: .potts, states: 17) }
        #expect(throws: Failure.self) { try GrayCode(try ring(31, [1])) }
    }
}
