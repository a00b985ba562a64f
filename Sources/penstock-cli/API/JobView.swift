import JSON

/// A job as the server shows it.
struct JobView: Sendable {
    let json: JSONValue
    let id: String
    let state: String

    /// - Throws: `CLIError.unexpectedAnswer` when it is none.
    init(_ json: JSONValue) throws(CLIError) {
        self.json = json
        id = try json.required("id")
        state = try json.required("state")
    }

    var isTerminal: Bool { ["succeeded", "failed", "expired", "cancelled"].contains(state) }

    /// What the process's exit code says about the job once it is over.
    var verdict: CommandStatus { state == "succeeded" ? .success : .partlyFailed }

    /// `code: message` of what went wrong.
    var problem: String? {
        guard let error = json.object("error") else { return nil }
        return [error.text("code"), error.text("message")].compactMap { $0 }.joined(separator: ": ")
    }

    /// Why it waits, in words; nil when it does not wait.
    var waitingText: String? {
        guard let reason = json.text("waiting_for") else { return nil }
        guard let position = json.int("position") else { return WaitReason.words(reason) }
        return "\(WaitReason.words(reason)), position \(position.grouped)"
    }

    /// The answer as plain text, where the provider's answer has one.
    var answerText: String? {
        let body = json.path("result", "body")
        let message = body?["choices"]?.elements.first { _ in true }?["message"]
        return message?.text("content")
    }
}

/// The server's reasons for waiting, in words.
enum WaitReason {
    static func words(_ reason: String) -> String {
        switch reason {
        case "tenant_share": "its tenant's turn (tenant_share)"
        case "requests": "the provider's request limit (requests)"
        case "tokens": "the provider's token limit (tokens)"
        case "slots": "a free connection slot (slots)"
        case "provider_blocked": "the provider, which asked for a pause (provider_blocked)"
        case "retry_delay": "the pause before the next try (retry_delay)"
        case "no_worker": "a worker: none is running (no_worker)"
        case "paused": "the queue, which is paused (paused)"
        default: reason
        }
    }
}
