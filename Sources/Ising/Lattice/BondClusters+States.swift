import Numerics

// How states come in as bits, and what follows from the labels of their clusters.

extension BondClusters {
    // MARK: - Bytes and bits

    func read(_ states: UnsafePointer<UInt8>) {
        for (k, plane) in planeStarts.enumerated() {
            for w in 0..<words {
                let first = 64 &* w
                if first &+ 64 <= lattice.sites {
                    var word: UInt64 = 0
                    for byte in 0..<8 {
                        let eight = UnsafeRawPointer(states + (first &+ 8 &* byte)).loadUnaligned(as: UInt64.self)
                        let bits = (eight &>> UInt64(k)) & 0x0101_0101_0101_0101
                        word |= ((bits &* 0x0102_0408_1020_4080) &>> 56) &<< UInt64(8 &* byte)
                    }
                    plane[w] = word
                } else {
                    var word: UInt64 = 0
                    for i in 0..<max(0, lattice.sites - first) {
                        word |= UInt64(states[first + i] >> UInt8(k) & 1) << UInt64(i)
                    }
                    plane[w] = word
                }
            }
        }
    }

    /// Of Ising spins.
    func write(_ states: UnsafeMutablePointer<UInt8>) {
        let plane = planeStarts[0]
        for w in 0..<(lattice.sites + 63) / 64 {
            let first = 64 &* w, word = plane[w]
            if first &+ 64 <= lattice.sites {
                for byte in 0..<8 {
                    // Eight copies of eight bits, one bit of each, moved to the lowest.
                    let eight = (word &>> UInt64(8 &* byte) & 0xFF) &* 0x0101_0101_0101_0101
                    let picked = eight & 0x8040_2010_0804_0201
                    let bits = ((picked &+ 0x7F7F_7F7F_7F7F_7F7F) | picked) &>> 7 & 0x0101_0101_0101_0101
                    UnsafeMutableRawPointer(states + (first &+ 8 &* byte)).storeBytes(of: bits, as: UInt64.self)
                }
            } else {
                for i in 0..<lattice.sites - first { states[first + i] = UInt8(word >> UInt64(i) & 1) }
            }
        }
    }

    // MARK: - What follows from labels

    /// Gives every site the root of its cluster as its parent.
    func fillParents() {
        let rows = starts.base + BondClusters.margin
        let parents = parents.base
        var root: Int32 = 0
        for w in 0..<(lattice.sites + 63) / 64 {
            var bits = rows[w]
            for i in 64 &* w..<min(64 &* (w &+ 1), lattice.sites) {
                // Without a branch, which could not be foreseen: sites in a run are their own parents.
                let begins = Int32(truncatingIfNeeded: 0 &- Int(truncatingIfNeeded: bits & 1))
                root = (parents[Int(parents[i])] & begins) | (root & ~begins)
                parents[i] = root
                bits &>>= 1
            }
        }
    }

    /// Turns each cluster of Ising spins or not, by fair coins of their roots; the labels are used up.
    func turn(_ random: inout RandomStream) {
        let rows = starts.base + BondClusters.margin
        let parents = parents.base
        let spins = planeStarts[0]
        var coins = SIMD8<UInt64>()
        var previous: UInt64 = 0
        for w in 0..<words {
            if w & 7 == 0 { coins = random.nextBits() }
            let coin = coins[w & 7]
            var bits = rows[w]
            var changes = previous  // set where turning sets in or ends
            while bits != 0 {
                let k = UInt64(truncatingIfNeeded: bits.trailingZeroBitCount)
                let site = 64 &* w &+ Int(k)
                let above = Int(parents[site])
                // A parent before its child knows already.
                let isRoot: UInt64 = above == site ? 1 : 0
                let known = UInt64(truncatingIfNeeded: Int(parents[above]))
                let turns = (known & (isRoot &- 1)) | (coin &>> k & isRoot)
                parents[site] = Int32(truncatingIfNeeded: Int(turns))
                changes ^= (turns ^ previous) &<< k
                previous = turns
                bits &= bits &- 1
            }
            var x = changes
            x ^= x &<< 1
            x ^= x &<< 2
            x ^= x &<< 4
            x ^= x &<< 8
            x ^= x &<< 16
            spins[w] ^= x ^ x &<< 32
        }
    }
}
