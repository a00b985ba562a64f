import JSON
import Penstock
import Testing

@testable import Intake

struct MessageResultLineTests {
    /// Readers such as Python's `str.splitlines` break at these characters, too.
    @Test(arguments: ["\u{2028}", "\u{2029}", "\u{85}"])
    func aLineBreaksNowhere(_ separator: String) throws {
        let content = "first\(separator)second"
        let answer = ProviderResponse(statusCode: 200, requestID: "r", body: Array("{\"a\":\"\(content)\"}".utf8))
        let succeeded = try written(.succeeded, answer, nil, customID: content)
        #expect(succeeded["custom_id"]?.string == content)
        #expect(succeeded.path("result", "message", "a")?.string == content)
        let errored = try written(.failed, nil, JobError(.callerInvalidRequest, content), customID: "a")
        #expect(errored.path("result", "error", "error", "message")?.string == content)
    }

    private func written(_ state: TerminalState, _ response: ProviderResponse?, _ error: JobError?, customID: String)
        throws -> JSONValue
    {
        let line = BatchLine(batch: BatchID("batch_b"), number: 1, customID: customID)
        var writer = JSONWriter()
        MessageResultLine.write(BatchResult(line: line, state: state, response: response, error: error), to: &writer)
        #expect(!String(decoding: writer.bytes, as: UTF8.self).contains { $0.isNewline })
        return try JSONDocument(parsing: writer.bytes).root
    }
}
