package import JSON

/// Guesses a request's tokens before it runs. Limits and fairness are charged the guess and settled with actual usage.
///
/// Input: a quarter of the bytes of the body's input fields, the usual ratio of English text, plus a few tokens for
/// the frame. Output: the caller's cap where there is one, else a typical answer; embeddings have none.
package enum TokenEstimator {
    /// Output of a chat answer without a cap.
    package static let typicalOutput = 512
    private static let bytesPerToken = 4
    private static let frame = 8
    private static let inputKeys = [
        "messages", "system", "prompt", "input", "tools", "functions", "instructions", "response_format",
    ]
    private static let capKeys = ["max_completion_tokens", "max_tokens", "max_output_tokens"]

    package static func estimate(_ body: JSONValue, endpoint: Endpoint) -> TokenEstimate {
        let bytes = inputKeys.reduce(0) { sum, key in sum + (body[key]?.range.count ?? 0) }
        let input = bytes / bytesPerToken + frame
        guard endpoint != .embeddings else { return TokenEstimate(input: input, output: 0) }
        let choices = Int(max(1, min(128, body["n"]?.int64 ?? 1)))
        guard let cap = cap(of: body) else {
            return TokenEstimate(input: input, output: typicalOutput * choices, isOutputGuessed: true)
        }
        return TokenEstimate(input: input, output: cap * choices)
    }

    /// The caller's bound of one answer; nil where there is none.
    private static func cap(of body: JSONValue) -> Int? {
        for key in capKeys {
            if let cap = body[key]?.int64, cap > 0 { return Int(min(cap, 1_000_000)) }
        }
        return nil
    }
}
