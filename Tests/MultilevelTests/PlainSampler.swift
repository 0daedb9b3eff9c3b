import Multilevel
import Numerics

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The definitions, in double precision, one spin after the other.
struct PlainSampler {
    let model: SamplerModel

    /// phi_o of all orbits of a learned class at one of its sites.
    func features(_ part: SamplerModel.LearnedClass, site: Int, _ spins: [Int8]) -> [Double] {
        let size = model.configuration.size
        let around = model.hierarchy.classes[part.index].neighbourhood.displacements
        return part.basis.orbits.map { orbit in
            orbit.products.reduce(0) { sum, product in
                sum + product.reduce(1) { $0 * Double(spins[around[$1].site(from: site, size)]) }
            }
        }
    }

    func field(_ part: SamplerModel.LearnedClass, site: Int, _ spins: [Int8]) -> Double {
        let sum = zip(features(part, site: site, spins), 0...).reduce(0) { sum, next in
            sum + next.0 * model.couplings[part.offset + next.1]
        }
        let bound = 4 * abs(model.configuration.coupling) + abs(model.configuration.field)
        return min(max(sum, -bound), bound)
    }

    /// The exact field of a site given its neighbours, the spins that are not drawn before being summed
    /// one by one over all their values.
    func exactField(_ siteClass: SiteClass, site: Int, _ spins: [Int8]) -> Double {
        let size = model.configuration.size
        let (k, h) = (model.configuration.coupling, model.configuration.field)
        func neighbours(_ site: Int) -> [Int] {
            [(1, 0), (-1, 0), (0, 1), (0, -1)].map { Displacement(row: $0.0, column: $0.1).site(from: site, size) }
        }
        func sum(_ site: Int) -> Double { neighbours(site).reduce(0) { $0 + Double(spins[$1]) } }
        if siteClass.position == .bonds { return h + k * sum(site) }
        // Each neighbour t is summed over +1 and -1 for both values of the site.
        var field = h
        for t in neighbours(site) {
            let others = sum(t) - Double(spins[site])
            func total(_ s: Double) -> Double { exp(k * (others + s) + h) + exp(-k * (others + s) - h) }
            field += 0.5 * (log(total(1)) - log(total(-1)))
        }
        return field
    }

    /// ln q, the sum over sites of -ln(1 + exp(-2 s h)).
    func logProbability(_ spins: [Int8]) -> Double {
        var learned = model.learned.makeIterator()
        return model.hierarchy.classes.reduce(0) { total, siteClass in
            let part = siteClass.kind == .learned ? learned.next()! : nil
            return siteClass.sites.reduce(total) { total, site in
                let h = part.map { field($0, site: site, spins) } ?? exactField(siteClass, site: site, spins)
                return total - log1p(exp(-2 * Double(spins[site]) * h))
            }
        }
    }
}

/// Models and configurations that tests share.
enum Samples {
    static func model(
        _ size: Int, coupling: Double = 0.4, field: Double = 0, colours: Int = 4, random: Double = 0
    ) throws -> SamplerModel {
        var configuration = SamplerModel.Configuration()
        (configuration.size, configuration.coupling, configuration.field) = (size, coupling, field)
        configuration.colours = colours
        let model = try SamplerModel(configuration)
        var stream = RandomStream(seed: 3, purpose: .test)
        stream.fillNormal(model.couplings.base, count: model.couplings.count)
        for i in 0..<model.couplings.count { model.couplings.base[i] *= random }
        return model
    }

    /// All configurations of a lattice of 4 x 4.
    static let all: [Int8] = (0..<1 << 16).flatMap { code in (0..<16).map { Int8(1 - 2 * (code >> $0 & 1)) } }

    static func logProbabilities(_ model: SamplerModel, _ spins: [Int8]) throws -> [Double] {
        let count = spins.count / model.sites
        var values = [Double](repeating: .nan, count: count)
        try model.logProbability(spins, count: count, into: &values)
        return values
    }

    /// Independent random spins.
    static func random(_ count: Int, seed: UInt64 = 1) -> [Int8] {
        var stream = RandomStream(seed: seed, purpose: .test)
        return (0..<count).map { _ in stream.nextBits()[0] >> 63 == 0 ? 1 : -1 }
    }

    /// ln of the Boltzmann weights.
    static func logWeights(_ model: SamplerModel, _ spins: [Int8]) -> [Double] {
        let size = model.configuration.size
        return (0..<spins.count / model.sites).map { n in
            var (bonds, total) = (0, 0)
            for i in 0..<size {
                for j in 0..<size {
                    func spin(_ i: Int, _ j: Int) -> Int {
                        Int(spins[n * model.sites + i % size * size + j % size])
                    }
                    bonds += spin(i, j) * (spin(i + 1, j) + spin(i, j + 1))
                    total += spin(i, j)
                }
            }
            return model.configuration.coupling * Double(bonds) + model.configuration.field * Double(total)
        }
    }
}
