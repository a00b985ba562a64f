import JSON
import Penstock

/// How one request of a message batch ended, as a line of its results.
enum MessageResultLine {
    static func write(_ result: BatchResult, to writer: inout JSONWriter) {
        writer.onOneLine { writer in
            writer.object { writer in
                writer.member("custom_id", result.line.customID)
                writer.key("result")
                writer.object { writer in writeOutcome(result, to: &writer) }
            }
        }
    }

    private static func writeOutcome(_ result: BatchResult, to writer: inout JSONWriter) {
        switch result.state {
        case .succeeded:
            writer.member("type", "succeeded")
            writer.key("message")
            if let response = result.response { writer.raw(response.body) } else { writer.null() }
        case .failed:
            writer.member("type", "errored")
            writer.key("error")
            writeError(result, to: &writer)
        case .cancelled: writer.member("type", "canceled")
        case .expired: writer.member("type", "expired")
        }
    }

    /// The provider's own envelope where it sent one.
    private static func writeError(_ result: BatchResult, to writer: inout JSONWriter) {
        let envelope = result.response.flatMap { try? JSONDocument(parsing: $0.body).root }
        let error = envelope.flatMap { $0["type"]?.string == "error" ? $0["error"] : nil }
        writer.object { writer in
            writer.member("type", "error")
            writer.key("error")
            writer.object { writer in
                writer.member("type", error?["type"]?.string ?? type(of: result.error))
                writer.member("message", error?["message"]?.string ?? result.error?.message ?? "The request failed.")
            }
            writer.member("request_id", result.response?.requestID)
        }
    }

    private static func type(of error: JobError?) -> String {
        switch error?.errorClass {
        case .callerInvalidRequest, .callerContextTooLong, .callerContentFiltered: "invalid_request_error"
        case .callerModelUnknown: "not_found_error"
        case .providerRateLimited: "rate_limit_error"
        case .providerOverloaded: "overloaded_error"
        case .providerTimeout: "timeout_error"
        default: "api_error"
        }
    }
}
