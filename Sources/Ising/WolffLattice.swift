#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// Single clusters on one lattice of bytes 0 and 1.
///
/// A sweep is a number of clusters that is measured once, during thermalization, and then fixed:
/// to stop whenever enough sites have been flipped would favour configurations that follow a
/// large cluster. A fair coin adds one cluster to a sweep or not: clusters that always have one
/// site (K = 0) or all of them (large K) would otherwise alternate between two halves of the
/// configurations.
///
/// In a field a cluster is turned back with the probability that leaves the distribution, and a sweep
/// begins with one of single spins: where the field keeps the clusters from being turned they alone move.
final class WolffLattice: MarkovChain {
    let chains = 1
    private let setting: ChainSetting
    private let spins: Buffer<UInt8>
    /// The sites of the cluster in the order in which they joined, y << 16 | x. A queue, since the
    /// top of a stack would have to wait for the visit before it; here visits overlap.
    private let queue: Buffer<UInt32>
    /// Bond probability 1 - exp(-2K) in units of 2^-32.
    private let threshold: UInt64
    private var random: RandomStream
    private let words: Buffer<UInt32>
    private var nextWord: Int
    private var clustersPerSweep = 1
    private let singleSpins: SingleSpinsInField?

    init(_ setting: ChainSetting) throws(Failure) {
        self.setting = setting
        let sites = setting.size * setting.size
        spins = try Buffer(count: sites)
        queue = try Buffer(count: sites + 1)
        words = try Buffer(count: 1024)
        nextWord = words.count
        threshold = UInt64((-expm1(-2 * setting.strength) * 0x1p32).rounded())
        random = setting.random(band: 0)
        singleSpins = setting.field == 0 ? nil : SingleSpinsInField(setting)
        var bits = random.nextBits()
        if setting.startsOrdered {
            spins.base.update(repeating: UInt8(bits[0] & 1), count: sites)
        } else {
            for site in 0..<sites {
                if site & 511 == 0 { bits = random.nextBits() }
                spins.base[site] = UInt8(truncatingIfNeeded: bits[site >> 6 & 7] >> UInt64(site & 63) & 1)
            }
        }
    }

    /// Three quarters of the sweeps end when L^2 sites have been flipped; the later half of them
    /// fixes the number of clusters for the rest, which forgets the bias of such an end.
    func thermalize(_ sweeps: Int) throws(Failure) {
        let sites = setting.size * setting.size
        let settling = max(1, sweeps / 4)
        let measured = sweeps - settling
        var flipped = 0, clusters = 0
        for sweep in 0..<measured {
            if sweep == measured / 2 { (flipped, clusters) = (0, 0) }
            singleSpins?.sweep(spins.base)
            let goal = flipped + sites
            while flipped < goal {
                let size = flipCluster()
                flipped += size
                clusters += 1
                if clusters & 255 == 0 || size >= 1 << 16 { try checkStop() }
            }
            setting.stop.progress.advance()
        }
        clustersPerSweep = max(1, (sites * clusters + flipped - 1) / flipped)
        try self.sweep(settling)
    }

    /// A fixed number of clusters per sweep, whatever they flip: to end on flipped sites would bias
    /// the measure. But where the chain has not settled and its clusters still grow, that number
    /// is out of date and a sweep could take L^2 times as long as it should. One that flips 8 L^2
    /// sites, which none does in equilibrium, ends and counts anew.
    func sweep(_ count: Int) throws(Failure) {
        let sites = setting.size * setting.size
        for _ in 0..<count {
            singleSpins?.sweep(spins.base)
            var flipped = 0, unchecked = 0
            refill(1)
            let coin = Int(words.base[nextWord] & 1)
            nextWord += 1
            for cluster in 1...clustersPerSweep + coin {
                let size = flipCluster()
                flipped += size
                unchecked += size
                if unchecked >= 1 << 16 {
                    try checkStop()
                    unchecked = 0
                }
                if flipped > 8 * sites {
                    clustersPerSweep = max(1, (sites * cluster + flipped - 1) / flipped)
                    break
                }
            }
            setting.stop.progress.advance()
        }
        try checkStop()
    }

    private func checkStop() throws(Failure) {
        if setting.stop.isStopped { throw .stoppedSampling }
    }

    /// Flips one cluster and returns its size. Ends early, with the cluster torn, if stopped.
    private func flipCluster() -> Int {
        refill(2)
        let size = UInt32(setting.size)
        let x = (UInt64(words.base[nextWord]) &* UInt64(size)) &>> 32
        let y = (UInt64(words.base[nextWord + 1]) &* UInt64(size)) &>> 32
        nextWord += 2
        let spins = spins.base
        let first = Int(y) * Int(size) + Int(x)
        let old = spins[first]
        spins[first] = old ^ 1
        queue.base[0] = UInt32(y) << 16 | UInt32(x)
        var joined = 1
        var visited = 0
        while visited < joined {
            grow(&joined, &visited, until: visited + 1 << 20, spins: spins, old: old)
            if visited < joined && setting.stop.isStopped { break }
        }
        singleSpins?.turnBack(queue.base, count: visited, spins)
        return visited
    }

    /// Tries the four bonds of sites of the queue. No branch depends on the spins or on chance:
    /// every neighbour is written back and queued, and the end of the queue moves if it joined.
    private func grow(
        _ joined: inout Int, _ visited: inout Int, until budget: Int,
        spins: UnsafeMutablePointer<UInt8>, old: UInt8
    ) {
        let size = UInt32(truncatingIfNeeded: setting.size)
        let last = size &- 1
        let threshold = threshold
        let words = words.base, queue = queue.base
        var end = joined, next = visited, word = nextWord

        @inline(__always)
        func visit(_ y: UInt32, _ x: UInt32, _ draw: Int) {
            let site = Int(truncatingIfNeeded: y &* size &+ x)
            let below = (UInt64(words[draw]) &- threshold) &>> 63
            let accepted = (spins[site] ^ old ^ 1) & UInt8(truncatingIfNeeded: below)
            spins[site] ^= accepted
            queue[end] = y &<< 16 | x
            end &+= Int(accepted)
        }

        while next < end && next < budget {
            if word &+ 4 > 1024 {
                nextWord = word
                refill(4)
                word = nextWord
            }
            let site = queue[next]
            next &+= 1
            let x = site & 0xFFFF, y = site &>> 16
            visit(y, x == last ? 0 : x &+ 1, word)
            visit(y, x == 0 ? last : x &- 1, word &+ 1)
            visit(y == last ? 0 : y &+ 1, x, word &+ 2)
            visit(y == 0 ? last : y &- 1, x, word &+ 3)
            word &+= 4
        }
        (joined, visited, nextWord) = (end, next, word)
    }

    /// Makes sure that `count` random words are left.
    @inline(__always)
    private func refill(_ count: Int) {
        guard nextWord &+ count > 1024 else { return }
        var stream = random
        var i = 0
        while i < 1024 {
            UnsafeMutableRawPointer(words.base + i).storeBytes(of: stream.nextBits(), as: SIMD8<UInt64>.self)
            i &+= 16
        }
        random = stream
        nextWord = 0
    }

    func write(to output: UnsafeMutablePointer<Int8>, distance: Int) {
        let size = setting.size
        for y in 0..<size {
            for x in 0..<size {
                let reversed = setting.isAntiferromagnet ? UInt8(truncatingIfNeeded: x ^ y) & 1 : 0
                let spin = spins.base[y &* size &+ x] ^ reversed
                output[y &* size &+ x] = Int8(truncatingIfNeeded: spin &<< 1) &- 1
            }
        }
    }
}
