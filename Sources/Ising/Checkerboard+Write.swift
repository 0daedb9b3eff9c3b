extension Checkerboard {
    func write(to spins: UnsafeMutablePointer<Int8>, distance: Int) {
        let coin = setting.tossesSign ? random[0].nextBits()[0] : 0
        switch packing {
        case .sites: writeSites(to: spins, reversed: 0 &- (coin & 1))
        case .chains: writeChains(to: spins, distance: distance, reversed: coin)
        }
    }

    private func writeSites(to spins: UnsafeMutablePointer<Int8>, reversed: UInt64) {
        let size = setting.size
        for y in 0..<size {
            let even = colours[y & 1].row(y)  // of the even columns
            let odd = colours[1 &- y & 1].row(y)
            let flip = reversed ^ setting.reversed(row: y)
            var x = 0
            while x < size {
                let shift = UInt64(x &>> 1 & 32)
                let word =
                    SpinBytes.spread(even[x &>> 7] &>> shift) | SpinBytes.spread(odd[x &>> 7] &>> shift) &<< 1
                SpinBytes.write(word ^ flip, count: min(64, size &- x), to: spins + (y &* size &+ x))
                x &+= 64
            }
        }
    }

    /// Words over chains become words over sites, 64 sites of 64 chains at a time.
    private func writeChains(to spins: UnsafeMutablePointer<Int8>, distance: Int, reversed: UInt64) {
        let size = setting.size
        let sites = size * size
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { block in
            let words = block.baseAddress!
            var site = 0
            while site < sites {
                let count = min(64, sites - site)
                for i in 0..<count {
                    let (y, x) = (site + i).quotientAndRemainder(dividingBy: size)
                    let colour = (x ^ y) & 1
                    let bits = colours[colour].row(y)[x >> 1]
                    words[i] = setting.isAntiferromagnet && colour == 1 ? ~bits : bits
                }
                (words + count).update(repeating: 0, count: 64 - count)
                SpinBytes.transpose(words)
                for chain in 0..<chains {
                    let flip = 0 &- (reversed &>> UInt64(chain) & 1)
                    SpinBytes.write(words[chain] ^ flip, count: count, to: spins + (chain * distance + site))
                }
                site += 64
            }
        }
    }
}
