/// A column by its name.
struct Column: Sendable {
    let name: String
    /// Text is bound as bytes and cast: GRDB binds a string only up to its first NUL, and callers' text may have one.
    let isText: Bool

    static func text(_ name: String) -> Column { Column(name: name, isText: true) }
    static func integer(_ name: String) -> Column { Column(name: name, isText: false) }
    static func blob(_ name: String) -> Column { Column(name: name, isText: false) }
}

/// Stands in SQL for a text argument; see `Column.isText`.
let textArgument = "CAST(? AS TEXT)"

/// Columns in the order in which they are written and read.
struct Columns: Sendable {
    let columns: [Column]

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// `a, b, c`, for SELECT.
    var names: String { columns.map(\.name).joined(separator: ", ") }

    /// `CAST(? AS TEXT), ?, ?`
    var arguments: String { columns.map { $0.isText ? textArgument : "?" }.joined(separator: ", ") }

    /// `INSERT INTO table (a, b) VALUES (?, ?)`, to be followed by a conflict clause.
    func insert(into table: String) -> String {
        "INSERT INTO \(table) (\(names)) VALUES (\(arguments))"
    }

    /// `a = excluded.a, b = excluded.b`, for DO UPDATE; without the columns of the key.
    func update(besides key: Set<String>) -> String {
        columns.map(\.name).filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    }
}
