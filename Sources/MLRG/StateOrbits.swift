import Numerics

/// The states of four corner spins up to symmetry: one of each orbit under the internal group and the
/// operations of C4v that leave teacher and student invariant.
package struct StateOrbits {
    /// Smallest state of each orbit, corner 0 slowest, and how many states it stands for.
    package private(set) var representatives: [Int32] = []
    package private(set) var multiplicities: [Int32] = []

    /// Most states of a corner whose 6.6e7 arrangements on four corners are enumerated.
    private static let mostStates = 90

    /// - Throws: `outOfMemory` for spins of too many states.
    static func check(_ symmetry: InternalSymmetry, _ places: SpinPlaces) throws(Failure) {
        let n = SpinStates(q: symmetry.q, components: places.count).count
        guard n <= mostStates else {
            throw .outOfMemory(
                "spins \"\(places.name)\" of \(symmetry.q) states per component have \(n) states, and four corners "
                    + "\(Double(n * n) * Double(n * n)): those of at most \(mostStates) states are enumerated")
        }
    }

    /// - Throws: `outOfMemory`, `interrupted`.
    package init(
        _ symmetry: InternalSymmetry, _ places: SpinPlaces, frame: Frame, progress: Progress = .none
    ) throws(Failure) {
        try Self.check(symmetry, places)
        let spins = SpinStates(q: symmetry.q, components: places.count)
        let n = spins.count
        let (near, far) = (n * n, n * n * n)
        // Images of a state are sums over the four corners.
        var images = Self.moves(symmetry, places, spins, frame: frame)
            .map { $0.map { corner in corner.map(Int32.init) } }
        images = images.filter { image in
            image != (0..<4).map { k in (0..<n).map { Int32($0 * [far, near, n, 1][k]) } }
        }
        let isCounted = try Buffer<UInt8>(count: near * near)
        var stack: [Int] = []
        for state in 0..<near * near {
            if state % (1 << 16) == 0 { try progress.check("not all states were counted") }
            guard isCounted.base[state] == 0 else { continue }
            isCounted.base[state] = 1
            var size: Int32 = 0
            stack.append(state)
            while let next = stack.popLast() {
                size += 1
                for image in images {
                    let moved = Int(
                        image[0][next / far] + image[1][next / near % n] + image[2][next / n % n] + image[3][next % n])
                    if isCounted.base[moved] == 0 {
                        isCounted.base[moved] = 1
                        stack.append(moved)
                    }
                }
            }
            representatives.append(Int32(state))
            multiplicities.append(size)
        }
    }

    /// What each generator adds to the index of the image: (corner, state of that corner).
    private static func moves(
        _ symmetry: InternalSymmetry, _ places: SpinPlaces, _ spins: SpinStates, frame: Frame
    ) -> [[[Int]]] {
        let n = spins.count
        let weight = [n * n * n, n * n, n, 1]
        func move(_ target: [Int], _ states: [Int]) -> [[Int]] {
            target.map { corner in states.map { $0 * weight[corner] } }
        }
        let stay = Array(0..<places.count)
        var result = symmetry.generators.map { g in
            move([0, 1, 2, 3], spins.images(places: stay, names: stay.map { _ in g }))
        }
        result.append(move([1, 2, 3, 0], spins.images(places: places.rotation)))
        // In the published frame the student lacks the mirrors, unless nothing moves.
        if frame == .consistent || places.isCentral {
            result.append(move([3, 2, 1, 0], spins.images(places: places.mirror())))
        }
        return result
    }
}
