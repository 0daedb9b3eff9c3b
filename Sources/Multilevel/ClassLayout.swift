import Numerics

/// Where the spins of a class are, and those that each of them depends on.
package final class ClassLayout: Sendable {
    /// As i L + j.
    let sites: Buffer<Int32>
    /// For each site those of its neighbours: the code's, then those of the far orbits.
    let neighbours: Buffer<Int32>
    let codeBits: Int
    /// Neighbours of each far orbit.
    let farCounts: [Int]

    /// Neighbours of a site.
    var width: Int { codeBits + farCounts.reduce(0, +) }
    var codes: Int { 1 << codeBits }

    /// - Parameters:
    ///   - size: L.
    ///   - far: the neighbours of each far orbit.
    ///   - spacing: of the lattice whose sites alone are numbered, as i L / spacing + j.
    init(
        _ siteClass: SiteClass, size: Int, codeBits: Int, far: [[Int]] = [], spacing: Int = 1
    ) throws(Failure) {
        let used = Array(0..<codeBits) + far.flatMap { $0 }
        self.codeBits = codeBits
        farCounts = far.map(\.count)
        sites = try Buffer(count: siteClass.sites.count)
        neighbours = try Buffer(count: siteClass.sites.count * used.count)
        let displacements = used.map { siteClass.neighbourhood.displacements[$0] }
        func number(_ site: Int) -> Int32 {
            Int32(site / size / spacing * (size / spacing) + site % size / spacing)
        }
        for (t, site) in siteClass.sites.enumerated() {
            sites.base[t] = number(site)
            for (k, displacement) in displacements.enumerated() {
                neighbours.base[t * used.count + k] = number(displacement.site(from: site, size))
            }
        }
    }
}
