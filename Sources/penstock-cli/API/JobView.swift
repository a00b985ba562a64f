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

    /// Why it waits; nil when it does not wait.
    var wait: WaitText? { WaitText(json) }

    /// In how long it will probably start; nil when unknown.
    var expectedStart: Duration? { WaitText.expectedStart(json) }

    /// The answer as plain text, where the provider's answer has one.
    var answerText: String? {
        let body = json.path("result", "body")
        let message = body?["choices"]?.elements.first { _ in true }?["message"]
        return message?.text("content")
    }
}
