import Numerics

/// Union-find over runs of bonded sites in rows; see `SwendsenWangLattice`.
///
/// Only the entries of first sites are used. A parent is never larger than its child, so the root
/// of a cluster is its smallest first site, and the rows of a band can be resolved in one pass
/// from top to bottom.
final class RunForest {
    private let size: Int
    private let bandRows: Int
    private let lastWord: Int
    private let lastMask: UInt64
    private let starts: WordRows
    private let down: WordRows
    private let coins: WordRows
    /// y L + x of the parent; from `flip` on, whether the cluster flips.
    private let parent: Buffer<UInt32>
    /// For each word of each row the first site of the run its lowest site is in.
    private let entering: Buffer<UInt32>
    /// Roots of a band that became children of a run elsewhere.
    private var linked: [UInt32] = []

    init(size: Int, bandRows: Int, starts: WordRows, down: WordRows, coins: WordRows) throws(Failure) {
        self.size = size
        self.bandRows = bandRows
        self.starts = starts
        self.down = down
        self.coins = coins
        lastWord = (size - 1) / 64
        lastMask = ~0 >> UInt64(63 - (size - 1) % 64)
        parent = try Buffer(count: size * size)
        entering = try Buffer(count: size * starts.stride)
    }

    // MARK: Joining

    /// Finds the runs of the rows of a band and joins them among each other.
    func joinRows(_ rows: Range<Int>) {
        for y in rows {
            findRuns(y)
            if y > rows.lowerBound {
                forEachBond(from: y - 1, to: y) { upper, lower in join(upper, lower) }
            }
        }
        // Border runs point at the root of their band, so that `joinBands` changes roots only.
        for y in [rows.lowerBound, rows.upperBound - 1] {
            forEachRun(y) { run in parent.base[Int(run)] = find(run) }
        }
    }

    /// Joins the bands, the last one to the first. Serial: it sees two rows of each.
    func joinBands() {
        linked.removeAll(keepingCapacity: true)
        var y = 0
        while y < size {
            y = min(y + bandRows, size)
            forEachBond(from: y - 1, to: y == size ? 0 : y) { upper, lower in
                let a = find(parent.base[Int(upper)]), b = find(parent.base[Int(lower)])
                if a != b {
                    parent.base[Int(max(a, b))] = min(a, b)
                    linked.append(max(a, b))
                }
            }
        }
        for root in linked { parent.base[Int(root)] = find(root) }
    }

    /// Turns the bonds of a row to the right into the starts of its runs.
    private func findRuns(_ y: Int) {
        let row = starts.row(y)
        let parent = parent.base, entering = entering.base + y &* starts.stride
        let origin = UInt32(truncatingIfNeeded: y &* size)
        let closed = row[lastWord] & (lastMask ^ lastMask &>> 1) != 0
        var carry: UInt64 = 0
        var latest = origin
        for j in 0...lastWord {
            let bonds = row[j]
            var bits = ~(bonds &<< 1 | carry)
            carry = bonds &>> 63
            if j == lastWord { bits &= lastMask }
            row[j] = bits
            let base = origin &+ UInt32(truncatingIfNeeded: j &<< 6)
            entering[j] = latest
            while bits != 0 {
                latest = base &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
                parent[Int(latest)] = latest
                bits &= bits &- 1
            }
        }
        if closed { join(origin, latest) }
    }

    /// Calls `body` for the two runs of each vertical bond, but for bonds whose left neighbour
    /// joins the same two.
    @inline(__always)
    private func forEachBond(from y: Int, to below: Int, _ body: (UInt32, UInt32) -> Void) {
        let stride = starts.stride
        let bonds = down.row(y), upper = starts.row(y), lower = starts.row(below)
        let upperEntering = entering.base + y &* stride, lowerEntering = entering.base + below &* stride
        let upperOrigin = UInt32(truncatingIfNeeded: y &* size)
        let lowerOrigin = UInt32(truncatingIfNeeded: below &* size)
        var carry: UInt64 = 0
        for j in 0...lastWord {
            let up = upper[j], low = lower[j]
            let all = j == lastWord ? bonds[j] & lastMask : bonds[j]
            var bits = all & ~((all &<< 1 | carry) & ~up & ~low)
            carry = all &>> 63
            let column = UInt32(truncatingIfNeeded: j &<< 6)
            while bits != 0 {
                let upTo = bits ^ (bits &- 1)  // the lowest bond and everything before
                body(
                    RunForest.run(up & upTo, upperOrigin &+ column, upperEntering[j]),
                    RunForest.run(low & upTo, lowerOrigin &+ column, lowerEntering[j]))
                bits &= bits &- 1
            }
        }
    }

