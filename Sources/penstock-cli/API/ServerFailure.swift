import Fetch
import JSON

/// An error answer: OpenAI's envelope, as far as it is there.
struct ServerFailure: Sendable, Equatable {
    let status: Int
    let message: String?
    let code: String?
    let param: String?
    let requestID: String?
    /// Where the API key that was used came from.
    let keyOrigin: String
    /// When to come back, as the server says it.
    var retryAfter: Duration?

    /// The server's message, how to help, and what support needs to find the request.
    var text: String {
        var lines = [(message ?? "the server answered HTTP \(status)").printable]
        if let hint { lines.append(hint) }
        lines.append("(\(facts.joined(separator: ", ").printable))")
        return lines.joined(separator: "\n")
    }

    private var hint: String? {
        switch (status, code) {
        case (401, _): "The API key came from \(keyOrigin). Check it, or set PENSTOCK_API_KEY or --api-key-file."
        case (403, _): "The API key (from \(keyOrigin)) does not allow this."
        case (410, "lost_with_queue"): "The queue that held the job was lost; submit it again."
        case (429, "deadline_unmeetable"):
            "Give it a later deadline, queue it anyway (--queue-anyway)\(comeBack.map { ", or \($0)" } ?? "")."
        case (429, _), (503, _): comeBack.map { "It is not taken in now; \($0)." }
        case (409, "idempotency_conflict"): "The idempotency key was used for another submission; take a new one."
        default: nil
        }
    }

    private var comeBack: String? { retryAfter.map { "come back in \(TimeText.span($0))" } }

    private var facts: [String] {
        var facts = ["HTTP \(status)"]
        if let code { facts.append(code) }
        if let param { facts.append("param \(param)") }
        if let requestID { facts.append("request \(requestID)") }
        return facts
    }
}

extension ServerFailure {
    init(_ response: FetchResponse, keyOrigin: String) {
        self.init(status: response.status, headers: response.headers, body: response.body, keyOrigin: keyOrigin)
    }

    init(status: Int, headers: FetchHeaders, body: [UInt8], keyOrigin: String) {
        let error = (try? JSONDocument(parsing: body))?.root["error"]
        self.status = status
        message = error?["message"]?.string
        code = error?["code"]?.string
        param = error?["param"]?.string
        requestID = headers["x-request-id"]
        self.keyOrigin = keyOrigin
        retryAfter = headers["retry-after"].flatMap { Int($0) }.flatMap { $0 > 0 ? .seconds($0) : nil }
    }
}
