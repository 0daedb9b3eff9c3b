/// What the first graph convolution can see of a site.
///
/// The token of a site is a function of its spin s and of h = s times the sum of its four neighbours,
/// and so of ten classes: two spins, and k = 0 ... 4 neighbours that are equal to it, h = 2 k - 4.
/// The convolution sums the tokens of five sites. Around a spin there are four neighbours of eight
/// classes in all: k >= 1 for those that are equal to it, k <= 3 for the others, because it is a
/// neighbour of theirs. In no order these are 330 patterns for either spin. What the convolution makes
/// of them, and even the product of the next, is computed once for each of the 660, and not for each
/// site of each configuration: the numbers are the same, and a table takes the place of most of the
/// work of the first level.
struct SitePatterns: Sendable {
    static let shared = SitePatterns()

    static let classCount = 10
    static let count = 660

    /// For each pattern its five classes, the site's own first.
    let classes: [UInt8]
    /// Numbers of four neighbours add up to a key that is theirs alone. For either spin and each
    /// class of a neighbour.
    private let keys: [UInt16]
    /// The pattern of each key around a spin +1; that around -1 is 330 further.
    private let patterns: [UInt16]

    /// The first eight numbers of which no two sums of four are equal.
    private static let numbers = [0, 1, 5, 21, 55, 153, 368, 856]

    /// - Parameters:
    ///   - sign: 0 for the spin +1, 1 for -1.
    ///   - equal: neighbours with the same spin.
    @inline(__always)
    private static func index(sign: Int, equal: Int) -> Int { 5 &* sign &+ equal }

    /// Spin s and h of a class, the features of its token.
    static func features(_ index: Int) -> (spin: Double, interaction: Double) {
        (index < 5 ? 1 : -1, Double(2 * (index % 5) - 4))
    }

    init() {
        // Options for a neighbour of a spin: four classes of an equal spin, then four of the opposite one.
        func neighbour(_ option: Int, sign: Int) -> Int {
            option < 4 ? Self.index(sign: sign, equal: option + 1) : Self.index(sign: 1 - sign, equal: option - 4)
        }
        var keys = [UInt16](repeating: 0, count: 2 * Self.classCount)
        var patterns = [UInt16](repeating: 0, count: 4 * Self.numbers[7] + 1)
        var classes: [UInt8] = []
        for sign in 0..<2 {
            for option in 0..<8 {
                keys[sign * Self.classCount + neighbour(option, sign: sign)] = UInt16(Self.numbers[option])
            }
            for a in 0..<8 {
                for b in a..<8 {
                    for c in b..<8 {
                        for d in c..<8 {
                            let options = [a, b, c, d]
                            let own = Self.index(sign: sign, equal: options.count { $0 < 4 })
                            let key = options.reduce(0) { $0 + Self.numbers[$1] }
                            patterns[key] = UInt16(classes.count / 5 - sign * Self.count / 2)
                            classes.append(UInt8(own))
                            classes += options.map { UInt8(neighbour($0, sign: sign)) }
                        }
                    }
                }
            }
        }
        precondition(classes.count == 5 * Self.count)
        (self.classes, self.keys, self.patterns) = (classes, keys, patterns)
    }

    /// The pattern of each site. Only the signs of the spins are looked at, so that every byte
    /// has one.
    /// - Parameter scratch: (L^2) bytes.
    func find(
        _ spins: UnsafePointer<Int8>, _ torus: Torus, scratch: UnsafeMutablePointer<UInt8>,
        into result: UnsafeMutablePointer<UInt16>
    ) {
        @inline(__always)
        func sign(_ site: Int) -> Int { Int(UInt8(bitPattern: spins[site]) &>> 7) }
        torus.eachSite { site, up, down, left, right in
            let own = sign(site)
            let negative = sign(up) &+ sign(down) &+ sign(left) &+ sign(right)
            scratch[site] = UInt8(truncatingIfNeeded: Self.index(sign: own, equal: own == 0 ? 4 &- negative : negative))
        }
        keys.withUnsafeBufferPointer { keys in
            patterns.withUnsafeBufferPointer { patterns in
                let (keys, patterns) = (keys.baseAddress!, patterns.baseAddress!)
                torus.eachSite { site, up, down, left, right in
                    let own = sign(site)
                    let key = keys + own &* Self.classCount
                    let sum =
                        Int(key[Int(scratch[up])]) &+ Int(key[Int(scratch[down])])
                        &+ Int(key[Int(scratch[left])]) &+ Int(key[Int(scratch[right])])
                    result[site] = patterns[sum] &+ UInt16(truncatingIfNeeded: own &* (Self.count / 2))
                }
            }
        }
    }
}
