import Numerics

/// An exact comparison of teachers and students that is computed for eight pairs side by side.
protocol LaneDivergence: Sendable {
    /// What one thread needs, allocated once.
    associatedtype Workspace
    /// Groups of eight that are worth waking a thread for.
    var groupsPerTask: Int { get }
    func makeWorkspace() throws(Failure) -> Workspace
    /// Rows `first ..< first + 8`, as far as there are so many.
    func evaluate(_ rows: DivergenceRows, first: Int, _ work: Workspace)
}

/// Arrays of many teachers and students, (count, couplings) each, and of results.
struct DivergenceRows {
    typealias Lanes = SIMD8<Double>

    let count: Int
    let teacher, student: UnsafePointer<Double>
    /// For products with the Hessian, where a comparison has it.
    var directions: UnsafePointer<Double>? = nil
    /// (count) numbers.
    let divergence: UnsafeMutablePointer<Double>
    var gradient: UnsafeMutablePointer<Double>? = nil
    /// (count, couplings of the student), with `directions`.
    var products: UnsafeMutablePointer<Double>? = nil

    /// Rows of an array as lanes; lanes past the end repeat the last row.
    func load(
        _ array: UnsafePointer<Double>, _ first: Int, couplings: Int,
        into lanes: UnsafeMutablePointer<Lanes>
    ) {
        for lane in 0..<8 {
            let row = min(first + lane, count - 1)
            for c in 0..<couplings { lanes[c][lane] = array[row * couplings + c] }
        }
    }

    /// Values and their gradients in the student's couplings; lanes past the end are left out.
    func store(_ values: Lanes, _ slopes: UnsafePointer<Lanes>, _ first: Int, couplings: Int) {
        for lane in 0..<min(8, count - first) {
            let row = first + lane
            divergence[row] = values[lane]
            for c in 0..<couplings { gradient?[row * couplings + c] = slopes[c][lane] }
        }
    }
}
