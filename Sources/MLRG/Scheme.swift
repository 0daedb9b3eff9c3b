import Numerics

/// What student a network learns: the graph of teacher and student, and their couplings.
public enum SchemeKind: Int32, CaseIterable, Sendable {
    /// A star of one hidden spin and four corners, judged on an open plaquette (Hou & You).
    case star = 0
    /// S[z, a, b] on a lattice of mirror images, judged around a loop of four students.
    case loop = 1
}

/// The couplings of a scheme: their number, and where bare models lie among them.
struct Scheme {
    let kind: SchemeKind
    /// Number of couplings.
    let count: Int
    /// The couplings that equal J0 in the bare model; the others are zero.
    let bare: [Int]
    /// Whether flows of J0 and -J0 are copies of each other, of which one is enough.
    let hasCopies: Bool

    /// - Throws: `invalidArgument` for a representation or a frame that the scheme does not have,
    ///   `outOfMemory` for spins of too many states.
    init(_ configuration: MLRGModel.Configuration) throws(Failure) {
        let (name, frame) = (configuration.representation, configuration.frame)
        kind = configuration.scheme
        let symmetries = configuration.symmetries
        switch (kind, symmetries.first) {
        case (.star, nil):
            (count, bare) = (try Representation(name).couplings(frame: frame).count, [0])
        case (.star, let symmetry?):
            let places = try SpinPlaces(name)
            for symmetry in symmetries { try StateOrbits.check(symmetry, places) }
            guard symmetries.allSatisfy({ $0.kernelCount == symmetry.kernelCount }) else {
                throw .invalidArgument("the groups of a family must have equally many kernels")
            }
            (count, bare) = (StateBond.couplings(symmetry, places, frame).count, [0])
        case (.loop, let symmetry):
            guard symmetry == nil else {
                throw .invalidArgument("a model of scheme \"loop\" has Ising spins")
            }
            guard frame == .published else {
                throw .invalidArgument("frame must be \"published\" with scheme \"loop\", whose legs have no axes")
            }
            let student = try LoopStudent(Representation(name))
            (count, bare) = (student.terms.count, student.bare)
        }
        hasCopies = kind == .loop
    }
}
