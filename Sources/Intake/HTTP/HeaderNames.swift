import HTTPTypes

extension HTTPField.Name {
    static let requestID = HTTPField.Name("x-request-id")!
    static let shouldRetry = HTTPField.Name("x-should-retry")!
    static let apiKey = HTTPField.Name("x-api-key")!
    static let retryCount = HTTPField.Name("x-stainless-retry-count")!
    static let anthropicVersion = HTTPField.Name("anthropic-version")!
    /// Anthropic's `x-request-id`.
    static let anthropicRequestID = HTTPField.Name("request-id")!
    static let host = HTTPField.Name("host")!
    static let lastEventID = HTTPField.Name("last-event-id")!
    /// What of a request was left out, one line each.
    static let penstockWarning = HTTPField.Name("penstock-warning")!
    static let idempotencyKey = HTTPField.Name("idempotency-key")!
}