    /// The last of the starts, or the run that entered the word.
    @inline(__always)
    private static func run(_ starts: UInt64, _ base: UInt32, _ entering: UInt32) -> UInt32 {
        let site = base &+ 63 &- UInt32(truncatingIfNeeded: starts.leadingZeroBitCount)
        return starts == 0 ? entering : site
    }

    @inline(__always)
    private func forEachRun(_ y: Int, _ body: (UInt32) -> Void) {
        let row = starts.row(y)
        for j in 0...lastWord {
            var bits = row[j]
            let base = UInt32(truncatingIfNeeded: y &* size &+ j &<< 6)
            while bits != 0 {
                body(base &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount))
                bits &= bits &- 1
            }
        }
    }

    @inline(__always)
    private func find(_ site: UInt32) -> UInt32 {
        let parent = parent.base
        var site = site
        var above = parent[Int(site)]
        while above != site {
            let next = parent[Int(above)]
            parent[Int(site)] = next
            site = above
            above = next
        }
        return site
    }

    @inline(__always)
    private func join(_ a: UInt32, _ b: UInt32) {
        let a = find(a), b = find(b)
        parent.base[Int(max(a, b))] = min(a, b)
    }

    // MARK: Flipping

    /// Flips the clusters whose root's coin says so, in the rows of one band.
    ///
    /// A parent in the band has been decided before its child; one outside is a root, of which
    /// only the coin is read, so bands do not disturb each other.
    func flip(_ rows: Range<Int>, spins: WordRows) {
        let parent = parent.base
        let first = UInt32(truncatingIfNeeded: rows.lowerBound &* size)
        let end = UInt32(truncatingIfNeeded: rows.upperBound &* size)
        for y in rows {
            let row = starts.row(y), spins = spins.row(y), coins = coins.row(y)
            var previous: UInt64 = 0
            for j in 0...lastWord {
                var bits = row[j]
                let coin = coins[j]
                let base = UInt32(truncatingIfNeeded: y &* size &+ j &<< 6)
                var changes = previous  // set where flipping sets in or ends
                while bits != 0 {
                    let k = UInt64(truncatingIfNeeded: bits.trailingZeroBitCount)
                    let site = base &+ UInt32(truncatingIfNeeded: k)
                    let above = parent[Int(site)]
                    let flips: UInt64
                    if above == site {
                        flips = coin &>> k & 1
                    } else if above >= first && above < end {
                        flips = UInt64(parent[Int(above)])
                    } else {
                        flips = coinOutside(above)
                    }
                    parent[Int(site)] = UInt32(truncatingIfNeeded: flips)
                    changes ^= (flips ^ previous) &<< k
                    previous = flips
                    bits &= bits &- 1
                }
                spins[j] ^= RunForest.prefixParity(changes)
            }
        }
    }

    private func coinOutside(_ root: UInt32) -> UInt64 {
        let (y, x) = Int(root).quotientAndRemainder(dividingBy: size)
        return coins.row(y)[x &>> 6] &>> UInt64(x & 63) & 1
    }

    /// Bit k is the parity of bits 0 to k.
    @inline(__always)
    private static func prefixParity(_ word: UInt64) -> UInt64 {
        var x = word
        x ^= x &<< 1
        x ^= x &<< 2
        x ^= x &<< 4
        x ^= x &<< 8
        x ^= x &<< 16
        return x ^ x &<< 32
    }
}
