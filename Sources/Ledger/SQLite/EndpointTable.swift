import GRDB
import Penstock

/// The table `webhook_endpoints`.
enum EndpointTable {
    static let name = "webhook_endpoints"

    private static let columns = Columns([
        .text("id"), .text("tenant"), .text("name"), .text("url"), .text("event_types"), .text("secret"),
        .text("previous_secret"), .integer("previous_until_ms"), .integer("created_ms"), .integer("updated_ms"),
        .integer("disabled_ms"), .integer("version"), .text("disabled_reason"), .integer("failing_since_ms"),
    ])

    static let select = "SELECT \(columns.names) FROM webhook_endpoints"
    static let insert = columns.insert(into: name) + " ON CONFLICT (id) DO NOTHING"
    private static let update = """
        UPDATE webhook_endpoints SET name = \(textArgument), url = \(textArgument), event_types = \(textArgument),
          secret = \(textArgument), previous_secret = \(textArgument), previous_until_ms = ?, updated_ms = ?,
          disabled_ms = ?, disabled_reason = \(textArgument), failing_since_ms = ?, version = version + 1
        WHERE id = \(textArgument) AND version = ?
        """

    static func values(of endpoint: WebhookEndpoint) -> [DatabaseValue] {
        [
            .text(endpoint.id), .text(endpoint.tenant.text), .text(endpoint.name), .text(endpoint.url),
            .text(types(of: endpoint)), .text(endpoint.secret.revealed), .text(endpoint.previousSecret?.revealed),
            .time(endpoint.previousSecretUntil), .time(endpoint.createdAt), .time(endpoint.updatedAt),
            .time(endpoint.disabledAt), .integer(endpoint.version), .text(endpoint.disabledReason?.rawValue),
            .time(endpoint.failingSince),
        ]
    }

    /// - Returns: false when the endpoint has another version or is gone.
    static func replace(_ endpoint: WebhookEndpoint, in db: Database) throws -> Bool {
        let arguments: [DatabaseValue] = [
            .text(endpoint.name), .text(endpoint.url), .text(types(of: endpoint)), .text(endpoint.secret.revealed),
            .text(endpoint.previousSecret?.revealed), .time(endpoint.previousSecretUntil), .time(endpoint.updatedAt),
            .time(endpoint.disabledAt), .text(endpoint.disabledReason?.rawValue), .time(endpoint.failingSince),
            .text(endpoint.id), .integer(endpoint.version),
        ]
        return try db.change(update, arguments) > 0
    }

    private static func types(of endpoint: WebhookEndpoint) -> String {
        endpoint.eventTypes.map(\.rawValue).sorted().joined(separator: ",")
    }

    static func read(_ row: inout ColumnReader) throws -> WebhookEndpoint {
        let id = try row.text()
        let tenant = TenantID(trusted: try row.text())
        let name = try row.text()
        let url = try row.text()
        let types = try row.word(readTypes)
        let secret = Secret(try row.text())
        let previousSecret = try row.optionalText().map { Secret($0) }
        let previousUntil = try row.optionalTime()
        var endpoint = WebhookEndpoint(
            id: id,
            tenant: tenant,
            name: name,
            url: url,
            eventTypes: types,
            secret: secret,
            createdAt: try row.time()
        )
        endpoint.previousSecret = previousSecret
        endpoint.previousSecretUntil = previousUntil
        endpoint.updatedAt = try row.time()
        endpoint.disabledAt = try row.optionalTime()
        endpoint.version = try row.int64()
        endpoint.disabledReason = try row.optionalText().flatMap(WebhookEndpoint.DisabledReason.init(rawValue:))
        endpoint.failingSince = try row.optionalTime()
        return endpoint
    }

    /// A type that this version does not know, written by a newer one, cannot occur here.
    private static func readTypes(_ text: String) -> Set<WebhookEventType> {
        Set(text.split(separator: ",").compactMap { WebhookEventType(rawValue: String($0)) })
    }
}
