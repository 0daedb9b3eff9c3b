#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics

/// A chain on a lattice of any kind: states of one byte, a coupling, a field, and random numbers that
/// are keyed for every sweep. A chain is known by its states and the number of sweeps it has made, and
/// goes on as if it had never stopped.
protocol LatticeSweeper {
    /// One sweep with random numbers keyed by its number.
    func sweep(_ states: UnsafeMutablePointer<UInt8>, _ random: inout UniformNumbers)
}

/// Chains whose states are bits between the sweeps of a call.
protocol PackedChains {
    /// - Parameter states: bytes 0 and 1, (chains, sites).
    func read(_ states: UnsafePointer<UInt8>)
    func write(_ states: UnsafeMutablePointer<UInt8>)
    /// One sweep with random numbers keyed by its number.
    func sweep(_ stream: inout RandomStream)
}

/// Uniform numbers in [0, 1), multiples of 2^-52, one by one.
struct UniformNumbers {
    var stream: RandomStream
    private let numbers: Buffer<Double>
    private var next: Int

    /// - Parameter buffer: is overwritten.
    init(_ stream: RandomStream, buffer: Buffer<Double>) {
        self.stream = stream
        numbers = buffer
        next = buffer.count
    }

    /// Room for up to 128 numbers, fewer where a sweep needs fewer.
    static func buffer(sites: Int) throws(Failure) -> Buffer<Double> {
        try Buffer(count: min(128, (2 * sites + 7) / 8 * 8))
    }

    @inline(__always)
    mutating func uniform() -> Double {
        if next == numbers.count { refill() }
        next &+= 1
        return numbers.base[next &- 1]
    }

    /// 0 to count - 1.
    @inline(__always)
    mutating func below(_ count: Int) -> Int { Int(uniform() * Double(count)) }

    @inline(never)
    private mutating func refill() {
        stream.fillUniform(numbers.base, count: numbers.count)
        next = 0
    }
}

/// What a chain on a lattice must know.
struct LatticeSetting {
    let lattice: Lattice
    let coupling: Double
    let field: Double
    let algorithm: Algorithm
    let stop: StopSignal

    /// K J of each kind of bonds.
    func couplings() -> [Double] { lattice.strengths.map { coupling * $0 } }

    /// Metropolis proposes half of the moves where deterministic moves could follow each other in a
    /// circle: at weak coupling, and on small lattices. See `LocalRule`.
    var proposesHalf: Bool {
        let strongest = lattice.strengths.reduce(0) { max($0, abs($1)) }
        return lattice.sites <= 64 || abs(coupling) * strongest < 0.1
    }
}
