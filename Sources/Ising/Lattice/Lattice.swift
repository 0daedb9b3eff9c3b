import Numerics

/// A graph whose sites carry spins, with colours: no two neighbours have the same.
///
/// Sites of one colour do not interact, so that they can be updated in any order, or at once. A square
/// torus of even sides needs two colours, one with an odd side three, a triangular one at least three.
public final class Lattice: @unchecked Sendable {
    public let sites: Int
    public let bonds: Int
    let spins: SpinStates
    /// Neighbours of site i are `neighbours[starts[i]..<starts[i + 1]]`, in pairs with `kinds`.
    package let starts: Buffer<Int32>
    package let neighbours: Buffer<Int32>
    /// Which of `strengths` a bond has.
    let kinds: Buffer<Int32>
    /// Strengths J of bonds, in units of which K is given: each once if there are at most 256.
    package let strengths: [Double]
    /// Two sites of each bond, and which of `strengths` it has.
    let ends: Buffer<Int32>
    let bondKinds: Buffer<Int32>
    /// Sites by colour, and within a colour by their number of neighbours.
    let order: Buffer<Int32>
    package let groups: [Group]
    /// What multiplies the field at each site; nil for one everywhere.
    let pattern: Buffer<Double>?

    private let keptSiteBits = Locked<SiteBits??>(nil)
    private let keptBondBits = Locked<BondBits??>(nil)

    /// Sites that can be updated at once by one rule: `range` of `order`.
    package struct Group {
        package let range: Range<Int>
        package let degree: Int
    }

    public static let mostSites = 1 << 28

    /// - Parameters:
    ///   - bonds: pairs of different sites; two sites may have several bonds.
    ///   - strengths: J of each bond, at most 1e6 in magnitude.
    ///   - colours: of each site, 0 to 255; those of two neighbours differ.
    ///   - pattern: of the field, at most 1e6 in magnitude, or nil.
    public init(
        sites: Int, bonds: UnsafePointer<Int32>, bondCount: Int, strengths: UnsafePointer<Double>,
        colours: UnsafePointer<Int32>, pattern: UnsafePointer<Double>?, kind: SpinKind, states: Int
    ) throws(Failure) {
        guard (1...Lattice.mostSites).contains(sites) else {
            throw .invalidArgument("the number of sites must be from 1 to 2^28, not \(sites)")
        }
        guard (0...Lattice.mostSites).contains(bondCount) else {
            throw .invalidArgument("the number of bonds must be from 0 to 2^28, not \(bondCount)")
        }
        self.sites = sites
        self.bonds = bondCount
        spins = try SpinStates(kind, count: states)
        for i in 0..<sites where !(0...255).contains(colours[i]) {
            throw .invalidArgument("colours must be from 0 to 255, that of site \(i) is \(colours[i])")
        }
        for b in 0..<bondCount {
            let (i, j) = (Int(bonds[2 * b]), Int(bonds[2 * b + 1]))
            guard (0..<sites).contains(i), (0..<sites).contains(j), i != j else {
                throw .invalidArgument("bond \(b) must join two different sites below \(sites), not \(i) and \(j)")
            }
            guard colours[i] != colours[j] else {
                throw .invalidArgument("bond \(b) joins sites \(i) and \(j) of the same colour \(colours[i])")
            }
            guard abs(strengths[b]) <= 1e6 else {
                throw .invalidArgument("strengths must be from -1e6 to 1e6, that of bond \(b) is \(strengths[b])")
            }
        }
        ends = try Buffer(count: 2 * bondCount)
        bondKinds = try Buffer(count: bondCount)
        ends.base.update(from: bonds, count: 2 * bondCount)
        self.strengths = Lattice.distinct(strengths, count: bondCount, kinds: bondKinds.base)
        starts = try Buffer(count: sites + 2)
        neighbours = try Buffer(count: 2 * bondCount)
        kinds = try Buffer(count: 2 * bondCount)
        // The start of site i is counted in element i + 1, which moves as its bonds are filled in.
        for e in 0..<2 * bondCount { starts.base[Int(bonds[e]) + 2] += 1 }
        for i in 0..<sites { starts.base[i + 2] += starts.base[i + 1] }
        for b in 0..<bondCount {
            for (from, to) in [(bonds[2 * b], bonds[2 * b + 1]), (bonds[2 * b + 1], bonds[2 * b])] {
                let place = Int(starts.base[Int(from) + 1])
                neighbours.base[place] = to
                kinds.base[place] = bondKinds.base[b]
                starts.base[Int(from) + 1] += 1
            }
        }
        Lattice.sortNeighbours(sites, starts.base, neighbours.base, kinds.base)
        order = try Buffer(count: sites)
        groups = Lattice.sort(sites: sites, colours: colours, starts: starts.base, into: order.base)
        guard let pattern else {
            self.pattern = nil
            return
        }
        let copy = try Buffer<Double>(count: sites)
        for i in 0..<sites {
            guard abs(pattern[i]) <= 1e6 else {
                throw .invalidArgument("pattern must be from -1e6 to 1e6, that of site \(i) is \(pattern[i])")
            }
            copy.base[i] = pattern[i]
        }
        self.pattern = copy
    }

