import JSON
import Penstock

/// A job as OpenAI's API shows a response: whole at every moment, because SDKs type it.
enum ResponseObject {
    /// What a response repeats of its request, and what stands there where that says nothing.
    private static let echoed = [
        ("instructions", "null"), ("max_output_tokens", "null"), ("max_tool_calls", "null"),
        ("parallel_tool_calls", "true"), ("previous_response_id", "null"), ("prompt", "null"),
        ("prompt_cache_key", "null"), ("reasoning", "null"), ("safety_identifier", "null"), ("service_tier", "null"),
        ("store", "true"), ("temperature", "null"), ("text", #"{"format":{"type":"text"}}"#),
        ("tool_choice", #""auto""#), ("tools", "[]"), ("top_logprobs", "null"), ("top_p", "null"),
        ("truncation", #""disabled""#), ("user", "null"),
    ]

    /// - Parameter request: the request's body; nil once it is not kept any more.
    static func body(_ job: JobView, request: [UInt8]?) -> [UInt8] {
        if job.state == TerminalState.succeeded.rawValue, let body = job.response?.body,
            let answer = answer(body, of: job)
        {
            return answer
        }
        var writer = JSONWriter()
        write(job, request.flatMap { try? JSONDocument(parsing: $0).root }, to: &writer)
        return writer.bytes
    }

    /// The provider's own response, under our name and with the time when it was asked for. Nil for one that is none, as
    /// from a server that knows no better.
    private static func answer(_ body: [UInt8], of job: JobView) -> [UInt8]? {
        guard (try? JSONDocument(parsing: body))?.root["object"]?.string == "response" else { return nil }
        var name = JSONWriter()
        name.string(ResponseID.text(of: job.id))
        let created = Array("\(job.createdAt.seconds)".utf8)
        let ours = [("id", name.bytes), ("created_at", created), ("background", Array("true".utf8))]
        return try? ours.reduce(body) { body, member in
            try JSONDocument(parsing: body).settingMember(member.0, to: member.1)
        }
    }

    private static func write(_ job: JobView, _ request: JSONValue?, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", ResponseID.text(of: job.id))
            writer.member("object", "response")
            writer.member("created_at", job.createdAt.seconds)
            writer.member("status", status(of: job))
            writer.member("background", true)
            writer.member("completed_at", nil as Int?)
            writeError(job, to: &writer)
            writer.key("incomplete_details")
            writer.null()
            writer.member("model", job.model)
            writer.key("output")
            writer.array { _ in }
            writer.key("usage")
            writer.null()
            writer.key("metadata")
            if job.metadata.isEmpty { writer.object { _ in } } else { writer.raw(job.metadata) }
            for (name, standard) in echoed {
                writer.key(name)
                if let value = request?[name] { writer.raw(value.rawBytes) } else { writer.raw(standard.utf8) }
            }
        }
    }

    private static func status(of job: JobView) -> String {
        switch TerminalState(rawValue: job.state) {
        case .cancelled: "cancelled"
        case .failed, .expired: "failed"
        case .succeeded: "completed"
        case nil: job.state == JobStateFilter.running.rawValue || job.attempts > 0 ? "in_progress" : "queued"
        }
    }

    /// OpenAI's own codes are few; what an SDK cannot name it passes on as a text.
    private static func writeError(_ job: JobView, to writer: inout JSONWriter) {
        writer.key("error")
        guard let error = job.error, status(of: job) == "failed" else { return writer.null() }
        writer.object { writer in
            writer.member("code", code(of: error.errorClass))
            writer.member("message", error.message)
        }
    }

    private static func code(of errorClass: ErrorClass) -> String {
        switch errorClass {
        case .providerRateLimited: "rate_limit_exceeded"
        case .callerInvalidRequest, .callerContextTooLong: "invalid_prompt"
        case .callerDeadlineExceeded: errorClass.rawValue
        default: "server_error"
        }
    }
}
