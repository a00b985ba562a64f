import JSON
import Penstock

@testable import Simulator

/// A chat request with this prompt and further members, such as `"max_tokens":5`.
func chat(_ prompt: String, _ more: String = "") -> [UInt8] {
    let rest = more.isEmpty ? "" : "," + more
    return Array(#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"\#(prompt)"}]\#(rest)}"#.utf8)
}

func request(_ body: [UInt8], _ endpoint: SimulatedAPI = .chatCompletions) throws -> SimulatedRequest {
    try SimulatedRequest(body, dice: Dice(hashing: body), endpoint: endpoint)
}

/// A call with this body as `CallReader` would hand it over.
func call(_ body: [UInt8], key: String = "k") throws -> ReceivedCall {
    let request = try request(body)
    let answer = Answer(to: request, created: Timestamp(milliseconds: 1000))
    return ReceivedCall(
        endpoint: .chatCompletions,
        dice: request.dice,
        apiKey: key,
        content: .valid(request, answer)
    )
}

/// The parsed answer to a body.
func answer(_ body: [UInt8], _ endpoint: SimulatedAPI = .chatCompletions) throws -> JSONValue {
    let answer = Answer(to: try request(body, endpoint), created: Timestamp(milliseconds: 1_700_000_000_000))
    return try JSONDocument(parsing: answer.body).root
}

extension JSONValue {
    var first: JSONValue? { elements.first { _ in true } }
}
