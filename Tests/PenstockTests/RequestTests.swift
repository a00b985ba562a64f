import JSON
import Penstock
import Testing

struct RequestInspectorTests {
    private func refusal(_ text: String, _ endpoint: Endpoint = .chatCompletions) -> RequestRefusal? {
        do {
            _ = try RequestInspector.inspect(Array(text.utf8), endpoint: endpoint)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ("{", "invalid_json", nil), ("[]", "invalid_type", "body"),
            (#"{"model":"a","model":"b"}"#, "duplicate_key", "model"),
            (#"{"messages":[1]}"#, "missing_required_parameter", "model"),
            (#"{"model":"","messages":[1]}"#, "missing_required_parameter", "model"),
            (#"{"model":7,"messages":[1]}"#, "missing_required_parameter", "model"),
            (#"{"model":"a","messages":[1],"stream":true}"#, "unsupported_parameter", "stream"),
            (#"{"model":"a","messages":[1],"stream":"no"}"#, "unsupported_parameter", "stream"),
            (#"{"model":"a"}"#, "missing_required_parameter", "messages"),
            (#"{"model":"a","messages":[]}"#, "missing_required_parameter", "messages"),
            (#"{"model":"a","messages":"hi"}"#, "missing_required_parameter", "messages"),
        ] as [(String, String, String?)]
    )
    func badRequestsAreRefused(_ text: String, _ code: String, _ param: String?) {
        #expect(refusal(text)?.code == code)
        #expect(refusal(text)?.param == param)
    }

    @Test(arguments: [
        (Endpoint.chatCompletions, #"{"model":"a","messages":[{}],"stream":false}"#),
        (.completions, #"{"model":"a","prompt":"hi","stream":null}"#),
        (.completions, #"{"model":"a","prompt":["hi"]}"#),
        (.embeddings, #"{"model":"a","input":"hi"}"#), (.embeddings, #"{"model":"a","input":[[1,2]]}"#),
        (.responses, #"{"model":"a","input":"hi"}"#), (.responses, #"{"model":"a","prompt":{"id":"p"}}"#),
    ])
    func goodRequestsPass(_ endpoint: Endpoint, _ text: String) {
        #expect(refusal(text, endpoint) == nil)
    }

    @Test func aModelsNameIsBounded() {
        func body(_ count: Int) -> String {
            #"{"model":"\#(String(repeating: "m", count: count))","messages":[1]}"#
        }
        #expect(refusal(body(256)) == nil)
        #expect(refusal(body(257))?.param == "model")
    }

    @Test(arguments: [
        (#"{"model":"a","messages":[1],"max_tokens":100}"#, 100), (#"{"model":"a","messages":[1]}"#, 512),
        (#"{"model":"a","messages":[1],"max_completion_tokens":7,"max_tokens":100}"#, 7),
        (#"{"model":"a","messages":[1],"max_tokens":100,"n":3}"#, 300), (#"{"model":"a","messages":[1],"n":2}"#, 1024),
        (#"{"model":"a","messages":[1],"max_tokens":-5}"#, 512),
        (#"{"model":"a","messages":[1],"max_tokens":9000000000000000000,"n":9000000000000000000}"#, 128_000_000),
    ])
    func outputIsEstimatedByItsCap(_ text: String, _ output: Int) throws {
        let request = try RequestInspector.inspect(Array(text.utf8), endpoint: .chatCompletions)
        #expect(request.model == "a")
        #expect(request.estimate.output == output)
    }

    @Test func inputIsEstimatedByItsBytes() throws {
        let text = #"{"model":"a","input":"\#(String(repeating: "x", count: 398))"}"#
        let request = try RequestInspector.inspect(Array(text.utf8), endpoint: .embeddings)
        #expect(request.estimate == TokenEstimate(input: 108, output: 0))
    }
}

struct BatchLineInspectorTests {
    private func refusal(_ text: String) -> RequestRefusal? {
        do {
            _ = try BatchLineInspector.inspect(Array(text.utf8), endpoint: .chatCompletions)
            return nil
        } catch {
            return error
        }
    }

    private func line(
        _ id: String = #""a""#,
        _ method: String = "POST",
        _ url: String = "/v1/chat/completions",
        _ body: String = #"{"model":"m","messages":[1]}"#
    ) -> String {
        #"{"custom_id":\#(id),"method":"\#(method)","url":"\#(url)","body":\#(body)}"#
    }

    @Test func everyComplaintHasItsCode() {
        let cases: [(String, String, String?)] = [
            ("nonsense", "invalid_json_line", nil), ("[]", "invalid_json_line", nil),
            (#"{"url":"a","url":"b"}"#, "duplicate_key", "url"), ("{}", "missing_required_parameter", "custom_id"),
            (line("7"), "missing_required_parameter", "custom_id"),
            (line(#""""#), "missing_required_parameter", "custom_id"),
            (line(#""\#(String(repeating: "x", count: 513))""#), "missing_required_parameter", "custom_id"),
            (line(#""a""#, "GET"), "invalid_method", "method"),
            (line(#""a""#, "POST", "/v1/embeddings"), "url_mismatch", "url"),
            (#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions"}"#, "missing_required_parameter", "body"),
            (line(#""a""#, "POST", "/v1/chat/completions", "7"), "invalid_type", "body"),
            (line(#""a""#, "POST", "/v1/chat/completions", "{}"), "missing_required_parameter", "body.model"),
            (
                line(#""a""#, "POST", "/v1/chat/completions", #"{"model":"m","messages":[1],"stream":true}"#),
                "unsupported_parameter", "body.stream"
            ),
            (
                line(#""a""#, "POST", "/v1/chat/completions", #"{"model":"m","model":"n"}"#), "duplicate_key",
                "body.model"
            ),
        ]
        for (text, code, param) in cases {
            #expect(refusal(text)?.code == code, "\(text)")
            #expect(refusal(text)?.param == param, "\(text)")
        }
    }

    @Test func theBodyIsTakenByteByByte() throws {
        let body = #"{ "model":"m" , "messages":[ 1.0e0 ]}"#
        let inspected = try BatchLineInspector.inspect(
            Array(line(#""\u00e9""#, "POST", "/v1/chat/completions", body).utf8),
            endpoint: .chatCompletions
        )
        #expect(inspected.body == Array(body.utf8))
        #expect(inspected.customID == "é" && inspected.request.model == "m")
    }
}

struct JobOptionsTests {
    private func options(_ pairs: [(String, String)]) throws(RequestRefusal) -> JobOptions {
        try JobOptions(metadata: pairs.map { MetadataPair(key: $0.0, value: $0.1) })
    }

    @Test func optionsAreRead() throws {
        #expect(try options([]) == JobOptions())
        #expect(try options([("note", "penstock_x")]) == JobOptions())
        let read = try options([("penstock_class", "batch"), ("penstock_tags", "feature=a=b,customer=c")])
        #expect(read == JobOptions(jobClass: .batch, tags: JobTags(feature: "a=b", customer: "c")))
    }

    @Test(arguments: [
        ("5", 5_000_000_000), ("5.00", 5_000_000_000), ("0.000000001", 1), ("1000000", 1_000_000_000_000_000),
    ])
    func theMostABatchMayCostIsRead(_ text: String, _ nanodollars: Int64) throws {
        #expect(try options([("penstock_max_cost_usd", text)]).maxCost == Nanodollars(nanodollars))
    }

    @Test(arguments: [
        ("penstock_class", "urgent", "invalid_class"), ("penstock_tags", "team=x", "invalid_tags"),
        ("penstock_tags", "feature", "invalid_tags"), ("penstock_clas", "batch", "unknown_metadata_key"),
        ("penstock_max_cost_usd", "0", "invalid_max_cost"), ("penstock_max_cost_usd", "0.00", "invalid_max_cost"),
        ("penstock_max_cost_usd", "-1", "invalid_max_cost"), ("penstock_max_cost_usd", "$5", "invalid_max_cost"),
        ("penstock_max_cost_usd", "5,00", "invalid_max_cost"), ("penstock_max_cost_usd", ".5", "invalid_max_cost"),
        ("penstock_max_cost_usd", "1e3", "invalid_max_cost"), ("penstock_max_cost_usd", "", "invalid_max_cost"),
        ("penstock_max_cost_usd", "0.0000000001", "invalid_max_cost"),
        ("penstock_max_cost_usd", "1000001", "invalid_max_cost"),
    ])
    func wrongOptionsAreRefused(_ key: String, _ value: String, _ code: String) {
        #expect(throws: RequestRefusal.self) { try options([(key, value)]) }
        do {
            _ = try options([(key, value)])
        } catch {
            #expect(error.code == code && error.param == "metadata.\(key)")
        }
    }
}
