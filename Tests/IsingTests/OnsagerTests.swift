#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Ising
import Numerics
import Testing

private let catalan = 0.915_965_594_177_219_015_1

@Suite struct OnsagerTests {
    /// Gauss's K(1/sqrt 2) = Gamma(1/4)^2 / (4 sqrt pi), and Legendre's relation between k and k'.
    @Test func ellipticIntegrals() {
        let root = 0.5.squareRoot()
        let gamma = tgamma(0.25)
        let lemniscatic = CompleteElliptic(modulus: root, complement: root)
        #expect(abs(lemniscatic.first - gamma * gamma / (4 * Double.pi.squareRoot())) < 1e-14)
        for k in [1e-9, 1e-3, 0.1, 0.5, 0.7] {
            let complement = ((1 - k) * (1 + k)).squareRoot()
            let a = CompleteElliptic(modulus: k, complement: complement)
            let b = CompleteElliptic(modulus: complement, complement: k)
            let legendre = a.second * b.first - a.first * b.difference
            #expect(abs(legendre - Double.pi / 2) < 1e-14 * a.first * b.first)
        }
    }

    @Test func smallModulusKeepsItsDigits() {
        // K - E = (pi/4) k^2 (1 + 3 k^2/8 ...), 1 - (2/pi) k' K = k^2/4 (1 + ...).
        let k = 1e-6
        let integrals = CompleteElliptic(modulus: k, complement: (1 - k * k).squareRoot())
        #expect(abs(integrals.difference / (Double.pi / 4 * k * k) - 1) < 1e-11)
        #expect(abs(integrals.deficit / (k * k / 4) - 1) < 1e-11)
    }

    @Test func quadratureOnKnownIntegrals() throws {
        #expect(abs(try integrate(length: .pi) { sin($0) } - 2) < 1e-14)
        #expect(abs(try integrate(length: 1) { $0.squareRoot() } - 2.0 / 3) < 1e-14)
        #expect(abs(try integrate(length: 1) { log($0) } + 1) < 1e-13)
        // A branch point 1e-6 beside the end: int_0^1 sqrt(x^2 + e^2) dx.
        let e = 1e-6
        let exact = 0.5 * (1 + e * e).squareRoot() + 0.5 * e * e * asinh(1 / e)
        #expect(abs(try integrate(length: 1) { ($0 * $0 + e * e).squareRoot() } - exact) < 1e-14)
        #expect(throws: Failure.self) { try integrate(length: 1) { _ in Double.nan } }
    }

    @Test func criticalPoint() throws {
        let critical = try InfiniteSquareLattice(coupling: squareCriticalCoupling)
        #expect(abs(try critical.freeEnergyDensity() + 0.5 * log(2) + 2 * catalan / .pi) < 1e-15)
        #expect(abs(critical.internalEnergyDensity() + 2.0.squareRoot()) < 1e-15)
        #expect(critical.specificHeat() == .infinity)
        #expect(critical.spontaneousMagnetization() == 0)
        // Continuous through K_c: E varies like (K - K_c) ln |K - K_c|.
        for offset in [-1e-12, 1e-12] {
            let near = try InfiniteSquareLattice(coupling: squareCriticalCoupling + offset)
            #expect(abs(near.internalEnergyDensity() + 2.0.squareRoot()) < 1e-10)
            #expect(abs(try near.freeEnergyDensity() - critical.freeEnergyDensity()) < 3e-12)
            #expect(near.specificHeat() > 10 && near.specificHeat().isFinite)
        }
    }

