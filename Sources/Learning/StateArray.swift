import Numerics

/// One array of a model's state: its name and shape, how it is read, and which values it may have.
public struct StateArray {
    private typealias Values = UnsafeBufferPointer<Double>

    public let name: String
    public let rows, columns: Int
    public var count: Int { rows * columns }
    /// Most rows that may be written where their number is free; otherwise nil.
    private let mostRows: Int?
    private let copy: (UnsafeMutablePointer<Double>) -> Void
    private let replace: (Values) throws(Failure) -> Void

    private init(
        _ name: String, _ rows: Int, _ columns: Int, mostRows: Int? = nil,
        copy: @escaping (UnsafeMutablePointer<Double>) -> Void,
        replace: @escaping (Values) throws(Failure) -> Void
    ) {
        (self.name, self.rows, self.columns, self.mostRows) = (name, rows, columns, mostRows)
        (self.copy, self.replace) = (copy, replace)
    }

    /// - Parameter values: `count` numbers.
    public func read(into values: UnsafeMutablePointer<Double>) { copy(values) }

    /// - Throws: `invalidArgument` when the count is not the array's, or a value is not finite or
    ///   not possible; the model is then unchanged.
    public func write(_ values: UnsafePointer<Double>, count given: Int) throws(Failure) {
        let values = Values(start: values, count: given)
        let fits =
            mostRows.map { values.count % columns == 0 && values.count / columns <= $0 } ?? (values.count == count)
        guard fits else { throw .invalidArgument("array \"\(name)\" has \(count) values, not \(values.count)") }
        for (i, value) in values.enumerated() where !value.isFinite {
            throw .invalidArgument("array \"\(name)\" must be finite, value \(i) is \(value)")
        }
        try replace(values)
    }
}

// MARK: - Kinds of arrays

extension StateArray {
    /// Finite numbers that live in a buffer.
    ///
    /// - Parameters:
    ///   - offset: of the first of rows x columns numbers.
    ///   - nonNegative: whether a number below zero is refused.
    public static func numbers(
        _ name: String, rows: Int, columns: Int = 1, in buffer: Buffer<Double>, offset: Int = 0,
        nonNegative: Bool = false
    ) -> StateArray {
        StateArray(
            name, rows, columns, copy: { $0.update(from: buffer.base + offset, count: rows * columns) },
            replace: { (values) throws(Failure) in
                for (i, value) in values.enumerated() where nonNegative && value < 0 {
                    throw .invalidArgument("array \"\(name)\" must not be negative, value \(i) is \(value)")
                }
                (buffer.base + offset).update(from: values.baseAddress!, count: values.count)
            })
    }

    /// Both moments of an optimiser whose parameters have this shape.
    public static func moments(_ optimiser: Adam, rows: Int, columns: Int = 1) -> [StateArray] {
        [
            numbers("adam.first_moment", rows: rows, columns: columns, in: optimiser.firstMoment),
            numbers(
                "adam.second_moment", rows: rows, columns: columns, in: optimiser.secondMoment, nonNegative: true),
        ]
    }

    /// A whole number from 0 to 2^50, such as the steps done.
    public static func whole(_ name: String, _ value: Int, set: @escaping (Int) -> Void) -> StateArray {
        StateArray(
            name, 1, 1, copy: { $0[0] = Double(value) },
            replace: { (values) throws(Failure) in
                guard let number = Int(exactly: values[0]), (0...1 << 50).contains(number) else {
                    throw .invalidArgument(
                        "array \"\(name)\" must be a whole number from 0 to 2^50, not \(values[0])")
                }
                set(number)
            })
    }

    /// A table whose number of rows may differ from the model's.
    public static func table(
        _ name: String, _ values: [Double], columns: Int, mostRows: Int, set: @escaping ([Double]) -> Void
    ) -> StateArray {
        StateArray(
            name, values.count / columns, columns, mostRows: mostRows,
            copy: { copy in for (i, value) in values.enumerated() { copy[i] = value } },
            replace: { (values) throws(Failure) in set(Array(values)) })
    }

    /// Numbers that the configuration fixes: writing them only checks that they agree.
    public static func fixed(_ name: String, _ values: [Double], rows: Int, columns: Int) -> StateArray {
        StateArray(
            name, rows, columns, copy: { copy in for (i, value) in values.enumerated() { copy[i] = value } },
            replace: { (given) throws(Failure) in
                for (i, value) in values.enumerated() where given[i] != value {
                    throw .invalidArgument(
                        "array \"\(name)\" must be the model's: value \(i) is \(given[i]), not \(value)")
                }
            })
    }
}
