#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

/// ln Z, <E/J> and K^2 var(E/J) from all 2^(L^2) states, by the number of states of each energy.
private struct Enumeration {
    let sites: Int
    var states: [Int: Double] = [:]

    init(size: Int) {
        sites = size * size
        for state in 0..<(1 << sites) {
            var energy = 0
            for site in 0..<sites {
                let (row, column) = (site / size, site % size)
                let right = row * size + (column + 1) % size
                let below = (row + 1) % size * size + column
                energy -= 1 - 2 * ((state >> site ^ state >> right) & 1)
                energy -= 1 - 2 * ((state >> site ^ state >> below) & 1)
            }
            states[energy, default: 0] += 1
        }
    }

    func thermodynamics(_ coupling: Double) -> (logZ: Double, energy: Double, heat: Double) {
        let shift = states.keys.map { -coupling * Double($0) }.max()!
        var (z, first, second) = (0.0, 0.0, 0.0)
        for (energy, count) in states {
            let weight = count * exp(-coupling * Double(energy) - shift)
            z += weight
            first += weight * Double(energy)
        }
        let mean = first / z
        for (energy, count) in states {
            let weight = count * exp(-coupling * Double(energy) - shift)
            second += weight * (Double(energy) - mean) * (Double(energy) - mean)
        }
        return (shift + log(z), mean, coupling * coupling * second / z)
    }
}

private func close(_ a: Double, _ b: Double, relative: Double, absolute: Double = 0) -> Bool {
    abs(a - b) <= relative * abs(b) + absolute
}

@Suite struct KaufmanTests {
    @Test(arguments: [2, 3, 4])
    func equalsEnumeration(size: Int) throws {
        let enumeration = Enumeration(size: size)
        let sites = Double(size * size)
        var couplings = [0, 1e-6, 0.1, 0.3, squareCriticalCoupling, 0.45, 0.8, 1.5, 3, 7, 20, 80]
        if size % 2 == 0 { couplings += [-0.2, -squareCriticalCoupling, -1.3, -7, -20] }
        for coupling in couplings {
            let exact = enumeration.thermodynamics(coupling)
            let found = try torusThermodynamics(size: size, coupling: coupling)
            #expect(close(found.logPartition, exact.logZ, relative: 1e-14))
            // At 1e-6 the states of either sign of the energy cancel in the enumeration.
            let noise = coupling < 1e-3 ? 1e-15 * sites : 0
            #expect(close(found.energy, exact.energy, relative: 1e-13, absolute: noise))
            #expect(close(found.heatCapacity, exact.heat, relative: 1e-12))
        }
    }

    @Test func publishedValueAtTheCriticalPoint() throws {
        let logZ = try logPartition(size: 16, coupling: squareCriticalCoupling)
        #expect(close(logZ, 238.642_256_635_132_870_0, relative: 1e-13))
    }

    @Test(arguments: [2, 5, 16, 64, 1024])
    func countsStatesAtZeroCoupling(size: Int) throws {
        let found = try torusThermodynamics(size: size, coupling: 0)
        let sites = Double(size * size)
        #expect(close(found.logPartition, sites * log(2), relative: 1e-14))
        #expect(found.energy == 0 && found.heatCapacity == 0)
    }

