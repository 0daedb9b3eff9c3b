import Numerics

/// All configurations of a small lattice, each differing from the one before in one spin by one state.
///
/// The reflected Gray code of numbers with q digits (D. E. Knuth, The Art of Computer Programming,
/// volume 4A, section 7.2.1.1, algorithm H), without a loop from one to the next. The highest digits
/// are fixed, so that parts of the configurations can be walked at the same time, and energies, which
/// are changed at every step, are summed afresh in each part.
package struct GrayCode {
    let lattice: Lattice
    /// Digits that move; the others are fixed within a part.
    let moving: Int
    package let parts: Int

    /// ln of the largest number of configurations, 2^30.
    static let mostBits = 30

    package init(_ lattice: Lattice) throws(Failure) {
        let q = lattice.spins.count
        var configurations = 1
        for _ in 0..<lattice.sites {
            configurations *= q
            guard configurations <= 1 << GrayCode.mostBits else {
                throw .invalidArgument("\(q)^\(lattice.sites) configurations are too many to enumerate: at most 2^30")
            }
        }
        var moving = 0, steps = 1
        while moving < lattice.sites, steps * q <= 1 << 16 {
            steps *= q
            moving += 1
        }
        self.lattice = lattice
        self.moving = moving
        parts = configurations / steps
    }

    /// Calls `visit` for each configuration of a part.
    ///
    /// - Parameters:
    ///   - begin: receives the states of all sites, those of the first configuration.
    ///   - move: a site, its state before, and after, which the states then have.
    ///   - visit: what is done at each configuration.
    @inline(__always)
    package func walk(
        part: Int, begin: (UnsafePointer<UInt8>) -> Void, move: (Int, Int, Int) -> Void, visit: () -> Void
    ) throws(Failure) {
        let q = lattice.spins.count
        let states = try Buffer<UInt8>(count: lattice.sites)
        var rest = part
        for site in moving..<lattice.sites {
            states.base[site] = UInt8(rest % q)
            rest /= q
        }
        // Which digit is next, and in which direction each goes.
        let focus = try Buffer<Int>(count: moving + 1)
        let up = try Buffer<Bool>(count: moving)
        for k in 0...moving { focus.base[k] = k }
        for k in 0..<moving { up.base[k] = true }
        begin(states.base)
        while true {
            visit()
            let k = focus.base[0]
            focus.base[0] = 0
            if k == moving { return }
            let before = Int(states.base[k])
            let after = up.base[k] ? before + 1 : before - 1
            states.base[k] = UInt8(after)
            if after == 0 || after == q - 1 {
                up.base[k].toggle()
                focus.base[k] = focus.base[k + 1]
                focus.base[k + 1] = k + 1
            }
            move(k, before, after)
        }
    }
}
