/// What a coupling multiplies.
public struct OrbitDescription: Sendable {
    public let spacing: Int
    /// 0 to 3 for the sites A (the first) to D.
    public let position: Int
    public let colour: Int
    /// Spins of a product, 0 for a constant field.
    public let order: Int
    /// Products of the orbit.
    public let products: Int
    /// From the site to the farthest spin of a product.
    public let squaredDistance: Int
}

extension SamplerModel {
    /// Those of all couplings, in their order.
    public var orbits: [OrbitDescription] {
        learned.flatMap { part in
            let siteClass = hierarchy.classes[part.index]
            let distances = siteClass.neighbourhood.displacements.map(\.squaredLength)
            let position = [.root, .centre, .vertical, .horizontal].firstIndex(of: siteClass.position)!
            return part.basis.orbits.map { orbit in
                OrbitDescription(
                    spacing: siteClass.spacing, position: position, colour: siteClass.colour, order: orbit.order,
                    products: orbit.products.count,
                    squaredDistance: orbit.products[0].map { distances[$0] }.max() ?? 0)
            }
        }
    }
}
