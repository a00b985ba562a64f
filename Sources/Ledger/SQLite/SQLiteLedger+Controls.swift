import GRDB
package import Penstock

extension SQLiteLedger {
    /// By kind and name.
    package func pauses() async throws -> [Pause] {
        try await records.read { db in
            try db.all(PauseTable.select, [], from: PauseTable.name, PauseTable.read)
        }
    }

    package func put(_ pause: Pause) async throws {
        try await records.write { db in try db.change(PauseTable.put, PauseTable.values(of: pause)) }
    }

    package func removePause(of subject: PauseSubject) async throws -> Bool {
        try await records.write { db in
            try db.change(PauseTable.remove, [.text(subject.kind.rawValue), .text(subject.name)]) > 0
        }
    }
}

/// The table `pauses`.
private enum PauseTable {
    static let name = "pauses"

    private static let columns = Columns([
        .text("kind"), .text("name"), .integer("since_ms"), .text("paused_by"), .text("reason"),
    ])

    static let select = "SELECT \(columns.names) FROM pauses ORDER BY kind, name"
    static let put =
        columns.insert(into: name)
        + " ON CONFLICT (kind, name) DO UPDATE SET \(columns.update(besides: ["kind", "name"]))"
    static let remove = "DELETE FROM pauses WHERE kind = \(textArgument) AND name = \(textArgument)"

    static func values(of pause: Pause) -> [DatabaseValue] {
        [
            .text(pause.subject.kind.rawValue), .text(pause.subject.name), .time(pause.since), .text(pause.by),
            .text(pause.reason),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> Pause {
        let kind: PauseKind = try row.word()
        let subject = PauseSubject(kind, try row.text())
        let since = try row.time()
        let by = try row.text()
        return Pause(subject: subject, since: since, by: by, reason: try row.optionalText())
    }
}
