import Learning
import Numerics

/// The loss of batches of configurations and its gradient, with all the memory that takes.
///
/// A batch is cut into slots, whatever the number of threads, and a slot runs through its
/// configurations a few at a time; sums over slots are taken in order. Equal arguments give equal
/// bits on any number of threads.
package final class Objective<Scalar: RowScalar> {
    private let shape: VAEShape
    private let progress: Progress
    private let packed: Buffer<Scalar>
    private let table: PatternTable<Scalar>
    private let slots: [LossWorkspace<Scalar>]
    /// Gradients of the table's stripes beyond the slots.
    private let spare: [Buffer<Scalar>]

    private static func slotCount(_ shape: VAEShape, batch: Int) -> Int {
        let capacity = Encoder<Scalar>.capacity(size: shape.size)
        return min(64, (batch + capacity - 1) / capacity)
    }

    /// - Parameters:
    ///   - batch: the most configurations that will be evaluated at once, at least 1.
    ///   - progress: of all evaluations.
    package init(_ shape: VAEShape, batch: Int, trains: Bool, progress: Progress = .none) throws(Failure) {
        (self.shape, self.progress) = (shape, progress)
        packed = try Buffer(count: shape.packedCount)
        table = try PatternTable(shape, trains: trains)
        let capacity = Encoder<Scalar>.capacity(size: shape.size)
        var slots: [LossWorkspace<Scalar>] = []
        for _ in 0..<Self.slotCount(shape, batch: batch) {
            slots.append(try LossWorkspace(shape, capacity: capacity, trains: trains, progress: progress))
        }
        self.slots = slots
        var spare: [Buffer<Scalar>] = []
        for _ in 0..<(trains ? max(0, PatternTable<Scalar>.stripes - slots.count) : 0) {
            spare.append(try Buffer(count: shape.gradientCount))
        }
        self.spare = spare
    }

    /// Bytes of such an objective.
    static func bytes(_ shape: VAEShape, batch: Int, trains: Bool) -> Int {
        let capacity = Encoder<Scalar>.capacity(size: shape.size)
        let each = LossWorkspace<Scalar>.bytes(shape, capacity: capacity, trains: trains)
        let spare = trains ? PatternTable<Scalar>.stripes * shape.gradientCount : 0
        return (shape.packedCount + spare) * MemoryLayout<Scalar>.stride + slotCount(shape, batch: batch) * each
    }

    /// Sums over `count` configurations of the terms of Eq. 1 and, where it is asked for, the gradient
    /// of their mean. Counts configurations; once the progress is stopped the result is undefined.
    ///
    /// - Parameters:
    ///   - spins: (any, L, L); only their signs are looked at.
    ///   - rows: which `count` of them, or nil for the first ones.
    ///   - seed, step: with its place among the `count` the key of a configuration's noise.
    ///   - gradient: (parameters) numbers, or nil.
    @_specialize(where Scalar == Double)
    @_specialize(where Scalar == Float)
    package func evaluate(
        _ parameters: UnsafePointer<Double>, _ spins: UnsafePointer<Int8>, rows: UnsafePointer<UInt32>?, count: Int,
        _ terms: LossTerms, seed: UInt64, step: Int, gradient: UnsafeMutablePointer<Double>?
    ) -> LossParts {
        let sites = shape.size * shape.size
        shape.pack(parameters, into: packed.base, progress)
        if progress.isStopped { return LossParts() }
        table.update(packed.base)
        parallelFor(slots.count, progress: progress) { index in
            let slot = slots[index]
            slot.clear()
            for first in stride(from: index * slot.capacity, to: count, by: slots.count * slot.capacity)
            where !progress.isStopped {
                let size = min(slot.capacity, count - first)
                slot.add(
                    packed.base, table, terms, first: first, count: size, batch: count, seed: seed, step: step
                ) { k in spins + Int(rows.map { $0[first + k] } ?? UInt32(first + k)) * sites }
                progress.advance(by: size)
                progress.poll()
            }
        }
        if let gradient, !progress.isStopped { collect(into: gradient) }
        return slots.reduce(LossParts()) { $0 + $1.sum }
    }

    private func collect(into gradient: UnsafeMutablePointer<Double>) {
        for buffer in spare { buffer.base.update(repeating: 0, count: buffer.count) }
        let gradients = slots.compactMap { $0.gradient?.base } + spare.map(\.base)
        table.backward(packed.base, slots.compactMap { $0.tableGradient?.base }, to: gradients)
        shape.unpack(gradients, into: gradient, progress)
    }
}
