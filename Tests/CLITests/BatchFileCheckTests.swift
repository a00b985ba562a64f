import JSON
import Testing

@testable import penstock

struct BatchFileCheckTests {
    private func check(_ lines: [String], endpoint: String? = nil) throws -> BatchFileCheck {
        var check = BatchFileCheck(endpoint: endpoint)
        var reader = JSONLines(maxLineBytes: 1 << 20)
        reader.append(Array(lines.joined(separator: "\n").utf8))
        reader.finish()
        while let line = try reader.next() { check.check(line) }
        check.finish()
        return check
    }

    private func line(
        id: String = #""a""#,
        method: String = "POST",
        url: String = "/v1/chat/completions",
        body: String = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#
    ) -> String {
        #"{"custom_id":\#(id),"method":"\#(method)","url":"\#(url)","body":\#(body)}"#
    }

    @Test func goodLinesAreCountedByModel() throws {
        let check = try check([
            line(), "", line(id: #""b""#, body: #"{"model":"n","max_tokens":10,"n":2,"messages":[1]}"#),
            line(id: #""c""#),
        ])
        #expect(check.isValid)
        #expect(check.requests == 3)
        #expect(check.endpoint == "/v1/chat/completions")
        // 32 bytes of messages: 8 tokens, and 8 for the frame.
        #expect(check.loads["m"] == .init(requests: 2, input: 2 * 16, output: 1024))
        #expect(check.loads["n"] == .init(requests: 1, input: 8, output: 20))
    }

    @Test func eachFaultHasItsCodeAndLine() throws {
        let faults: [(String, String, String?)] = [
            ("{", "invalid_json_line", nil), ("[]", "invalid_json_line", nil),
            (#"{"custom_id":"x","custom_id":"y"}"#, "duplicate_key", "custom_id"),
            (line(id: "7"), "missing_required_parameter", "custom_id"),
            (line(id: #""""#), "missing_required_parameter", "custom_id"),
            (line(id: #""first""#), "duplicate_custom_id", "custom_id"),
            (line(method: "GET"), "invalid_method", "method"),
            (line(url: "/v1/embeddings"), "url_mismatch", "url"),
            (line(body: "null"), "invalid_type", "body"),
            (line(body: #"{"messages":[1]}"#), "missing_required_parameter", "body.model"),
            (line(body: #"{"model":"","messages":[1]}"#), "missing_required_parameter", "body.model"),
            (line(body: #"{"model":"m","messages":[]}"#), "missing_required_parameter", "body.messages"),
            (line(body: #"{"model":"m","messages":[1],"stream":true}"#), "unsupported_parameter", "body.stream"),
            (line(body: #"{"model":"m","model":"n","messages":[1]}"#), "duplicate_key", "body.model"),
        ]
        for (text, code, param) in faults {
            let check = try check([line(id: #""first""#), "", text])
            #expect(check.problemCount == 1)
            #expect(check.problems.first?.code == code)
            #expect(check.problems.first?.param == param, "\(text)")
            #expect(check.problems.first?.line == 3)
            #expect(!check.isValid)
        }
    }

    @Test func streamFalseIsFine() throws {
        #expect(try check([line(body: #"{"model":"m","messages":[1],"stream":false}"#)]).isValid)
    }

    @Test func anEmptyFileAndAnUnknownEndpointAreFaults() throws {
        #expect(try check([""]).problems.map(\.code) == ["empty_file"])
        #expect(try check([line(url: "/v1/x")]).problems.map(\.code) == ["invalid_endpoint"])
        #expect(try check([line()], endpoint: "/v1/embeddings").problems.map(\.code) == ["url_mismatch"])
    }

    @Test func embeddingsHaveNoOutput() throws {
        let body = #"{"model":"e","input":"text"}"#
        #expect(
            try check([line(url: "/v1/embeddings", body: body)]).loads["e"] == .init(requests: 1, input: 9, output: 0)
        )
    }

    @Test func allFaultsAreCountedButFewKept() throws {
        let check = try check((0..<200).map { _ in "x" })
        #expect(check.problemCount == 200)
        #expect(check.problems.count == BatchFileCheck.keptProblems)
    }

    @Test func costNeedsAPriceForEveryModel() throws {
        let models = try JSONDocument(
            parsing: Array(
                #"[{"id":"m","pricing":{"input_usd_per_million":"1","output_usd_per_million":2.5}},{"id":"n"}]"#.utf8
            )
        )
        let prices = PriceList(models: Array(models.root.elements))
        let body = #"{"model":"m","max_tokens":1000000,"messages":[{"role":"user","content":"hi"}]}"#
        let known = DryRun(check: try check([line(body: body)]), prices: prices)
        #expect(known.cost == Dollars("2.500016"))
        #expect(known.verdict == .success)
        let unknown = DryRun(check: try check([line(body: #"{"model":"n","messages":[1]}"#)]), prices: prices)
        #expect(unknown.cost == nil)
    }

    @Test func reportForScriptsIsOneObject() throws {
        let run = DryRun(check: try check([line(), "x"]), prices: PriceList())
        let root = try JSONDocument(parsing: run.json()).root
        #expect(root["valid"]?.bool == false)
        #expect(root["error_count"]?.int64 == 1)
        #expect(root["errors"]?.elements.first { _ in true }?["line"]?.int64 == 2)
        #expect(root["estimated_cost_usd"]?.isNull == true)
        #expect(run.verdict == .invalidInput)
    }
}
