import Glibc
import HTTPTypes
import Hummingbird
import Penstock

/// Makes HTTP answers that look like Anthropic's.
enum MessagesResponse {
    static func error(_ error: MessagesError, retryAfter: Duration?, _ verdict: Verdict) -> Response {
        var headers = headers(verdict)
        headers[.shouldRetry] = error.shouldRetry ? "true" : "false"
        if let wait = retryAfter {
            headers[.retryAfter] = "\((wait.wholeMillisecondsRoundedUp + 999) / 1000)"
        }
        return ProviderResponse.json(
            error.body(requestID: verdict.requestID),
            status: HTTPResponse.Status(code: error.status),
            headers: headers
        )
    }

    /// The headers that every answer to a call has.
    static func headers(_ verdict: Verdict) -> HTTPFields {
        var headers = HTTPFields()
        headers[HTTPField.Name("request-id")!] = verdict.requestID
        for kind in RateLimitKind.allCases {
            guard let limit = verdict.limits?[kind] else { continue }
            let prefix = "anthropic-ratelimit-\(kind.inHeaders)"
            headers[HTTPField.Name("\(prefix)-limit")!] = "\(limit.limit)"
            headers[HTTPField.Name("\(prefix)-remaining")!] = "\(limit.remaining)"
            headers[HTTPField.Name("\(prefix)-reset")!] = moment(
                (verdict.time.adding(limit.reset).milliseconds + 999) / 1000
            )
        }
        return headers
    }

    /// `2026-06-08T15:57:49Z`
    private static func moment(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension HTTPField.Name {
    fileprivate static let shouldRetry = Self("x-should-retry")!
}

extension RateLimitKind {
    fileprivate var inHeaders: String {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .inputTokens: "input-tokens"
        case .outputTokens: "output-tokens"
        }
    }
}