    /// Which of a few strengths each bond has; every bond its own where there are more than 256.
    private static func distinct(
        _ strengths: UnsafePointer<Double>, count: Int, kinds: UnsafeMutablePointer<Int32>
    ) -> [Double] {
        var found: [Double: Int32] = [:]
        var list: [Double] = []
        for b in 0..<count {
            if let kind = found[strengths[b]] {
                kinds[b] = kind
            } else if list.count < 256 {
                kinds[b] = Int32(list.count)
                found[strengths[b]] = kinds[b]
                list.append(strengths[b])
            } else {
                for each in 0..<count { kinds[each] = Int32(each) }
                return Array(UnsafeBufferPointer(start: strengths, count: count))
            }
        }
        return list
    }

    /// The neighbours of each site in ascending order: those before it come first.
    private static func sortNeighbours(
        _ sites: Int, _ starts: UnsafePointer<Int32>, _ neighbours: UnsafeMutablePointer<Int32>,
        _ kinds: UnsafeMutablePointer<Int32>
    ) {
        for i in 0..<sites {
            let first = Int(starts[i]), end = Int(starts[i + 1])
            guard end - first > 1 else { continue }
            for e in first + 1..<end {
                let (neighbour, kind) = (neighbours[e], kinds[e])
                var k = e
                while k > first, neighbours[k - 1] > neighbour {
                    (neighbours[k], kinds[k]) = (neighbours[k - 1], kinds[k - 1])
                    k -= 1
                }
                (neighbours[k], kinds[k]) = (neighbour, kind)
            }
        }
    }

    private static func sort(
        sites: Int, colours: UnsafePointer<Int32>, starts: UnsafePointer<Int32>,
        into order: UnsafeMutablePointer<Int32>
    ) -> [Group] {
        func key(_ i: Int) -> Int { Int(colours[i]) << 32 | Int(starts[i + 1] - starts[i]) }
        var counts: [Int: Int] = [:]
        for i in 0..<sites { counts[key(i), default: 0] += 1 }
        var next: [Int: Int] = [:]
        var groups: [Group] = []
        var start = 0
        for one in counts.keys.sorted() {
            next[one] = start
            groups.append(Group(range: start..<start + counts[one]!, degree: one & 0xFFFF_FFFF))
            start += counts[one]!
        }
        for i in 0..<sites {
            let one = key(i)
            order[next[one]!] = Int32(i)
            next[one]! += 1
        }
        return groups
    }

    /// The sites as bits, made when they are first asked for; nil where that is not possible.
    func siteBits() throws(Failure) -> SiteBits? {
        if let kept = keptSiteBits.withLock({ $0 }) { return kept }
        let made = try SiteBits.make(self)
        keptSiteBits.withLock { $0 = .some(made) }
        return made
    }

    /// The bonds as bits, in the same way.
    func bondBits() throws(Failure) -> BondBits? {
        if let kept = keptBondBits.withLock({ $0 }) { return kept }
        let made = try BondBits.make(self)
        keptBondBits.withLock { $0 = .some(made) }
        return made
    }

    /// The field at a site in units of h.
    @inline(__always)
    func pattern(_ site: Int) -> Double { pattern.map { $0.base[site] } ?? 1 }

    /// All bonds have the same strength but for their signs.
    package var hasOneStrength: Bool { Set(strengths.map(abs)).count == 1 }
}
