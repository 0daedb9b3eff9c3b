import Learning
import Numerics

/// A finite group of signed permutations of the sites, (g x)_i = sign_i x_(source_i), over which a
/// density is averaged,
///
///     q(x) = 1/|G| sum_g q0(g x).
public struct SymmetryGroup: Sendable, Equatable {
    /// One of its elements.
    public struct Element: Sendable, Hashable {
        let sources: [Int32]
        let negated: [Bool]

        /// y = g x of a tile.
        func apply<Scalar: SampleScalar>(
            _ x: UnsafePointer<SampleBlock<Scalar>>, into y: UnsafeMutablePointer<SampleBlock<Scalar>>
        ) {
            let zero = SampleBlock<Scalar>(repeating: 0)
            for i in sources.indices {
                let value = x[Int(sources[i])]
                y[i] = negated[i] ? zero - value : value
            }
        }

        /// First this element and then another: (other self x).
        fileprivate func followed(by other: Element) -> Element {
            let sources = other.sources.map { self.sources[Int($0)] }
            let negated = other.sources.indices.map { other.negated[$0] != self.negated[Int(other.sources[$0])] }
            return Element(sources: sources, negated: negated)
        }
    }

    /// The identity first.
    let elements: [Element]
    public var order: Int { elements.count }

    /// The identity alone.
    public init(trivialOn sites: Int) {
        elements = [Element(sources: (0..<Int32(sites)).map { $0 }, negated: Array(repeating: false, count: sites))]
    }

    /// The identity and the negation of all numbers.
    public init(flipOf sites: Int) {
        let identity = SymmetryGroup(trivialOn: sites).elements[0]
        elements = [identity, Element(sources: identity.sources, negated: Array(repeating: true, count: sites))]
    }

    /// The most elements that a group may have.
    public static let largestOrder = 256

    /// - Parameters:
    ///   - sources: of each element, the site whose number comes to each site; shape (order, sites).
    ///   - signs: 1 or -1, likewise.
    /// - Throws: `invalidArgument` unless they are signed permutations, each another one, closed under
    ///   multiplication, and begin with the identity.
    public init(sources: [Int32], signs: [Int8], sites: Int) throws(Failure) {
        let order = sources.count / sites
        guard (1...Self.largestOrder).contains(order), sources.count == order * sites, signs.count == sources.count
        else {
            throw .invalidArgument(
                "symmetry must have 1 to \(Self.largestOrder) elements of \(sites) sites and as many signs")
        }
        let all = (0..<Int32(sites)).map { $0 }
        var elements: [Element] = []
        for first in stride(from: 0, to: sources.count, by: sites) {
            let (own, signs) = (Array(sources[first..<first + sites]), signs[first..<first + sites])
            guard own.sorted() == all, signs.allSatisfy({ $0 == 1 || $0 == -1 }) else {
                throw .invalidArgument(
                    "each element of symmetry must be a permutation of the sites with signs of 1 or -1")
            }
            elements.append(Element(sources: own, negated: signs.map { $0 == -1 }))
        }
        let known = Set(elements)
        guard elements[0] == SymmetryGroup(trivialOn: sites).elements[0], known.count == order else {
            throw .invalidArgument("symmetry must begin with the identity and repeat no element")
        }
        guard elements.allSatisfy({ a in elements.allSatisfy { known.contains(a.followed(by: $0)) } }) else {
            throw .invalidArgument("symmetry must be a group: it lacks a product of two of its elements")
        }
        self.elements = elements
    }
}
