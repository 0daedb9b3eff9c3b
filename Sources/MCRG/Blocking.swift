import Numerics

/// Makes the spins of blocks from padded spins.
struct Blocking {
    let rule: BlockRule
    let factor: Int

    /// - Parameters:
    ///   - random: decides ties and draws spins; equal streams give equal blocks.
    ///   - blocked: (L/b)^d spins, output.
    func callAsFunction(_ spins: PaddedSpins, _ random: inout RandomStream, into blocked: UnsafeMutablePointer<Int8>) {
        switch rule {
        case .majority:
            if factor == 2 && spins.torus.dimension == 2 {
                majorityOfSquares(spins, &random, into: blocked)
            } else {
                majority(spins, &random, into: blocked)
            }
        case .filter(let weights, let width, let isSharp):
            filter(spins, weights, width, isSharp, &random, into: blocked)
        }
    }

    /// 2 x 2 blocks, four in a word.
    private func majorityOfSquares(
        _ spins: PaddedSpins, _ random: inout RandomStream, into blocked: UnsafeMutablePointer<Int8>
    ) {
        let twos: UInt64 = 0x0202_0202_0202_0202
        let everyPair: UInt64 = 0x0001_0001_0001_0001
        let width = spins.torus.size / 2
        var bits = TieBits()
        for row in 0..<width {
            let upper = UnsafeRawPointer(spins.origin + 2 &* row &* spins.pitch)
            let lower = upper + spins.pitch
            let output = UnsafeMutableRawPointer(blocked + row &* width)
            var column = 0
            while column < width {
                let x = upper.loadUnaligned(fromByteOffset: 2 &* column, as: UInt64.self)
                let y = lower.loadUnaligned(fromByteOffset: 2 &* column, as: UInt64.self)
                let columns = (x & twos) &+ (y & twos)
                // Twice the number of -1 in each block, in 16 bits: 0, 2, 4, 6 or 8.
                let blocks = (columns &+ columns &>> 8) & (0x00FF &* everyPair)
                let ties = blocks &>> 2 & ~(blocks &>> 1) & everyPair
                let down = ((blocks &+ 2 &* everyPair) &>> 3 & everyPair) | (ties & bits.next(&random))
                let pairs = (down &<< 8 &- down &<< 1) | everyPair  // 0xFF or 0x01 in 16 bits
                let packed = (pairs | pairs &>> 8) & 0x0000_FFFF_0000_FFFF
                let four = UInt32(truncatingIfNeeded: packed | packed &>> 16)
                if column &+ 4 <= width {
                    output.storeBytes(of: four, toByteOffset: column, as: UInt32.self)
                } else {
                    for i in 0..<width &- column {
                        let byte = Int8(truncatingIfNeeded: four &>> UInt32(8 &* i))
                        output.storeBytes(of: byte, toByteOffset: column &+ i, as: Int8.self)
                    }
                }
                column &+= 4
            }
        }
    }

    private func majority(
        _ spins: PaddedSpins, _ random: inout RandomStream, into blocked: UnsafeMutablePointer<Int8>
    ) {
        let deep = spins.torus.dimension == 3 ? factor : 1
        var bits = TieBits()
        var site = 0
        eachBlock(spins) { corner in
            var sum = 0
            for z in 0..<deep {
                for y in 0..<factor {
                    let row = corner + (z &* spins.planePitch &+ y &* spins.pitch)
                    for x in 0..<factor { sum &+= Int(row[x]) }
                }
            }
            if sum == 0 { sum = bits.next(&random) & 1 == 1 ? -1 : 1 }
            blocked[site] = sum < 0 ? -1 : 1
            site &+= 1
        }
    }

    private func filter(
        _ spins: PaddedSpins, _ weights: [Double], _ width: Int, _ isSharp: Bool, _ random: inout RandomStream,
        into blocked: UnsafeMutablePointer<Int8>
    ) {
        let margin = rule.margin(factor: factor)
        let deep = spins.torus.dimension == 3 ? width : 1
        let shift = (deep > 1 ? margin &* spins.planePitch : 0) &+ margin &* spins.pitch &+ margin
        // Sums of equal weights are to be ties whatever the order of rounding.
        let zero = 1e-12 * weights.reduce(0) { $0 + abs($1) }
        var uniforms = SIMD8<Double>()
        var site = 0
        weights.withUnsafeBufferPointer { weights in
            eachBlock(spins) { corner in
                var field = 0.0
                var weight = 0
                for z in 0..<deep {
                    for y in 0..<width {
                        let row = corner + (z &* spins.planePitch &+ y &* spins.pitch &- shift)
                        for x in 0..<width {
                            field += weights[weight] * Double(row[x])
                            weight &+= 1
                        }
                    }
                }
                if site & 7 == 0 { uniforms = random.nextUniform() }
                let uniform = uniforms[site & 7]
                let isUp: Bool
                if abs(field) <= zero {
                    isUp = uniform < 0.5
                } else if isSharp {
                    isUp = field > 0
                } else {
                    isUp = uniform < 1 / (1 + exp(SIMD8(repeating: -2 * max(-300, min(300, field))))[0])
                }
                blocked[site] = isUp ? 1 : -1
                site &+= 1
            }
        }
    }

    /// Runs `body` with the first spin of each block, in C order.
    @inline(__always)
    private func eachBlock(_ spins: PaddedSpins, _ body: (UnsafePointer<Int8>) -> Void) {
        let blocks = spins.torus.blocked(by: factor)
        for z in 0..<blocks.planes {
            for y in 0..<blocks.size {
                let row = UnsafePointer(spins.origin) + (factor &* (z &* spins.planePitch &+ y &* spins.pitch))
                for x in 0..<blocks.size { body(row + factor &* x) }
            }
        }
    }
}

/// Random bits for ties: words of which every 16th bit is used, 128 for each draw.
private struct TieBits {
    private var words = SIMD8<UInt64>()
    private var used = 128

    mutating func next(_ random: inout RandomStream) -> UInt64 {
        if used == 128 {
            words = random.nextBits()
            used = 0
        }
        let word = words[used & 7] &>> UInt64(used &>> 3)
        used &+= 1
        return word
    }
}
