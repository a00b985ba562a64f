import Penstock
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct ValidationTests {
    private func complaints(_ scene: Scene) async throws -> [String] {
        let batch = try await scene.drive(answering: false)
        #expect(batch.state == .failed && batch.failedAt != nil && batch.owner == nil)
        #expect(scene.small.edit { $0.items.isEmpty })
        return batch.errors.map { "\($0.line.map(String.init) ?? "-") \($0.code) \($0.param ?? "-")" }
    }

    @Test func everyComplaintNamesItsLine() async throws {
        let scene = Scene()
        try await scene.submit([
            Scene.line("a"), "{not json}", "", Scene.line("a"), Scene.line("b", model: "gpt-unknown"),
            #"{"custom_id":"c","method":"GET","url":"/v1/chat/completions","body":{}}"#,
            #"{"custom_id":"d","method":"POST","url":"/v1/embeddings","body":{}}"#,
            #"{"custom_id":"e","method":"POST","url":"/v1/chat/completions"}"#,
            #"{"custom_id":"f","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-small"}}"#,
            #"{"method":"POST","url":"/v1/chat/completions","body":{}}"#,
        ])
        #expect(
            try await complaints(scene) == [
                "2 invalid_json_line -", "4 duplicate_custom_id custom_id", "5 model_not_found body.model",
                "6 invalid_method method", "7 url_mismatch url", "8 missing_required_parameter body",
                "9 missing_required_parameter body.messages", "10 missing_required_parameter custom_id",
            ]
        )
    }

    @Test func aFileWithoutRequestsIsRefused() async throws {
        let scene = Scene()
        try await scene.submit(["", "  ", ""])
        #expect(try await complaints(scene) == ["- empty_file -"])
    }

    @Test func tooManyRequestsAreRefused() async throws {
        var scene = Scene()
        scene.configuration.maxBatchLines = 5
        try await scene.submit(Scene.lines(6))
        #expect(try await complaints(scene) == ["- too_many_tasks -"])
    }

    /// As many texts as lines may be embedded; an array of numbers is one of them.
    @Test(arguments: [(#"["a","b","c"]"#, true), (#"[[1,2,3],[4]]"#, false), ("[1,2,3,4,5]", false), (#""a""#, false)])
    func textsToEmbedAreCounted(_ input: String, isTooMany: Bool) async throws {
        var scene = Scene()
        scene.configuration.maxBatchLines = 5
        let lines = (1...2).map { number in
            #"{"custom_id":"\#(number)","method":"POST","url":"/v1/embeddings","body":{"model":"gpt-small","#
                + #""input":\#(input)}}"#
        }
        try await scene.submit(lines + ["nonsense"], endpoint: .embeddings)
        let found = try await complaints(scene)
        #expect((found == ["- too_many_tasks -"]) == isTooMany, "\(found)")
    }

    /// By the same endpoint, but by the rules of the API that made it.
    @Test func aBadLineFailsAnOpenAIBatchOfMessages() async throws {
        let scene = Scene()
        try await scene.submit(["{not json}"], endpoint: .messages)
        #expect(try await complaints(scene) == ["1 invalid_json_line -"])
    }

    @Test func aModelThatHeadersCannotBePassedOnToIsNamed() async throws {
        var scene = Scene()
        scene.topology.pools[1].targets[0].nativeEndpoints = []
        let lines = [Scene.line("a"), Scene.line("b", model: "gpt-large")]
        try await scene.submit(lines, headers: ProviderHeaders(["openai-beta": "b=1"]))
        #expect(try await complaints(scene) == ["2 header_not_supported openai-beta"])
    }

    @Test func aLineThatIsTooLongIsNamed() async throws {
        var scene = Scene()
        scene.configuration.maxLineBytes = 1000
        try await scene.submit([Scene.line("a"), "", Scene.line("b", padding: 2000)])
        #expect(try await complaints(scene) == ["3 line_too_long -"])
    }

    @Test func aHopelessFileIsNotReadToItsEnd() async throws {
        let scene = Scene()
        try await scene.submit((0..<500).map { _ in "nonsense" })
        let batch = try await scene.drive(answering: false)
        #expect(batch.errors.count == 100)
        #expect(batch.errors.last?.line == 100)
    }

    @Test func aGoodFileIsCountedPerPool() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(3) + [Scene.line("l", model: "gpt-large")])
        let batch = try await scene.drive()
        #expect(batch.total == 4 && batch.model == nil)
        #expect(batch.linesPerPool == [PoolName("small"): 3, PoolName("large"): 1])
        #expect(batch.state == .completed && batch.summary?.counts == BatchCounts(succeeded: 4))
    }
}
