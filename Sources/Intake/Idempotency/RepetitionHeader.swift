import HTTPTypes

/// `x-stainless-retry-count`: how often an SDK has sent this request before. They send no idempotency key.
enum RepetitionHeader {
    /// - Returns: nil when no SDK says anything.
    static func read(_ headers: HTTPFields) -> Int? {
        headers[.retryCount].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
