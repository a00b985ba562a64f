import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// Headers that callers mean for the provider.
@Suite(.timeLimit(.minutes(1)))
struct ProviderHeaderLiveTests {
    private static let beta = "anthropic-beta: context-management-2025-06-27"
    private static let message =
        #"{"endpoint":"/v1/messages","body":{"model":"gpt-small","max_tokens":5,"#
        + #""messages":[{"role":"user","content":"hi"}]}}"#
    private static let batch =
        #"{"requests":[{"custom_id":"a","params":{"model":"gpt-small","max_tokens":5,"#
        + #""messages":[{"role":"user","content":"hi"}]}},{"custom_id":"b","params":{"model":"gpt-unknown"}}]}"#

    @Test func theyTravelWithAJob() async throws {
        try await TestIntake.run { intake in
            let headers = ["OpenAI-Beta: a=1", "openai-beta: b=2", "X-Other: 7"]
            let response = #"{"model":"gpt-small","input":"hi","background":true}"#
            for (path, json) in [("/v1/jobs", TestIntake.jobBody()), ("/v1/responses", response)] {
                let answer = try await intake.ask("POST", path, headers: headers, json: json)
                #expect(answer.status / 100 == 2, "\(answer.text)")
                #expect(answer.headers["penstock-warning"] == nil)
            }
            let bulk = "{\"jobs\":[\(TestIntake.jobBody()),\(Self.message)]}"
            let outcomes = try await intake.ask("POST", "/v1/jobs/bulk", headers: headers, json: bulk).json()
            let codes = outcomes["data"]?.elements.map { $0.path("error", "code")?.string }
            #expect(codes == [nil, "header_not_supported"], "each for itself")
            let travelled = intake.queue.edit { state in state.live.values.map(\.job.headers.values) }
            #expect(travelled.count == 3 && travelled.allSatisfy { $0 == ["openai-beta": "a=1, b=2"] })
        }
    }

    @Test func theyTravelWithABatch() async throws {
        try await TestIntake.run(speakMessages: [true]) { intake in
            let file = try await intake.upload("{}\n")
            let plain = try await intake.ask(
                "POST",
                "/v1/batches",
                headers: ["OpenAI-Beta: b=1"],
                json: TestIntake.batchBody(file)
            )
            #expect(plain.status == 200, "\(plain.text)")
            let path = "/v1/messages/batches?beta=true"
            let messages = try await intake.ask("POST", path, headers: [Self.beta], json: Self.batch)
            #expect(messages.status == 200, "\(messages.text)")
            let kept = intake.ledger.edit { state in state.batches.values.map(\.headers.values) }
            #expect(kept.count == 2 && kept.contains(["openai-beta": "b=1"]))
            #expect(kept.contains(["anthropic-beta": "context-management-2025-06-27"]))
        }
    }

    @Test func whereAllIsTranslatedTheyAreRefused() async throws {
        try await TestIntake.run { intake in
            let job = try await intake.ask("POST", "/v1/jobs", headers: [Self.beta], json: Self.message)
            #expect(job.status == 400)
            #expect(try job.error() == ("invalid_request_error", "header_not_supported", "anthropic-beta"))
            #expect(job.text.contains("`gpt-small`"))
            let path = "/v1/messages/batches?beta=true"
            let batch = try await intake.ask("POST", path, headers: [Self.beta], json: Self.batch)
            #expect(batch.status == 400)
            #expect(try batch.error().code == "header_not_supported")
            #expect(batch.text.contains("`anthropic-beta`") && batch.text.contains("`gpt-small`"))
            let file = try await intake.upload("{}\n")
            let body = TestIntake.batchBody(file)
            let foreign = try await intake.ask("POST", "/v1/batches", headers: [Self.beta], json: body)
            #expect(try foreign.error() == ("invalid_request_error", "header_not_supported", "anthropic-beta"))
            #expect(intake.ledger.edit { $0.batches.isEmpty } && intake.queue.edit { $0.enqueued.isEmpty })
        }
    }

    /// The official SDK sends it with every batch of its beta API.
    @Test func theBetaThatIsServedHereIsFine() async throws {
        try await TestIntake.run { intake in
            let headers = ["anthropic-beta: message-batches-2024-09-24"]
            let path = "/v1/messages/batches?beta=true"
            let answer = try await intake.ask("POST", path, headers: headers, json: Self.batch)
            #expect(answer.status == 200 && answer.headers["penstock-warning"] == nil, "\(answer.text)")
        }
    }

    @Test func whereSomeTargetsTranslateTheCallerIsWarned() async throws {
        try await TestIntake.run(speakMessages: [true, false]) { intake in
            let job = try await intake.ask("POST", "/v1/jobs", headers: [Self.beta], json: Self.message)
            #expect(job.status == 202, "\(job.text)")
            #expect(job.headers["penstock-warning"]?.contains("header anthropic-beta is passed on only where") == true)
            #expect(intake.queue.edit { $0.live.values.first?.job.headers.isEmpty } == false)
        }
    }

    @Test(arguments: ["OpenAI-Project", "OpenAI-Organization", "x-goog-user-project", "anthropic-other"])
    func whatIsNotPassedOnIsTold(_ name: String) async throws {
        try await TestIntake.run { intake in
            let headers = ["\(name): p", "anthropic-version: 2023-06-01"]
            let answer = try await intake.ask("POST", "/v1/jobs", headers: headers, json: TestIntake.jobBody())
            #expect(answer.status == 202)
            #expect(answer.headers["penstock-warning"] == "header \(name.lowercased()) is not passed on")
            #expect(intake.queue.edit { $0.live.values.first?.job.headers.isEmpty } == true)
        }
    }

    @Test func theyAreBounded() async throws {
        try await TestIntake.run { intake in
            let headers = ["OpenAI-Beta: " + String(repeating: "x", count: HeaderRules.maxBytes)]
            let answer = try await intake.ask("POST", "/v1/jobs", headers: headers, json: TestIntake.jobBody())
            #expect(answer.status == 400)
            #expect(try answer.error() == ("invalid_request_error", "headers_too_large", "openai-beta"))
        }
    }

    @Test func furtherNamesCanBeSet() async throws {
        var configuration = IntakeConfiguration()
        configuration.headers.openAI = ["x-lab"]
        try await TestIntake.run(configuration) { intake in
            let headers = ["X-Lab: 7", "OpenAI-Beta: b=1"]
            let answer = try await intake.ask("POST", "/v1/jobs", headers: headers, json: TestIntake.jobBody())
            #expect(answer.headers["penstock-warning"] == "header openai-beta is not passed on")
            #expect(intake.queue.edit { $0.live.values.first?.job.headers.values } == ["x-lab": "7"])
        }
    }

    @Test(arguments: ["/v1/jobs", "/v1/messages/batches"])
    func withOtherHeadersItIsAnotherRequest(_ path: String) async throws {
        try await TestIntake.run(speakMessages: [true]) { intake in
            let json = path == "/v1/jobs" ? Self.message : Self.batch
            func ask(_ headers: [String]) async throws -> RawAnswer {
                try await intake.ask("POST", path, headers: ["Idempotency-Key: k"] + headers, json: json)
            }
            let first = try await ask([Self.beta])
            let again = try await ask([Self.beta])
            #expect(first.status / 100 == 2, "\(first.text)")
            #expect(try first.json()["id"]?.string == again.json()["id"]?.string)
            #expect(try await ask([]).status == 409)
            #expect(try await ask([Self.beta + ",other"]).status == 409)
        }
    }
}
