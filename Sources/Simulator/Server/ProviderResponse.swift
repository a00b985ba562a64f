import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// Makes HTTP answers that look like OpenAI's.
enum ProviderResponse {
    static func json(_ body: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func error(_ error: ProviderError, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if let wait = error.retryAfter {
            let milliseconds = wait.wholeMillisecondsRoundedUp
            headers[.retryAfter] = "\((milliseconds + 999) / 1000)"
            headers[.retryAfterMilliseconds] = "\(milliseconds)"
        }
        return json(error.body, status: HTTPResponse.Status(code: error.status), headers: headers)
    }

    /// The headers that every answer to a call has.
    static func headers(_ verdict: Verdict) -> HTTPFields {
        var headers = HTTPFields()
        headers[.requestID] = verdict.requestID
        headers[.processingMilliseconds] = "\(verdict.latency.wholeMilliseconds)"
        headers[.openAIVersion] = "2020-10-01"
        if let requests = verdict.limits?[.requests] {
            headers[.limitRequests] = "\(requests.limit)"
            headers[.remainingRequests] = "\(requests.remaining)"
            headers[.resetRequests] = GoDuration.text(requests.reset)
        }
        if let tokens = verdict.limits?[.tokens] {
            headers[.limitTokens] = "\(tokens.limit)"
            headers[.remainingTokens] = "\(tokens.remaining)"
            headers[.resetTokens] = GoDuration.text(tokens.reset)
        }
        return headers
    }
}

extension HTTPField.Name {
    fileprivate static let requestID = Self("x-request-id")!
    fileprivate static let processingMilliseconds = Self("openai-processing-ms")!
    fileprivate static let openAIVersion = Self("openai-version")!
    fileprivate static let retryAfterMilliseconds = Self("retry-after-ms")!
    fileprivate static let limitRequests = Self("x-ratelimit-limit-requests")!
    fileprivate static let remainingRequests = Self("x-ratelimit-remaining-requests")!
    fileprivate static let resetRequests = Self("x-ratelimit-reset-requests")!
    fileprivate static let limitTokens = Self("x-ratelimit-limit-tokens")!
    fileprivate static let remainingTokens = Self("x-ratelimit-remaining-tokens")!
    fileprivate static let resetTokens = Self("x-ratelimit-reset-tokens")!
}
