import HTTPTypes
import Penstock

/// The `Idempotency-Key` of a request.
enum IdempotencyKeyHeader {
    /// - Returns: nil without the header.
    /// - Throws: 400 unless it is 1 to 255 bytes.
    static func read(_ headers: HTTPFields) throws -> String? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw APIError.badRequest("An idempotency key has 1 to 255 bytes.", param: "idempotency_key")
        }
        return key
    }
}
