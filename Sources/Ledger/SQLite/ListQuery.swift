import GRDB
import Penstock

/// SQL for one page of a listing in the order of creation.
struct ListQuery: Sendable {
    private(set) var sql: String
    private(set) var arguments: [DatabaseValue]

    init(_ sql: String, _ arguments: DatabaseValue...) {
        self.sql = sql
        self.arguments = arguments
    }

    /// Adds a condition.
    mutating func add(_ condition: String, _ arguments: DatabaseValue...) {
        sql += " AND \(condition)"
        self.arguments += arguments
    }

    /// Goes on after the row `cursor`. A cursor without a row (deleted since, or a job that still waits) stands where
    /// its id says it was made; an id that does not say so is past the end.
    mutating func add(cursor: String, in table: String, newestFirst: Bool) {
        let start = "COALESCE((SELECT created_ms FROM \(table) WHERE id = \(textArgument)), ?)"
        add(
            "(created_ms, id) \(newestFirst ? "<" : ">") (\(start), \(textArgument))",
            .text(cursor),
            .time(IDGenerator.mintingTime(of: cursor)),
            .text(cursor)
        )
    }

    mutating func finish(newestFirst: Bool, limit: Int) {
        let direction = newestFirst ? "DESC" : "ASC"
        sql += " ORDER BY created_ms \(direction), id \(direction) LIMIT ?"
        arguments.append(.integer(max(0, limit)))
    }
}
