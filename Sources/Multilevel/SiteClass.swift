/// Sites whose spins are drawn at once, independently of each other given those drawn before.
package struct SiteClass: Sendable {
    package enum Kind: Sendable {
        /// A field that is learned from the neighbourhood.
        case learned
        /// The exact field, a function of the neighbourhood's code.
        case exact
    }

    /// Where the sites lie between those of the lattice of spacing 2 a: the first site, at the
    /// centres of its squares, and in the middle of its vertical and horizontal bonds.
    package enum Position: String, Sendable {
        case root = "A"
        case centre = "B"
        case vertical = "C"
        case horizontal = "D"
        /// Both kinds of bonds.
        case bonds = "CD"
    }

    package let spacing: Int
    package let position: Position
    /// Of the sub-lattice, from 0.
    package let colour: Int
    package let kind: Kind
    /// As i L + j.
    package let sites: [Int]
    package let neighbourhood: Neighbourhood

    /// Such as "4.B.0": spacing, position and colour.
    package var name: String { "\(spacing).\(position.rawValue).\(colour)" }
}
