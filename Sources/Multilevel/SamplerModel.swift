import Learning
import Numerics

/// A sampler of the Ising model that draws spins from coarse to fine, each with its exact
/// conditional probability or with a learned one, and so knows the probability of what it draws.
///
/// p(s_i = +1 | drawn before) = 1 / (1 + exp(-2 h_i)), rounded to multiples of 2^-31 and at least
/// that; ln q(s) is the sum of the logarithms of these. The field h_i is that of `CouplingBasis`.
public final class SamplerModel: @unchecked Sendable {
    public struct Configuration: Sendable, Equatable {
        /// L, a power of two from 4 to 256.
        public var size = 16
        /// K, at most 100 in magnitude.
        public var coupling = 0.0
        /// h in exp(K sum s s' + h sum s), at most 100 in magnitude.
        public var field = 0.0
        /// Nearest spins of the code, at most 16; closed shells within.
        public var neighbours = 16
        /// Nearest spins whose single products count, at most 64; the last shell is taken whole.
        public var linear = 36
        /// Nearest spins whose products of three, or with a field of two, count.
        public var triples = 16
        /// Nearest spins whose products of five, or with a field of four, count.
        public var quintuples = 8
        /// Of each kind of sites: 1, 2, 4 or 8.
        public var colours = 4

        public init() {}

        /// 4 |K| + |h|: the field of a spin among its four neighbours is at most this, and so is that given any
        /// other spins, whose conditional probability is a mean of the former.
        package var largestField: Double { 4 * abs(coupling) + abs(field) }
    }

    public let configuration: Configuration
    package let hierarchy: Hierarchy
    /// Of the learned classes, in the order of the hierarchy.
    package let learned: [LearnedClass]
    package let couplings: Buffer<Double>
    /// Steps done.
    public internal(set) var step = 0
    /// Whether the couplings are no longer those of a new model.
    public internal(set) var isStarted = false
    /// Of all classes of the hierarchy.
    package let layouts: [ClassLayout]
    let cache = SamplerCache()

    /// A learned class: its place in the hierarchy, its couplings, and where they are.
    package struct LearnedClass: Sendable {
        package let index: Int
        package let basis: CouplingBasis
        package let offset: Int
    }

    /// - Throws: `invalidArgument` for values outside the ranges of `Configuration`; `outOfMemory`.
    public init(_ configuration: Configuration) throws(Failure) {
        try configuration.validate()
        let bytes = configuration.objectBytes
        guard leavesRoomForObjects(beside: bytes) else {
            throw .outOfMemory("the classes of the sampler and their orbits need \(bytes) bytes")
        }
        self.configuration = configuration
        hierarchy = Hierarchy(
            size: configuration.size, colours: configuration.colours,
            neighbours: max(configuration.linear, configuration.neighbours))
        var learned: [LearnedClass] = []
        var layouts: [ClassLayout] = []
        var offset = 0
        for (index, siteClass) in hierarchy.classes.enumerated() {
            guard siteClass.kind == .learned else {
                let bits = siteClass.neighbourhood.displacements.count
                layouts.append(try ClassLayout(siteClass, size: configuration.size, codeBits: bits))
                continue
            }
            let basis = CouplingBasis(
                siteClass.neighbourhood, neighbours: configuration.neighbours, triples: configuration.triples,
                quintuples: configuration.quintuples, isOdd: configuration.field == 0)
            learned.append(LearnedClass(index: index, basis: basis, offset: offset))
            layouts.append(
                try ClassLayout(
                    siteClass, size: configuration.size, codeBits: basis.codeBits, far: basis.far.map(\.neighbours)))
            offset += basis.count
        }
        (self.learned, self.layouts) = (learned, layouts)
        couplings = try Buffer(count: offset)
    }
}

extension SamplerModel.Configuration {
    /// At most what the objects of the hierarchy and of its orbits take while they are made.
    fileprivate var objectBytes: Int {
        func products(_ order: Int, among count: Int) -> Int {
            (0..<order).reduce(1) { $0 * max(0, count - $1) / ($1 + 1) }
        }
        let coded =
            [2, 3].reduce(0) { $0 + products($1, among: triples) }
            + [4, 5].reduce(0) { $0 + products($1, among: quintuples) }
        let classes = 3 * colours * size.trailingZeroBitCount
        return 256 * size * size + classes * 256 * (max(linear, neighbours) + coded)
    }

    func validate() throws(Failure) {
        func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(Failure) {
            guard allowed.contains(value) else {
                throw .invalidArgument(
                    "\(name) must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)")
            }
        }
        guard (4...256).contains(size), size & (size - 1) == 0 else {
            throw .invalidArgument("size must be a power of two from 4 to 256, not \(size)")
        }
        for (name, value) in [("coupling", coupling), ("field", field)] {
            guard abs(value) <= 100 else {
                throw .invalidArgument("\(name) must be finite and at most 100 in magnitude, not \(value)")
            }
        }
        try range("neighbours", neighbours, 0...16)
        try range("linear", linear, 0...64)
        try range("triples", triples, 0...neighbours)
        try range("quintuples", quintuples, 0...neighbours)
        guard [1, 2, 4, 8].contains(colours) else {
            throw .invalidArgument("colours must be 1, 2, 4 or 8, not \(colours)")
        }
    }
}