    /// -f = ln(2 cosh^2 K) + v^4 + 2 v^6 + 9/2 v^8 + 12 v^10 + 112/3 v^12 + ... in v = tanh K,
    /// and the same series in exp(-2K) beside 2K in the ordered phase.
    @Test func seriesAtBothEnds() throws {
        func series(_ v: Double) -> Double {
            let w = v * v
            return w * w * (1 + w * (2 + w * (4.5 + w * (12 + w * 112 / 3))))
        }
        for coupling in [1e-8, 0.01, 0.05] {
            let f = try InfiniteSquareLattice(coupling: coupling).freeEnergyDensity()
            let exact = log(2) + 2 * log(cosh(coupling)) + series(tanh(coupling))
            #expect(abs(f + exact) < 1e-15 + 200 * pow(coupling, 14))
        }
        for coupling in [1.5, 2.0, 10, 100] {
            let f = try InfiniteSquareLattice(coupling: coupling).freeEnergyDensity()
            #expect(
                abs(f + 2 * coupling + series(exp(-2 * coupling))) < 2e-16 * 2 * coupling + 200 * exp(-28 * coupling))
        }
    }

    /// E = df/dK and C = -K^2 dE/dK by differences: the quadrature and the elliptic integrals are
    /// independent of each other.
    @Test func energyAndHeatAreDerivatives() throws {
        for coupling in [-0.7, -0.2, 0.02, 0.2, 0.4, 0.43, 0.45, 0.5, 0.8, 1.5] {
            let h = 1e-4
            func f(_ k: Double) throws -> Double { try InfiniteSquareLattice(coupling: k).freeEnergyDensity() }
            func energy(_ k: Double) throws -> Double {
                try InfiniteSquareLattice(coupling: k).internalEnergyDensity()
            }
            // Fourth-order differences; near K_c their own error, ~ h^4 / |K - K_c|^4, rules.
            func slope(_ g: (Double) throws -> Double) throws -> Double {
                (8 * (try g(coupling + h) - g(coupling - h)) - (try g(coupling + 2 * h) - g(coupling - 2 * h)))
                    / (12 * h)
            }
            let lattice = try InfiniteSquareLattice(coupling: coupling)
            #expect(abs(try slope(f) - lattice.internalEnergyDensity()) < 1e-9)
            #expect(abs(-coupling * coupling * (try slope(energy)) - lattice.specificHeat()) < 1e-7)
        }
    }

    @Test func limitsAndSymmetry() throws {
        let free = try InfiniteSquareLattice(coupling: 0)
        #expect(abs(try free.freeEnergyDensity() + log(2)) < 1e-15)
        #expect(free.internalEnergyDensity() == 0 && free.specificHeat() == 0)
        for tiny in [.leastNonzeroMagnitude, 0x1p-1030, 1e-200, 1e-155, 1e-10] {
            #expect(try InfiniteSquareLattice(coupling: tiny).internalEnergyDensity() == -2 * tiny)
        }
        let weak = try InfiniteSquareLattice(coupling: 1e-7)
        #expect(abs(weak.internalEnergyDensity() / -2e-7 - 1) < 1e-12)
        #expect(abs(weak.specificHeat() / 2e-14 - 1) < 1e-12)
        let cold = try InfiniteSquareLattice(coupling: 100)
        #expect(cold.internalEnergyDensity() == -2 && cold.spontaneousMagnetization() == 1)
        #expect(cold.specificHeat().isFinite)
        let (plus, minus) = (try InfiniteSquareLattice(coupling: 0.6), try InfiniteSquareLattice(coupling: -0.6))
        #expect(try plus.freeEnergyDensity() == minus.freeEnergyDensity())
        #expect(plus.internalEnergyDensity() == -minus.internalEnergyDensity())
        #expect(plus.spontaneousMagnetization() > 0.97 && minus.spontaneousMagnetization() == 0)
        #expect(throws: Failure.self) { try InfiniteSquareLattice(coupling: .nan) }
    }

    /// M = 1 - 2x^4 - 8x^6 - 34x^8 - 152x^10 - ... in x = exp(-2K), the low-temperature series.
    @Test func magnetizationSeries() throws {
        for coupling in [1.2, 1.6, 2.0] {
            let w = exp(-4 * coupling)
            let series = 1 - w * w * (2 + w * (8 + w * (34 + w * 152)))
            let found = try InfiniteSquareLattice(coupling: coupling).spontaneousMagnetization()
            #expect(abs(found - series) < 1e-15 + 1500 * pow(w, 6))
        }
    }
}
