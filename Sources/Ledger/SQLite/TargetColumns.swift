import GRDB
import Penstock

/// Where a caller of one batch or job wants to be told, as two columns; both NULL when there is no such place.
enum TargetColumns {
    static let columns: [Column] = [.text("webhook_url"), .text("webhook_secret")]

    static func values(of target: WebhookTarget?) -> [DatabaseValue] {
        [.text(target?.url), .text(target?.secret.revealed)]
    }

    static func read(_ row: inout ColumnReader) throws -> WebhookTarget? {
        let url = try row.optionalText()
        let secret = try row.optionalText()
        guard let url else { return nil }
        guard let secret else { throw row.damage }
        return WebhookTarget(url: url, secret: Secret(secret))
    }
}
