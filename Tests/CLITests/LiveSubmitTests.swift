import Glibc
import JSON
import TestSupport
import Testing

@testable import penstock

/// The built program against a scripted server.
@Suite(.timeLimit(.minutes(1))) struct LiveSubmitTests {
    /// Answers uploads and the creation; `GET` of the batch goes through `states`, staying at the last.
    private static func script(_ states: [String], content: String = "") -> ScriptedServer.Script {
        let polls = Counter()
        return { request, _ in
            switch (request.method, request.path) {
            case ("POST", "/v1/files"): return .json(#"{"id":"file-1","object":"file"}"#)
            case ("POST", "/v1/batches"): return .json(Samples.batch("validating", total: 0))
            case ("GET", "/v1/batches/batch_1"): return .json(states[min(polls.next(), states.count - 1)])
            case ("GET", "/v1/files/file-out/content"): return Reply(headers: [], body: content)
            default: return .error(404, code: "not_found", message: "No \(request.target).")
            }
        }
    }

    private func submit(
        _ arguments: [String],
        input: String = Samples.requestLines,
        script: @escaping ScriptedServer.Script,
        check: (CLIRun.Outcome, [SeenRequest], TemporaryDirectory) throws -> Void
    ) async throws {
        try await TestFiles.inDirectory { directory in
            try TestFiles.write(input, to: directory.file("in.jsonl"))
            try await ScriptedServer.run(script) { server in
                let arguments = arguments.map { $0.replacing("DIR", with: directory.path) }
                let run = CLIRun(["submit", directory.file("in.jsonl")] + arguments, url: server.url)
                try check(try await run.outcome(), server.requests, directory)
            }
        }
    }

    @Test func waitsSummarisesAndSavesResults() async throws {
        let script = Self.script(
            [
                Samples.batch("in_progress", completed: 1),
                Samples.batch("completed", completed: 2, output: "file-out"),
            ],
            content: "{\"custom_id\":\"a\"}\n{\"custom_id\":\"b\"}\n"
        )
        let arguments = [
            "--wait", "--output", "DIR/out.jsonl", "--tag", "feature=search", "--tag", "customer=acme",
            "--metadata", "run=7", "--class", "standard", "--window", "2h",
        ]
        try await submit(arguments, script: script) { outcome, requests, directory in
            #expect(outcome.exitCode == 0, "\(outcome.notes)")
            #expect(outcome.output.contains("2 in total, 2 succeeded, 0 failed, 0 open"))
            #expect(outcome.output.contains("$0.0123"))
            #expect(outcome.notes.contains("in_progress: 1 of 2 done"))
            #expect(!outcome.notes.contains("\u{1B}") && !outcome.output.contains("\u{1B}"))
            #expect(TestFiles.contents(directory.file("out.jsonl")) == "{\"custom_id\":\"a\"}\n{\"custom_id\":\"b\"}\n")

            let upload = requests[0]
            #expect(upload.headers["authorization"] == "Bearer psk_test")
            #expect(upload.body.contains("name=\"purpose\"\r\n\r\nbatch\r\n"))
            #expect(upload.body.contains("filename=\"in.jsonl\"\r\n"))
            #expect(upload.body.contains("\r\n\r\n\(Samples.requestLines)\r\n--"))
            #expect(requests[1].headers["idempotency-key"]?.hasPrefix("cli-") == true)
            #expect(
                requests[1].body == #"{"input_file_id":"file-1","endpoint":"/v1/chat/completions","#
                    + #""completion_window":"2h","metadata":{"run":"7","penstock_class":"standard","#
                    + #""penstock_tags":"feature=search,customer=acme"}}"#
            )
        }
    }

    @Test func withoutWaitingOnlyTheIDGoesToStandardOutput() async throws {
        try await submit([], script: Self.script([])) { outcome, requests, _ in
            #expect(outcome.exitCode == 0)
            #expect(outcome.output == "batch_1\n")
            #expect(outcome.notes.contains("penstock watch batch_1"))
            #expect(requests.count == 2)
        }
    }

    @Test func invalidInputIsATableOfLinesAndExitCode3() async throws {
        let errors = #"{"object":"list","data":[{"code":"url_mismatch","line":1234,"message":"No.","param":"url"}]}"#
        let script = Self.script([Samples.batch("failed", total: 0, errors: errors)])
        try await submit(["--wait"], script: script) { outcome, _, _ in
            #expect(outcome.exitCode == 3)
            #expect(outcome.output.contains("1,234  url_mismatch  url    No."))
        }
    }

    @Test(arguments: ["completed", "expired", "cancelled"]) func partialFailureIsExitCode2(status: String) async throws
    {
        let script = Self.script([Samples.batch(status, completed: 1, failed: 1, errorFile: "file-err")])
        try await submit(["--wait", "--json"], script: script) { outcome, _, _ in
            #expect(outcome.exitCode == 2)
            let root = try JSONDocument(parsing: Array(outcome.output.utf8)).root
            #expect(root["status"]?.string == status)
            #expect(outcome.output.split(separator: "\n").count == 1)
        }
    }

    @Test func aServerThatRestartsIsWaitedFor() async throws {
        let polls = Counter()
        let usual = Self.script([Samples.batch("completed", completed: 2)])
        let script: ScriptedServer.Script = { request, number in
            guard request.path == "/v1/batches/batch_1", polls.next() < 1 else { return usual(request, number) }
            return .error(500, code: "internal", message: "Restarting.")
        }
        try await submit(["--wait"], script: script) { outcome, _, _ in
            #expect(outcome.exitCode == 0)
            #expect(outcome.notes.contains("Restarting."))
            #expect(outcome.notes.contains("Trying again"))
        }
    }

    @Test func aRepeatedSubmissionNamesTheFileThatIsThereAlready() async throws {
        let usual = Self.script([])
        let size = Samples.requestLines.utf8.count
        let script: ScriptedServer.Script = { request, number in
            switch (request.method, request.path) {
            case ("GET", "/v1/files"):
                let files = ["file-other", "file-same"].map {
                    #"{"id":"\#($0)","filename":"in.jsonl","bytes":\#(size)}"#
                }
                return .json(#"{"object":"list","data":[\#(files.joined(separator: ","))],"has_more":false}"#)
            case ("GET", "/v1/files/file-other/content"):
                return Reply(headers: [], body: String(repeating: "x", count: size))
            case ("GET", "/v1/files/file-same/content"): return Reply(headers: [], body: Samples.requestLines)
            default: return usual(request, number)
            }
        }
        try await submit(["--idempotency-key", "nightly-7"], script: script) { outcome, requests, _ in
            #expect(outcome.exitCode == 0, "\(outcome.notes)")
            #expect(!requests.contains { $0.method == "POST" && $0.path == "/v1/files" })
            #expect(requests.last?.headers["idempotency-key"] == "nightly-7")
            #expect(requests.last?.body.contains(#""input_file_id":"file-same""#) == true)
        }
    }

    @Test func aRefusedUploadIsNotRepeated() async throws {
        let script: ScriptedServer.Script = { _, _ in
            .error(503, code: "overloaded", message: "Full.", headers: [("Retry-After", "1")])
        }
        try await submit([], script: script) { outcome, requests, _ in
            #expect(outcome.exitCode == 1)
            #expect(requests.count == 1)
        }
    }

    @Test func creationIsRepeatedUnderOneIdempotencyKey() async throws {
        let usual = Self.script([])
        let script: ScriptedServer.Script = { request, number in
            guard request.path == "/v1/batches", number == 2 else { return usual(request, number) }
            return .error(503, code: "overloaded", message: "Full.")
        }
        try await submit([], script: script) { outcome, requests, _ in
            #expect(outcome.exitCode == 0)
            #expect(requests.count == 3)
            #expect(requests[1].headers["idempotency-key"] == requests[2].headers["idempotency-key"])
        }
    }

    @Test func controlCLeavesTheBatchRunning() async throws {
        try await TestFiles.inDirectory { directory in
            try TestFiles.write(Samples.requestLines, to: directory.file("in.jsonl"))
            try await ScriptedServer.run(Self.script([Samples.batch("in_progress", completed: 1)])) { server in
                let run = CLIRun(["submit", directory.file("in.jsonl"), "--wait"], url: server.url)
                let outcome = try await run.outcome { pid in
                    // The second poll comes only after the first was shown.
                    while server.requests.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
                    kill(pid, SIGINT)
                }
                #expect(outcome.exitCode == 130)
                #expect(outcome.notes.contains("batch_1 goes on. Follow it again: penstock watch batch_1"))
                #expect(!server.requests.contains { $0.path.hasSuffix("/cancel") })
            }
        }
    }

    @Test(arguments: [true, false]) func aTerminalGetsABarDrawnInPlace(colour: Bool) async throws {
        let terminal = try PseudoTerminal(columns: 72)
        let states = [Samples.batch("in_progress", completed: 1), Samples.batch("completed", completed: 2)]
        try await ScriptedServer.run(Self.script(states)) { server in
            var run = CLIRun(["watch", "batch_1"], url: server.url)
            run.notes = .descriptor(terminal.program)
            run.environment["NO_COLOR"] = colour ? nil : "1"
            let outcome = try await run.outcome()
            #expect(outcome.exitCode == 0)
        }
        let drawn = terminal.drawn()
        #expect(drawn.contains("1 of 2 done"))
        #expect(drawn.contains("\r[") && drawn.contains("\u{1B}[K"))
        #expect(drawn.contains("\u{1B}[32m") == colour)
    }

    @Test func dryRunNeedsNeitherServerNorKey() async throws {
        try await TestFiles.inDirectory { directory in
            try TestFiles.write(Samples.requestLines, to: directory.file("in.jsonl"))
            let good = try await CLIRun(["submit", directory.file("in.jsonl"), "--dry-run"], url: nil, key: nil)
                .outcome()
            #expect(good.exitCode == 0)
            #expect(good.output.contains("2 requests for /v1/chat/completions, valid."))

            try TestFiles.write(Samples.requestLines + Samples.requestLines, to: directory.file("in.jsonl"))
            let bad = try await CLIRun(["submit", directory.file("in.jsonl"), "--dry-run"], url: nil, key: nil)
                .outcome()
            #expect(bad.exitCode == 3)
            #expect(bad.output.contains("3  duplicate_custom_id  custom_id  `custom_id` was used in line 1 already."))
        }
    }
}
