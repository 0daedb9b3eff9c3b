import Multilevel
import Testing

@Suite struct HierarchyTests {
    static let cases = [4, 8, 16, 32].flatMap { size in [1, 2, 4, 8].map { (size, $0) } }

    @Test(arguments: cases)
    func everySpinIsDrawnOnceAfterItsNeighbours(size: Int, colours: Int) {
        let hierarchy = Hierarchy(size: size, colours: colours, neighbours: 36)
        var isDrawn = [Bool](repeating: false, count: size * size)
        for siteClass in hierarchy.classes {
            for site in siteClass.sites {
                #expect(!isDrawn[site])
                for displacement in siteClass.neighbourhood.displacements {
                    #expect(isDrawn[displacement.site(from: site, size)])
                }
            }
            for site in siteClass.sites { isDrawn[site] = true }
        }
        #expect(!isDrawn.contains(false))
    }

    @Test(arguments: cases)
    func theSpinsDrawnBeforeAreAlikeAroundAllSitesOfAClassAndUnderItsSymmetry(size: Int, colours: Int) {
        let hierarchy = Hierarchy(size: size, colours: colours, neighbours: 36)
        var isDrawn = [Bool](repeating: false, count: size * size)
        for siteClass in hierarchy.classes where siteClass.kind == .learned {
            func pattern(_ site: Int, _ operation: Int) -> [Bool] {
                (0..<size * size).map { place in
                    let d = Displacement(row: place / size, column: place % size)
                    return isDrawn[PointGroup.apply(operation, d).site(from: site, size)]
                }
            }
            let first = pattern(siteClass.sites[0], 0)
            for site in siteClass.sites { #expect(pattern(site, 0) == first) }
            let symmetric = (0..<PointGroup.order).filter { pattern(siteClass.sites[0], $0) == first }
            if siteClass.position != .root { #expect(siteClass.neighbourhood.permutations.count == symmetric.count) }
            for site in siteClass.sites { isDrawn[site] = true }
        }
    }

    /// Counted by hand: at (1, 1), (3, 1), (3, 3), (5, 1) and (5, 3), and beyond them both (7, 1) and (5, 5).
    @Test func shellsAroundTheFirstCentres() {
        let hierarchy = Hierarchy(size: 64, colours: 4, neighbours: 36)
        let first = hierarchy.classes.first { $0.name == "1.B.0" }!
        #expect(first.neighbourhood.shells.prefix(5) == [4, 12, 16, 24, 32])
        #expect(first.neighbourhood.displacements.count == 44)
        #expect(first.neighbourhood.permutations.count == 8)
        #expect(first.sites.count == 256)
    }

    @Test func productsOfTheFirstCentres() {
        let hierarchy = Hierarchy(size: 64, colours: 4, neighbours: 36)
        let around = hierarchy.classes.first { $0.name == "1.B.0" }!.neighbourhood
        let basis = CouplingBasis(around, neighbours: 16, triples: 16, quintuples: 4, isOdd: true)
        func count(_ order: Int) -> Int {
            basis.orbits.filter { $0.order == order }.reduce(0) { $0 + $1.products.count }
        }
        #expect(basis.codeBits == 16)
        #expect((count(1), count(3), count(2)) == (44, 560, 0))
        #expect(basis.orbits.filter { $0.order == 1 }.map(\.products.count) == [4, 8, 4, 8, 8, 8, 4])
        let even = CouplingBasis(around, neighbours: 16, triples: 16, quintuples: 4, isOdd: false)
        #expect(even.orbits.filter { $0.order == 0 }.count == 1)
        #expect(even.orbits.filter { $0.order == 2 }.reduce(0) { $0 + $1.products.count } == 120)
        #expect(even.orbits.filter { $0.order == 4 }.reduce(0) { $0 + $1.products.count } == 1)
    }
}
