import Glibc
import Penstock
import TestSupport
import Testing

@testable import Providers

@Suite(.timeLimit(.minutes(1)))
struct JQTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func refusal(_ definitions: String, _ input: String = "{}") async throws -> JobError {
        let adapter = try Sample.run(definitions)
        let error = await #expect(throws: Untranslated.self) { try await adapter.request(Array(input.utf8)) }
        return try #require(error).error
    }

    @Test(arguments: [
        "def request: def loop: loop; loop;", "def request: [range(1; infinite)] | length;",
        "def request: last(repeat(1));",
    ])
    func whatNeverEndsIsEnded(_ definitions: String) async throws {
        let adapter = try Sample.run(definitions, limit: .milliseconds(200))
        let error = await #expect(throws: Untranslated.self) { try await adapter.request(Array("{}".utf8)) }
        #expect(error?.error.errorClass == .penstockInternal)
        #expect(error?.error.message.contains("too long") == true)
        // The thread is as good as before.
        #expect(try await adapter.response(Array(#"{"a":1}"#.utf8)).body == Array(#"{"a":1}"#.utf8))
    }

    @Test func theEnvironmentIsNotThere() async throws {
        let adapter = try Sample.run("def request: [env, $ENV, input, [inputs], input_filename];")
        #expect(text(try await adapter.request(Array("{}".utf8))) == "[{},{},null,[],null]")
    }

    @Test(arguments: ["halt", "halt_error", "halt_error(3)"])
    func nothingEndsTheInterpreter(_ word: String) async throws {
        let adapter = try Sample.run("def request: if .stop then \(word) else . end;")
        await #expect(throws: Untranslated.self) { try await adapter.request(Array(#"{"stop":true}"#.utf8)) }
        #expect(text(try await adapter.request(Array("{}".utf8))) == "{}")
    }

    @Test(arguments: [
        "def request: 1, 2;", "def request: empty;", "def request: error(null);", "def request: 1, error(2);",
    ])
    func thereIsOneResult(_ definitions: String) async throws {
        _ = try await refusal(definitions)
    }

    @Test func whatJQSaysItselfIsNotRepeated() async throws {
        for definitions in [
            "def request: .prompt.x;", "def request: .prompt | tonumber;", "def request: error(.prompt);",
        ] {
            let error = try await refusal(definitions, #"{"prompt":"my secret"}"#)
            #expect(error.errorClass == .callerInvalidRequest)
            #expect(!error.message.contains("secret") && error.message.contains("`sample`"))
        }
    }

    @Test func refusalsAreRepeated() async throws {
        let error = try await refusal(#"def request: error({message: "No such thing.", param: "x"});"#)
        #expect(error == JobError(.callerInvalidRequest, "No such thing."))
        let adapter = try Sample.run(#"def response: error({message: "Odd."});"#)
        await #expect(throws: Untranslated(.providerInvalidAnswer, "Odd.")) {
            try await adapter.response(Array("{}".utf8))
        }
    }

    @Test func deepInputIsRefusedAndNotACrash() async throws {
        let adapter = try Sample.run("")
        let deep = String(repeating: "[", count: 249) + String(repeating: "]", count: 249)
        #expect(text(try await adapter.request(Array(deep.utf8))) == deep)
        let deeper = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        await #expect(throws: Untranslated.self) { try await adapter.request(Array(deeper.utf8)) }
    }

    @Test func manyAtOnce() async throws {
        let adapter = AdapterRun(family: try Sample.family("def request: .n += 1;"), threads: try JQThreads())
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    Int(
                        String(
                            decoding: try await adapter.request(Array(#"{"n":\#(number)}"#.utf8)).dropFirst(5)
                                .dropLast(),
                            as: UTF8.self
                        )
                    ) ?? 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == (1...2000).reduce(0, +))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct AdapterLibraryTests {
    private static let good =
        #"def adapter: {endpoints: {"/v1/embeddings": "/e"}}; def request: .; def response: .; def usage: null; def failure: .;"#

    private func library(_ files: [String: String], _ names: Set<String>) async throws -> AdapterLibrary {
        let directory = try TemporaryDirectory()
        for (name, text) in files { try write(text, to: directory.file(name)) }
        let result = Result { try AdapterLibrary(names, directory: directory.path) }
        try await directory.remove()
        return try result.get()
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private func complaint(_ files: [String: String], _ names: Set<String>) async throws -> String {
        await #expect(throws: AdapterError.self) { try await library(files, names) }?.description ?? ""
    }

    @Test func filesAddFamiliesAndReplaceBuiltInOnes() async throws {
        let library = try await library(
            ["own.jq": Self.good, "anthropic.jq": Self.good],
            ["own", "anthropic", "openai"]
        )
        #expect(library.endpoints(of: "own") == [.embeddings] && library.endpoints(of: "anthropic") == [.embeddings])
        #expect(library.endpoints(of: "openai") == Set(Endpoint.allCases))
        #expect(
            try AdapterLibrary(["anthropic"], directory: nil).endpoints(of: "anthropic") == [
                .chatCompletions, .messages,
            ]
        )
        #expect(try AdapterLibrary(["openai"], directory: nil).endpoints(of: "openai") == Set(Endpoint.allCases))
    }

    @Test func whatIsWrongIsSaid() async throws {
        #expect(try await complaint(["own.jq": Self.good], ["gemini"]).contains("known are: anthropic, openai, own"))
        #expect(try await complaint(["openai.jq": Self.good], []).contains("openai.jq"))
        let unreadable = #expect(throws: AdapterError.self) { try AdapterLibrary([], directory: "/nowhere") }
        #expect(unreadable?.description.contains("/nowhere cannot be read") == true)
    }

    @Test(arguments: [
        ("def adapter: {};\ndef request: nothing;", "line 2"),
        ("def request: .; def response: .; def usage: .; def failure: .;", "adapter/0 is not defined"),
        ("def adapter: 5; def request: .; def response: .; def usage: .; def failure: .;", "as an object"),
        ("def adapter: {endpoints: {}}; def request: .; def response: .; def usage: .; def failure: .;", "no endpoint"),
        (
            "def adapter: {endpoints: {\"/v9\": \"/x\"}}; def request: .; def response: .; def usage: .; def failure: .;",
            "/v1/chat/completions"
        ),
        ("def adapter: {key: 1}; def request: .; def response: .; def usage: .; def failure: .;", "`adapter.key`"),
        (#"import "x" as x; def adapter: {};"#, "does not compile"),
    ])
    func aBadFileIsNamed(_ text: String, _ part: String) async throws {
        let complaint = try await complaint(["own.jq": text], ["own"])
        #expect(complaint.contains("own.jq") && complaint.contains(part), "\(complaint)")
    }
}
