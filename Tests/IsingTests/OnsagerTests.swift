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
        let lemniscatic = CompleteElliptic(modulus: root, gap: 1 - root)
        #expect(abs(lemniscatic.first - gamma * gamma / (4 * Double.pi.squareRoot())) < 1e-14)
        for k in [1e-9, 1e-3, 0.1, 0.5, 0.7] {
            let complement = ((1 - k) * (1 + k)).squareRoot()
            let a = CompleteElliptic(modulus: k, gap: 1 - k)
            let b = CompleteElliptic(modulus: complement, gap: k * k / (1 + complement))
            let second = a.first - k * k * a.difference  // E(k)
            let legendre = second * b.first - a.first * complement * complement * b.difference
            #expect(abs(legendre - Double.pi / 2) < 1e-14 * a.first * b.first)
            #expect(abs(a.first - 0.5 * .pi - k * k * a.excess) < 1e-15 * a.first)
            #expect(abs(1 - 2 / .pi * (1 - k) * a.first - k * a.deficit) < 2e-15)
        }
    }

    /// Series of Abramowitz and Stegun 17.3.11 and 17.3.12.
    @Test(arguments: [0, 1e-200, 1e-8, 1e-3]) func smallModulusKeepsItsDigits(k: Double) {
        let integrals = CompleteElliptic(modulus: k, gap: 1 - k)
        let square = k * k
        #expect(abs(integrals.difference / (.pi / 4 * (1 + 3.0 / 8 * square)) - 1) < 1e-12)
        #expect(abs(integrals.excess / (.pi / 8 * (1 + 9.0 / 16 * square)) - 1) < 1e-12)
        #expect(abs(integrals.deficit / (1 - (1 - k) * k / 4 * (1 + 9.0 / 16 * square)) - 1) < 1e-12)
    }

    @Test func modulusOne() {
        let integrals = CompleteElliptic(modulus: 1, gap: 0)
        #expect(integrals.first == .infinity && integrals.deficit == 1)
        // K = ln(4 / k') for k -> 1, K - E one less.
        let near = CompleteElliptic(modulus: 1, gap: 1e-40)
        let logarithm = log(4) - 0.5 * log(2e-40)
        #expect(abs(near.first / logarithm - 1) < 1e-15)
        #expect(abs(near.difference / (logarithm - 1) - 1) < 1e-15)
        #expect(abs(near.deficit - 1) < 1e-15)
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

    /// -f = 2K + p^4 + 2 p^6 + 9/2 p^8 + ... in p = exp(-2K), twice differentiated; 2 K^2 + 10 K^4 for
    /// small K.
    @Test func specificHeatAtBothEnds() throws {
        for coupling in [2.5, 5, 9.5, 20, 60, 88] {
            let w = exp(-4 * coupling)
            let series = 64 + w * (288 + w * (1152 + w * (4800 + w * 112 / 3 * 576)))
            let exact = coupling * exp(-4 * coupling) * (coupling * exp(-4 * coupling) * series)
            for sign in [1.0, -1] {
                let found = try InfiniteSquareLattice(coupling: sign * coupling).specificHeat()
                #expect(abs(found / exact - 1) < 1e-13 + 1e6 * pow(w, 5))
            }
        }
        for coupling in [1e-300, 1e-170, 1e-9, 1e-4] {
            let found = try InfiniteSquareLattice(coupling: coupling).specificHeat()
            let exact = coupling * (coupling * (2 + 10 * coupling * coupling))
            #expect(abs(found - exact) <= 1e-14 * exact)
        }
    }

    @Test func limitsAndSymmetry() throws {
        let free = try InfiniteSquareLattice(coupling: 0)
        #expect(abs(try free.freeEnergyDensity() + log(2)) < 1e-15)
        #expect(free.internalEnergyDensity() == 0 && free.specificHeat() == 0)
        for tiny in [.leastNonzeroMagnitude, 0x1p-1030, 1e-200, 1e-155, 1e-10] {
            let energy = try InfiniteSquareLattice(coupling: tiny).internalEnergyDensity()
            #expect(abs(energy + 2 * tiny) <= tiny * 1e-15)
        }
        let weak = try InfiniteSquareLattice(coupling: 1e-7)
        #expect(abs(weak.internalEnergyDensity() / -2e-7 - 1) < 1e-12)
        #expect(abs(weak.specificHeat() / 2e-14 - 1) < 1e-12)
        let cold = try InfiniteSquareLattice(coupling: 100)
        #expect(cold.internalEnergyDensity() == -2 && cold.spontaneousMagnetization() == 1)
        // 64 K^2 exp(-8K) is below the least double.
        #expect(cold.specificHeat() == 0)
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
