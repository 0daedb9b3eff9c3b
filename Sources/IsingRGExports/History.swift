import CIsingRG
import Numerics

/// Where a call keeps the history of one model's training: a row for each step, or epoch, and how
/// many are filled.
struct HistoryRows {
    private let rows: UnsafeMutablePointer<Double>
    private let done: UnsafeMutablePointer<UInt64>
    private let columns: Int

    /// - Parameters:
    ///   - count: elements of `rows` as the caller gives them.
    ///   - steps: rows that the training fills; called `unit` in messages.
    /// - Throws: `invalidArgument` unless count = steps x columns.
    init(
        _ rows: UnsafeMutablePointer<Double>?, count: Int64, _ done: UnsafeMutablePointer<UInt64>?,
        steps: Int, columns: Int, unit: String = "steps"
    ) throws(Failure) {
        self.done = try required(done, "done")
        self.done.pointee = 0
        let (needed, overflow) = steps.multipliedReportingOverflow(by: columns)
        guard !overflow, count == Int64(needed) else {
            throw .invalidArgument("history must have \(unit) x \(columns) elements, not \(count)")
        }
        self.rows = try required(rows, "history")
        self.columns = columns
    }

    /// Fills the next row.
    /// - Parameter values: of the columns, numbered as in the header.
    func append(_ values: KeyValuePairs<Int, Double>) {
        let row = rows + Int(done.pointee) * columns
        for (column, value) in values { row[column] = value }
        done.pointee += 1
    }
}
