/// The states of a leg of a tensor: the first `even` of them have charge +1, the others -1.
public struct Leg: Equatable, Sendable {
    public let even: Int
    public let odd: Int

    public init(even: Int, odd: Int) {
        (self.even, self.odd) = (even, odd)
    }

    public var count: Int { even + odd }

    /// 0 for charge +1 and 1 for -1, so that charges multiply by exclusive or.
    public func charge(_ state: Int) -> Int { state < even ? 0 : 1 }

    func states(charge: Int) -> Range<Int> { charge == 0 ? 0..<even : even..<count }

    func states(_ charge: Int) -> Int { charge == 0 ? even : odd }
}

/// The pairs (x, y) of states of two legs, in two lists by the product of their charges.
struct Pairs {
    /// Of each product: the pairs, x slowest.
    let lists: [[(x: Int, y: Int)]]
    /// The place of the pair (x, y), entry x * (states of y) + y, in its list.
    private let places: [Int]
    private let stride: Int

    init(_ first: Leg, _ second: Leg) {
        var lists: [[(x: Int, y: Int)]] = [[], []]
        var places = [Int](repeating: 0, count: first.count * second.count)
        for x in 0..<first.count {
            for y in 0..<second.count {
                let product = first.charge(x) ^ second.charge(y)
                places[x * second.count + y] = lists[product].count
                lists[product].append((x, y))
            }
        }
        (self.lists, self.places, stride) = (lists, places, second.count)
    }

    func count(_ product: Int) -> Int { lists[product].count }

    func place(_ x: Int, _ y: Int) -> Int { places[x * stride + y] }
}
