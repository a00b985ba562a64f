import GRDB
import Penstock

/// The table `deliveries`. The index `deliveries_due` holds only what is pending, by destination and due time.
enum DeliveryTable {
    static let name = "deliveries"

    private static let columns = Columns(
        [.text("id"), .text("tenant"), .text("type"), .text("endpoint")] + TargetColumns.columns + [
            .text("destination"), .blob("body"), .integer("created_ms"), .text("state"), .integer("attempts"),
            .integer("due_ms"), .integer("last_attempt_ms"), .integer("last_status"), .text("last_error"),
            .text("lease"),
        ]
    )

    static let select = "SELECT \(columns.names) FROM deliveries"
    static let insert = columns.insert(into: name) + " ON CONFLICT (id) DO NOTHING"
    static let due = """
        \(select) WHERE state = 'pending' AND destination = \(textArgument) AND due_ms <= ? ORDER BY due_ms LIMIT ?
        """
    static let lease = "UPDATE deliveries SET lease = \(textArgument), due_ms = ? WHERE id = \(textArgument)"
    static let finish = """
        UPDATE deliveries SET state = \(textArgument), attempts = ?, due_ms = ?, last_attempt_ms = ?, last_status = ?,
          last_error = \(textArgument), lease = NULL
        WHERE id = \(textArgument) AND state = 'pending' AND lease = \(textArgument)
        """
    static let replay = """
        UPDATE deliveries SET state = 'pending', attempts = 0, due_ms = ?
        WHERE id = \(textArgument) AND lease IS NULL
        """
    static let fail = """
        UPDATE deliveries SET state = 'failed', last_error = \(textArgument), lease = NULL WHERE id IN (
          SELECT id FROM deliveries WHERE state = 'pending' AND destination = \(textArgument) LIMIT ?)
        """
    /// Goes from destination to destination over the index, past each one's deliveries instead of through them.
    static let dueDestinations = """
        WITH RECURSIVE waiting (destination) AS (
          SELECT MIN(destination) FROM deliveries WHERE state = 'pending' AND destination > \(textArgument)
          UNION ALL
          SELECT (SELECT MIN(destination) FROM deliveries WHERE state = 'pending' AND destination > waiting.destination)
          FROM waiting WHERE waiting.destination IS NOT NULL
        )
        SELECT destination FROM waiting WHERE destination IS NOT NULL AND (
          SELECT MIN(due_ms) FROM deliveries WHERE state = 'pending' AND destination = waiting.destination) <= ? LIMIT ?
        """
    static let backlog = """
        SELECT COUNT(*), MIN(due_ms) FROM deliveries INDEXED BY deliveries_due WHERE state = 'pending' AND due_ms <= ?
        """

    static func values(of delivery: WebhookDelivery) -> [DatabaseValue] {
        let receiver: [DatabaseValue] =
            [.text(delivery.endpoint)] + TargetColumns.values(of: delivery.target) + [.text(delivery.destination)]
        return [.text(delivery.id), .text(delivery.tenant.text), .text(delivery.type.rawValue)] + receiver + [
            .blob(delivery.body), .time(delivery.createdAt), .text(delivery.state.rawValue),
            .integer(delivery.attempts), .time(delivery.dueAt), .time(delivery.lastAttemptAt),
            .integer(delivery.lastStatus), .text(delivery.lastError), .text(delivery.leaseToken),
        ]
    }

    /// For `finish`.
    static func outcome(of delivery: WebhookDelivery) -> [DatabaseValue] {
        [
            .text(delivery.state.rawValue), .integer(delivery.attempts), .time(delivery.dueAt),
            .time(delivery.lastAttemptAt), .integer(delivery.lastStatus), .text(delivery.lastError),
            .text(delivery.id), .text(delivery.leaseToken),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> WebhookDelivery {
        let id = try row.text()
        let tenant = TenantID(trusted: try row.text())
        let type: WebhookEventType = try row.word()
        let endpoint = try row.optionalText()
        let target = try TargetColumns.read(&row)
        let destination = try row.text()
        let body = try row.bytes()
        let createdAt = try row.time()
        let state: WebhookDelivery.State = try row.word()
        let attempts = try row.int()
        var delivery = WebhookDelivery(
            id: id,
            tenant: tenant,
            type: type,
            endpoint: endpoint,
            target: target,
            destination: destination,
            body: body,
            createdAt: createdAt,
            dueAt: try row.time()
        )
        delivery.state = state
        delivery.attempts = attempts
        delivery.lastAttemptAt = try row.optionalTime()
        delivery.lastStatus = try row.optionalInt()
        delivery.lastError = try row.optionalText()
        delivery.leaseToken = try row.optionalText()
        return delivery
    }
}
