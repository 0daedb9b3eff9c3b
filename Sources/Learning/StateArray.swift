/// One array of the state of a model that is kept in a file.
public struct StateArray: Sendable, Equatable {
    public let name: String
    public let rows, columns: Int
    public var count: Int { rows * columns }

    public init(name: String, rows: Int, columns: Int) {
        (self.name, self.rows, self.columns) = (name, rows, columns)
    }
}
