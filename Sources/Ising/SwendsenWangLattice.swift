#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// All clusters of one lattice at once, cut into bands of rows that are labelled in parallel.
///
/// Spins and bonds are bits. A run is a maximal set of sites of one row joined by bonds, known by
/// its first site; clusters are sets of runs (see `RunForest`) with the smallest of their sites as
/// root. The root decides by its own random bit whether the cluster flips, so neither the order
/// of joining nor the number of threads matters.
final class SwendsenWangLattice: MarkovChain {
    let chains = 1
    private let setting: ChainSetting
    private let thresholds: ThresholdBits
    private let spins: WordRows
    /// Bit x: the bond to x + 1, until `RunForest` makes it: a run starts at x.
    private let right: WordRows
    /// Bit x: the bond to row y + 1.
    private let down: WordRows
    private let coins: WordRows
    private let forest: RunForest
    private let bandRows: Int
    private let bands: Int
    private let random: UnsafeMutablePointer<RandomStream>

    init(_ setting: ChainSetting) throws(Failure) {
        let size = setting.size
        let stride = (size + 63) / 64
        self.setting = setting
        thresholds = try ThresholdBits(weak: -expm1(-2 * setting.strength), strong: 0)
        spins = try WordRows(rows: size, stride: stride)
        right = try WordRows(rows: size, stride: stride)
        down = try WordRows(rows: size, stride: stride)
        coins = try WordRows(rows: size, stride: stride)
        bandRows = Ising.bandRows(stride: stride, words: 1024)
        bands = (size + bandRows - 1) / bandRows
        forest = try RunForest(size: size, bandRows: bandRows, starts: right, down: down, coins: coins)
        random = .allocate(capacity: bands)
        for band in 0..<bands { (random + band).initialize(to: setting.random(band: band)) }
        var bits = random[0].nextBits()
        for y in 0..<size {
            for j in 0..<stride {
                if setting.startsOrdered {
                    spins.row(y)[j] = 0 &- (bits[0] & 1)
                } else {
                    if j & 7 == 0 { bits = random[y / bandRows].nextBits() }
                    spins.row(y)[j] = bits[j & 7]
                }
            }
        }
        spins.copyBorders(of: 0..<size)
    }

    deinit {
        random.deinitialize(count: bands)
        random.deallocate()
    }

    func sweep(_ count: Int) throws(Failure) {
        try setting.repeatSweeps(count, chains: 1) {
            forBands { rows, band in
                activateBonds(rows, band)
                forest.joinRows(rows)
            }
            if setting.stop.progress.isStopped { return }
            forest.joinBands()
            forBands { rows, _ in
                forest.flip(rows, spins: spins)
                spins.copyBorders(of: rows)
            }
        }
    }

    private func forBands(_ body: (Range<Int>, Int) -> Void) {
        let stop = setting.stop
        let size = setting.size
        if bands == 1 { return body(0..<size, 0) }
        parallelFor(bands) { band in
            if stop.isStopped { return }
            body(band * bandRows..<min((band + 1) * bandRows, size), band)
        }
    }

    /// Joins aligned neighbours with probability 1 - exp(-2K) and tosses a coin for every site.
    private func activateBonds(_ rows: Range<Int>, _ band: Int) {
        let stride = spins.stride
        for y in rows { rotateDown(spins.row(y), right.row(y), count: setting.size) }
        let here = spins.row(rows.lowerBound), coin = coins.row(rows.lowerBound)
        let rightward = right.row(rows.lowerBound), downward = down.row(rows.lowerBound)
        let words = rows.count &* stride
        let masks = thresholds.base
        var stream = random[band]

        var i = 0
        while i < words {
            let own = load(here + i)
            let toRight = ~(own ^ load(rightward + i)) & ThresholdBits.below(masks, random: &stream)
            let toBelow = ~(own ^ load(here + (i &+ stride))) & ThresholdBits.below(masks, random: &stream)
            let coins = stream.nextBits()
            if i &+ 8 <= words {
                store(toRight, rightward + i)
                store(toBelow, downward + i)
                store(coins, coin + i)
            } else {
                for lane in 0..<(words &- i) {
                    rightward[i &+ lane] = toRight[lane]
                    downward[i &+ lane] = toBelow[lane]
                    coin[i &+ lane] = coins[lane]
                }
            }
            i &+= 8
        }
        random[band] = stream
    }

    func write(to output: UnsafeMutablePointer<Int8>, distance: Int) {
        let size = setting.size
        for y in 0..<size {
            let row = spins.row(y)
            let flip = setting.reversed(row: y)
            var x = 0
            while x < size {
                SpinBytes.write(row[x &>> 6] ^ flip, count: min(64, size &- x), to: output + (y &* size &+ x))
                x &+= 64
            }
        }
    }
}
