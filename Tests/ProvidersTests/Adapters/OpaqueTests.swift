import JSON
import Penstock
import Testing

@testable import Providers

@Suite(.timeLimit(.minutes(2)))
struct OpaqueTests {
    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func schemasAndArgumentsGoOutByteByByte() async throws {
        let adapter = try #require(Sample.anthropic)
        for seed in 0..<400 {
            var random = RandomJSON(seed: UInt64(seed))
            let (tool, format, arguments) = (random.object(), random.object(), random.object())
            let request = """
                {"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"1",\
                "type":"function","function":{"name":"f","arguments":\(quoted(arguments))}}]}],"tools":[{"type":\
                "function","function":{"name":"f","parameters":\(tool)}}],"response_format":{"type":"json_schema",\
                "json_schema":{"name":"n","schema":\(format)}}}
                """
            let output = try JSONDocument(parsing: try await adapter.request(Array(request.utf8))).root
            let input = output["messages"]?.elements.reversed().first?["content"]?.elements.first { _ in true }?[
                "input"
            ]
            #expect(input.map { Array($0.rawBytes) } == Array(arguments.utf8), "seed \(seed)")
            let schema = output["tools"]?.elements.first { _ in true }?["input_schema"]
            #expect(schema.map { Array($0.rawBytes) } == Array(tool.utf8), "seed \(seed)")
            let formatted = output.path("output_config", "format", "schema")
            #expect(formatted.map { Array($0.rawBytes) } == Array(format.utf8), "seed \(seed)")
        }
    }

    @Test func argumentsComeBackByteByByte() async throws {
        let adapter = try #require(Sample.anthropic)
        for seed in 0..<400 {
            var random = RandomJSON(seed: UInt64(seed) &+ 10_000)
            let arguments = random.object()
            let answer = """
                {"id":"msg_1","type":"message","model":"m","content":[{"type":"text","text":"t"},{"type":"tool_use",\
                "id":"1","name":"f","input":\(arguments)}],"stop_reason":"tool_use"}
                """
            let output = try JSONDocument(parsing: try await adapter.response(Array(answer.utf8)).body).root
            let message = output["choices"]?.elements.first { _ in true }?["message"]
            let call = message?["tool_calls"]?.elements.first { _ in true }
            let text = try #require(call?.path("function", "arguments")?.string)
            #expect(Array(text.utf8) == Array(arguments.utf8), "seed \(seed)")
        }
    }

    @Test func numbersPassThroughAsTheyWereWritten() async throws {
        let identity = try Sample.run("")
        for seed in 0..<400 {
            var random = RandomJSON(seed: UInt64(seed) &+ 20_000)
            let text = random.object(depth: 4, repeatsKeys: false)
            let output = try await identity.request(Array(text.utf8))
            #expect(try Canonical.text(output) == Canonical.text(Array(text.utf8)), "seed \(seed)")
        }
    }

    /// What the rule lets through to jq really survives it.
    @Test func plainNumbersSurviveJQ() async throws {
        var random = RandomJSON(seed: 7)
        let numbers = (0..<20_000).map { _ in random.number() }.filter {
            NumberText.survivesDouble(Array($0.utf8)[...])
        }
        #expect(numbers.count > 2000)
        let text = Array("[\(numbers.joined(separator: ","))]".utf8)
        let threads = try JQThreads(count: 1)
        let output = try await threads.run(Sample.family("").source, AdapterSource.call("request", on: text)).get()
        #expect(output == text)
    }

    @Test(arguments: [
        ("0", true), ("7", true), ("-7", true), ("999999999999999", true), ("0.5", true), ("-12.25", true),
        ("0.0001", true), ("-0", false), ("1.0", false), ("0.30", false), ("1e3", false), ("1E3", false),
        ("1000000000000000", false), ("0.00001", false), ("1.2345678901234567", false), ("-0.0", false),
    ])
    func whichNumbersAreLeftToJQ(_ text: String, _ survives: Bool) {
        #expect(NumberText.survivesDouble(Array(text.utf8)[...]) == survives)
    }

    @Test func nobodyCanForgeAPlaceholder() async throws {
        let adapter = try #require(Sample.anthropic)
        for forged in ["penstock-opaque-0-0", "penstock-opaque-", "penstock-opaque-00-0:text"] {
            let request = #"{"model":"m","messages":[{"role":"user","content":"\#(forged)"}],"top_k":1.0}"#
            let output = try JSONDocument(parsing: try await adapter.request(Array(request.utf8))).root
            let content = output["messages"]?.elements.first { _ in true }?["content"]?.elements.first { _ in true }
            #expect(content?["text"]?.string == forged)
            #expect(output["top_k"].map { String(decoding: $0.rawBytes, as: UTF8.self) } == "1.0")
        }
    }

    @Test(arguments: [
        #"def request: {a: "x\(.n)"};"#, "def request: {(.n): 1};", "def request: {a: [.n] | tojson};",
        "def request: [.n, [.n + .n]];",
    ])
    func aPlaceholderStandsOnlyWhereAValueCan(_ definitions: String) async throws {
        let adapter = try Sample.run(definitions)
        let error = await #expect(throws: Untranslated.self) { try await adapter.request(Array(#"{"n":1e5}"#.utf8)) }
        #expect(error?.error.errorClass == .penstockInternal)
        #expect(error?.error.message.contains("penstock-opaque") == false)
    }

    @Test func aPlaceholderMayBeMovedLeftOutAndRepeated() async throws {
        let adapter = try Sample.run("def request: [.a, {b: .a}, (.a | tojson), (.a | fromjson)];")
        let output = try await adapter.request(Array(#"{"a":1.50,"b":2.0}"#.utf8))
        #expect(String(decoding: output, as: UTF8.self) == #"[1.50,{"b":1.50},"1.50",1.50]"#)
    }

    @Test(arguments: ["{", "{} x", "{'a':1}", #"{"a":"\ud800"}"#])
    func argumentsThatAreNoJSONAreRefused(_ arguments: String) async throws {
        let adapter = try #require(Sample.anthropic)
        let request = """
            {"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":\
            {"name":"f","arguments":\(quoted(arguments))}}]}]}
            """
        let error = await #expect(throws: Untranslated.self) { try await adapter.request(Array(request.utf8)) }
        #expect(error?.error.errorClass == .callerInvalidRequest)
        #expect(error?.error.message.contains("arguments") == true)
    }

    @Test func pathsAreReadAsWritten() {
        var paths = OpaquePaths()
        let isAdded = [paths.add("a.b[].c", .value), paths.add("a.b[].d[][]", .text), paths.add("e[]", .value)]
        #expect(isAdded == [true, true, true])
        #expect(paths.members["a"]?.members["b"]?.elements?.members["c"]?.form == .value)
        #expect(paths.members["a"]?.members["b"]?.elements?.members["d"]?.elements?.elements?.form == .text)
        #expect(paths.members["e"]?.elements?.form == .value && paths.members["e"]?.form == nil)
        for wrong in ["", ".", "a..b", "[]", "a[0]", "a[", "a."] {
            let isPath = paths.add(wrong, .value)
            #expect(!isPath, "\(wrong)")
        }
    }
}