    /// Central differences of ln Z with one Richardson step; the bounds are their own error.
    @Test(arguments: [5, 8, 33, 64])
    func derivativesEqualDifferences(size: Int) throws {
        for coupling in [0.05, 0.3, 0.43, squareCriticalCoupling, 0.45, 0.7, 1.2] {
            func differences(_ h: Double) throws -> (Double, Double) {
                let above = try logPartition(size: size, coupling: coupling + h)
                let here = try logPartition(size: size, coupling: coupling)
                let below = try logPartition(size: size, coupling: coupling - h)
                return ((above - below) / (2 * h), (above - 2 * here + below) / (h * h))
            }
            let h = 2e-3 / Double(size).squareRoot()
            let (coarse, fine) = (try differences(h), try differences(h / 2))
            let first = (4 * fine.0 - coarse.0) / 3
            let second = (4 * fine.1 - coarse.1) / 3
            let found = try torusThermodynamics(size: size, coupling: coupling)
            let sites = Double(size * size)
            #expect(close(-found.energy, first, relative: 1e-9, absolute: 1e-9 * sites))
            #expect(
                close(found.heatCapacity, coupling * coupling * second, relative: 1e-5, absolute: 1e-8 * sites))
        }
    }

    /// Kaufman's products and the sum over windings meet at the couplings 0.203 and 0.805.
    @Test(arguments: [2, 3, 4, 7, 16, 65, 512, 4096])
    func smoothWhereTheFormulaChanges(size: Int) throws {
        for border in [atanh(0.2), -0.5 * log(0.2)] {
            let h = 1e-7
            let below = try torusThermodynamics(size: size, coupling: border - h)
            let above = try torusThermodynamics(size: size, coupling: border + h)
            let curvature = (below.heatCapacity + above.heatCapacity) / (2 * border * border)
            let slope = -(below.energy + above.energy) / 2
            #expect(close(above.logPartition, below.logPartition + 2 * h * slope, relative: 1e-13))
            #expect(close(above.energy, below.energy - 2 * h * curvature, relative: 1e-12))
            // C changes by less than 30 h of itself.
            #expect(close(above.heatCapacity, below.heatCapacity, relative: 30 * h))
        }
    }

    @Test func evenInTheCouplingForEvenSize() throws {
        let plus = try torusThermodynamics(size: 8, coupling: 0.6)
        let minus = try torusThermodynamics(size: 8, coupling: -0.6)
        #expect(plus.logPartition == minus.logPartition)
        #expect(plus.energy == -minus.energy)
        #expect(plus.heatCapacity == minus.heatCapacity)
    }

    @Test func finiteAndOrderedEverywhere() throws {
        for size in [2, 3, 16, 127, 1024] {
            var lastEnergy = Double.infinity
            for step in 0...60 {
                let coupling = 1e-3 * exp(log(5000) * Double(step) / 60)
                let found = try torusThermodynamics(size: size, coupling: coupling)
                #expect(found.logPartition.isFinite && found.energy.isFinite && found.heatCapacity.isFinite)
                // The energy falls with K, strictly until it rests at the ground state.
                #expect(found.energy < lastEnergy || coupling > 3)
                #expect(found.heatCapacity > 0)
                lastEnergy = found.energy
            }
            #expect(close(lastEnergy, -2 * Double(size * size), relative: 1e-14))
        }
        let cold = try torusThermodynamics(size: 4096, coupling: 100)
        #expect(close(cold.logPartition, 200 * 4096 * 4096 + log(2), relative: 1e-14))
    }

    /// The lattice sizes differ by a factor of 1024 / xi > 50 from the correlation length here.
    @Test func convergesToOnsager() throws {
        let sites = 1024.0 * 1024
        for coupling in [0.1, 0.3, 0.42, 0.46, 0.6, 1.0] {
            let torus = try torusThermodynamics(size: 1024, coupling: coupling)
            let bulk = try InfiniteSquareLattice(coupling: coupling)
            // Two ordered phases share the finite lattice.
            let phases = coupling > squareCriticalCoupling ? log(2) / sites : 0
            #expect(close(torus.logPartition / sites, -(try bulk.freeEnergyDensity()) + phases, relative: 2e-14))
            #expect(close(torus.energy / sites, bulk.internalEnergyDensity(), relative: 1e-12))
            #expect(close(torus.heatCapacity / sites, bulk.specificHeat(), relative: 1e-10))
        }
    }

    /// Ferdinand and Fisher: at K_c, with theta functions of nome exp(-pi),
    /// ln Z = -N f + ln(2^(1/4) + 2^(-1/2)), E/N = -sqrt 2 - 2 t2 t3 t4 / (t2 + t3 + t4) / L, and
    /// C/N = (8/pi) K_c^2 [ln L + ln(2^(5/2)/pi) + Euler's gamma - pi/4 - 2 sum(t ln t) / sum(t)]
    /// - K_c^2 shift^2, up to higher powers of 1/L (shift: the coefficient of 1/L in E/N).
    @Test func finiteSizeScalingAtTheCriticalPoint() throws {
        let nome = exp(-Double.pi)
        let t2 = 2 * pow(nome, 0.25) * (1 + nome * nome)
        let t3 = 1 + 2 * nome + 2 * pow(nome, 4)
        let t4 = 1 - 2 * nome + 2 * pow(nome, 4)
        let shift = 2 * t2 * t3 * t4 / (t2 + t3 + t4)
        let entropy = (t2 * log(t2) + t3 * log(t3) + t4 * log(t4)) / (t2 + t3 + t4)
        let euler = 0.577_215_664_901_532_9
        let kc = squareCriticalCoupling
        let f = try InfiniteSquareLattice(coupling: kc).freeEnergyDensity()
        for size in [64, 512] {
            let length = Double(size)
            let sites = length * length
            let torus = try torusThermodynamics(size: size, coupling: kc)
            #expect(abs(torus.logPartition + sites * f - log(pow(2, 0.25) + pow(2, -0.5))) < 1 / sites)
            #expect(abs(torus.energy / sites + 2.0.squareRoot() + shift / length) < 1 / (length * sites))
            let logarithms = log(length) + log(pow(2, 2.5) / Double.pi) + euler - Double.pi / 4 - 2 * entropy
            let heat = kc * kc * (8 / Double.pi * logarithms - shift * shift)
            #expect(abs(torus.heatCapacity / sites - heat) < 0.2 / length)
        }
    }

    @Test func refusesWhatItCannotAnswer() {
        for (size, coupling) in [(1, 0.4), (4097, 0.4), (3, -0.1), (8, .nan), (8, .infinity), (8, 101)] {
            #expect(throws: Failure.self) { try logPartition(size: size, coupling: coupling) }
        }
    }
}
