import GRDB
import Penstock

/// The table `events`: what ended and is not dispatched yet, in the order of time. One narrow row per single job, so it
/// has no index but its key, which grows at its end.
enum EventTable {
    static let name = "events"

    private static let columns = Columns(
        [.integer("created_ms"), .text("subject"), .text("type"), .text("tenant")] + TargetColumns.columns
    )

    static let oldest = "SELECT \(columns.names) FROM events ORDER BY created_ms, subject LIMIT ?"
    private static let insert = columns.insert(into: name) + " ON CONFLICT DO NOTHING"
    private static let insertOfBatch = """
        INSERT INTO events (\(columns.names)) SELECT \(columns.arguments) WHERE EXISTS (
          SELECT 1 FROM batches WHERE id = \(textArgument) AND version = ? AND \(SQLiteLedger.unfinished)
        ) ON CONFLICT DO NOTHING
        """
    private static let delete = "DELETE FROM events WHERE created_ms = ? AND subject = \(textArgument)"

    static func put(_ event: WebhookEvent, in db: Database) throws {
        try db.change(insert, values(of: event))
    }

    /// Puts the event of a batch that has this version and goes on.
    static func put(_ event: WebhookEvent, ifUnfinished version: Int64, in db: Database) throws {
        try db.change(insertOfBatch, values(of: event) + [.text(event.subject), .integer(version)])
    }

    static func remove(_ event: WebhookEvent, in db: Database) throws {
        try db.change(delete, [.time(event.createdAt), .text(event.subject)])
    }

    private static func values(of event: WebhookEvent) -> [DatabaseValue] {
        [.time(event.createdAt), .text(event.subject), .text(event.type.rawValue), .text(event.tenant.text)]
            + TargetColumns.values(of: event.target)
    }

    static func read(_ row: inout ColumnReader) throws -> WebhookEvent {
        let createdAt = try row.time()
        let subject = try row.text()
        let type: WebhookEventType = try row.word()
        let tenant = TenantID(trusted: try row.text())
        return WebhookEvent(
            type: type,
            subject: subject,
            tenant: tenant,
            createdAt: createdAt,
            target: try TargetColumns.read(&row)
        )
    }
}
