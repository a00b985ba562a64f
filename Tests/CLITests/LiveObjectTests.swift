import JSON
import Testing

@testable import penstock

/// The built program against a scripted server: files, webhooks and the doctor.
@Suite(.timeLimit(.minutes(1))) struct LiveObjectTests {
    private static let endpoint = #"""
        {"id":"whe_1","name":"ci","url":"https://e.com/h","event_types":["job.failed"],"created_at":1700000000}
        """#

    @Test func aFileIsShown() async throws {
        let (outcome, requests) = try await CLIRun.run(["files", "show", "file-1"]) { _, _ in
            .json(#"{"id":"file-1","filename":"a.jsonl","purpose":"batch","bytes":2048,"created_at":1700000000}"#)
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("a.jsonl"))
        #expect(requests.map(\.target) == ["/v1/files/file-1"])
    }

    @Test func nothingIsDeletedWithoutAYes() async throws {
        for command in [["files", "delete", "file-1"], ["webhooks", "delete", "whe_1"]] {
            let (outcome, requests) = try await CLIRun.run(command) { _, _ in .json("{}") }
            #expect(outcome.exitCode == 1)
            #expect(outcome.notes.contains("--yes"))
            #expect(requests.isEmpty)
        }
    }

    @Test func anUpdateSendsOnlyWhatIsGiven() async throws {
        let events = ["--events", "job.failed,job.expired", "--event", "batch.failed"]
        let (outcome, requests) = try await CLIRun.run(["webhooks", "update", "whe_1"] + events) { _, _ in
            .json(Self.endpoint)
        }
        #expect(outcome.exitCode == 0)
        #expect(requests.map(\.body) == [#"{"event_types":["job.failed","job.expired","batch.failed"]}"#])
    }

    @Test func aSecretIsPrintedAloneAndSaidToBeShownOnce() async throws {
        let arguments = ["webhooks", "create", "--name", "ci", "--to", "https://e.com/h", "--events", "job.failed"]
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in
            .json(#"{"id":"whe_1","signing_secret":"whsec_x"}"#)
        }
        #expect(outcome.output == "whsec_x\n")
        #expect(outcome.notes.contains("only this once"))
        #expect(requests.first?.headers["idempotency-key"] != nil)
    }

    @Test(arguments: [
        ["webhooks", "update", "whe_1"], ["webhooks", "deliveries", "--state", "lost"],
        ["webhooks", "create", "--name", "ci", "--to", "https://e.com", "--events", "job.failed,"],
    ]) func wrongUsageIsToldWithoutAsking(arguments: [String]) async throws {
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in .json("{}") }
        #expect(outcome.exitCode == 64)
        #expect(requests.isEmpty)
    }

    @Test func theDoctorSaysWhatKeptItFromGoingOn() async throws {
        let (outcome, _) = try await CLIRun.run(["doctor", "--json"]) { request, _ in
            request.path == "/"
                ? .json(#"{"name":"penstock","version":"1"}"#, headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])
                : .error(401, code: "invalid_api_key", message: "Incorrect API key.")
        }
        let grades = try outcome.output.split(separator: "\n").map {
            try JSONDocument(parsing: Array($0.utf8)).root["grade"]?.string
        }
        #expect(outcome.exitCode == 1)
        #expect(grades == ["good", "bad", "bad"])
        #expect(outcome.notes.contains("Incorrect API key."))
    }

    @Test func quietWatchingShowsNoProgress() async throws {
        for (arguments, shown) in [(["watch", "batch_1"], true), (["watch", "batch_1", "--quiet"], false)] {
            let (outcome, _) = try await CLIRun.run(arguments) { _, number in
                .json(Samples.batch(number == 1 ? "in_progress" : "completed", completed: 2))
            }
            #expect(outcome.exitCode == 0)
            #expect(outcome.notes.contains("in_progress: 2 of 2 done") == shown)
            #expect(!outcome.notes.contains("\u{1B}"))
        }
    }
}
