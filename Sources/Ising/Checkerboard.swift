import Numerics

/// Metropolis and heat bath, 512 sites at once.
///
/// The two colours of the checkerboard are stored apart; site (y, x) is site k = x / 2 of colour
/// (x + y) mod 2 in row y. Of its four neighbours, all of the other colour, three are site k in
/// rows y - 1, y and y + 1; the fourth, in row y, is site k - 1 if y + colour is even and k + 1
/// if it is odd. Spin +1 is a one bit.
///
/// A word holds 64 sites of one row of a single chain, or the same site of 64 chains. The update
/// does not see the difference, except for where a row's sideways neighbours come from.
final class Checkerboard: MarkovChain {
    enum Packing { case sites, chains }

    let chains: Int
    let packing: Packing
    let setting: ChainSetting
    let rule: LocalRule
    let colours: [WordRows]
    /// The sideways neighbours of the row being updated.
    let sideways: WordRows
    let bandRows: Int
    let bands: Int
    let random: UnsafeMutablePointer<RandomStream>

    init(_ setting: ChainSetting, packing: Packing, chains: Int) throws(Failure) {
        let half = setting.size / 2
        let stride = packing == .sites ? (half + 63) / 64 : half
        self.setting = setting
        self.packing = packing
        self.chains = chains
        rule = try LocalRule(setting.algorithm, size: setting.size, strength: setting.strength)
        colours = [
            try WordRows(rows: setting.size, stride: stride), try WordRows(rows: setting.size, stride: stride),
        ]
        sideways = try WordRows(rows: setting.size, stride: stride)
        bandRows = Ising.bandRows(stride: stride, words: 512)
        bands = (setting.size + bandRows - 1) / bandRows
        random = .allocate(capacity: bands)
        for band in 0..<bands { (random + band).initialize(to: setting.random(band: band)) }
        start()
    }

    deinit {
        random.deinitialize(count: bands)
        random.deallocate()
    }

    func sweep(_ count: Int) throws(Failure) {
        if bands == 1 {
            try setting.repeatSweeps(count, chains: chains) {
                update(colour: 0, band: 0)
                update(colour: 1, band: 0)
            }
            return
        }
        var done = 0
        while done < count {
            // Starting the threads costs 10 us, asking to stop is wanted every 100 ms.
            let next = min(count - done, max(1, 1 << 27 / (setting.size * setting.size)))
            let finished = runWavefront(steps: 2 * next, bands: bands, stop: setting.stop) { step, band in
                update(colour: step & 1, band: band)
            }
            if !finished { throw .stoppedSampling }
            done += next
            setting.stop.progress.advance(by: next * chains)
        }
    }

    /// Half a sweep of the rows of one band.
    private func update(colour: Int, band: Int) {
        let rows = band &* bandRows..<min((band &+ 1) &* bandRows, setting.size)
        let own = colours[colour]
        let other = colours[1 &- colour]
        for y in rows {
            switch (packing, (y &+ colour) & 1) {
            case (.sites, 0): rotateUp(other.row(y), sideways.row(y), count: setting.size &>> 1)
            case (.sites, _): rotateDown(other.row(y), sideways.row(y), count: setting.size &>> 1)
            case (.chains, let parity):
                // Whole words move, the chains stay in their bits.
                let from = other.row(y), to = sideways.row(y), last = own.stride &- 1
                if parity == 0 {
                    (to + 1).update(from: from, count: last)
                    to[0] = from[last]
                } else {
                    to.update(from: from + 1, count: last)
                    to[last] = from[0]
                }
            }
        }
        let y = rows.lowerBound
        rule.update(
            own.row(y), other: other.row(y), sideways: sideways.row(y), stride: own.stride,
            words: rows.count &* own.stride, random: random + band)
        own.copyBorders(of: rows)
    }

    private func start() {
        let sign = packing == .sites ? 0 &- (random[0].nextBits()[0] & 1) : random[0].nextBits()[0]
        for rows in colours {
            for y in 0..<setting.size {
                let row = rows.row(y)
                var bits = SIMD8(repeating: sign)
                for j in 0..<rows.stride {
                    if !setting.startsOrdered, j & 7 == 0 { bits = random[y / bandRows].nextBits() }
                    row[j] = bits[j & 7]
                }
            }
            rows.copyBorders(of: 0..<setting.size)
        }
    }
}
