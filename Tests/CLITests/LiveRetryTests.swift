import JSON
import TestSupport
import Testing

@testable import penstock

/// `penstock retry` against a scripted server.
@Suite(.timeLimit(.minutes(1))) struct LiveRetryTests {
    private static func line(_ id: String) -> String {
        #"{"custom_id":"\#(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[1.50]}}"#
    }

    /// Answers with a batch, its files, and takes the new one in.
    private func script(batch: String, input: String = "", errors: String = "") -> ScriptedServer.Script {
        { request, _ in
            switch (request.method, request.path) {
            case ("GET", "/v1/batches/batch_1"): .json(batch)
            case ("GET", "/v1/files/file-1/content"): Reply(headers: [], body: input)
            case ("GET", "/v1/files/file-err/content"): Reply(headers: [], body: errors)
            case ("POST", "/v1/files"): .json(#"{"id":"file-2","object":"file"}"#)
            case ("POST", "/v1/batches"):
                .json(Samples.batch("validating", total: 0).replacing(#""id":"batch_1""#, with: #""id":"batch_2""#))
            default: .error(404, code: "not_found", message: "No \(request.target).")
            }
        }
    }

    private func retry(_ script: @escaping ScriptedServer.Script, _ arguments: [String] = []) async throws
        -> (outcome: CLIRun.Outcome, requests: [SeenRequest])
    {
        try await ScriptedServer.run(script) { server in
            let outcome = try await CLIRun(["retry", "batch_1", "--failed"] + arguments, url: server.url).outcome()
            return (outcome, server.requests)
        }
    }

    @Test func whatFailedIsSubmittedAgainAsItWas() async throws {
        // `é` in one and in two scalars: equal as texts, different requests. Escapes are the same bytes.
        let lines = ["a", "b\\u00e9", "e\u{301}", "\u{e9}", "last"].map(Self.line)
        let input = lines[0] + "\r\n\n" + lines[1...].joined(separator: "\n")
        let errors = ["b\u{e9}", "\u{e9}", "last"].map { #"{"id":"r","custom_id":"\#($0)","error":null}"# + "\n" }
            .joined()
        let batch = Samples.batch("completed", total: 5, completed: 2, failed: 3, errorFile: "file-err")
        let (outcome, requests) = try await retry(script(batch: batch, input: input, errors: errors))
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(outcome.output == "batch_2\n")
        #expect(outcome.notes.contains("3 of 5 requests did not succeed"))
        #expect(requests.count == 5)
        let upload = requests[3].body
        #expect(upload.contains("filename=\"retry-of-batch_1.jsonl\"\r\n"))
        let sent = [lines[1], lines[3], lines[4]].map { $0 + "\n" }.joined()
        #expect(Array(upload.utf8).contains(Array("\r\n\r\n\(sent)\r\n--".utf8)))
        #expect(
            requests[4].body == #"{"input_file_id":"file-2","endpoint":"/v1/chat/completions","#
                + #""completion_window":"24h","metadata":{"team":"x","retry_of":"batch_1"}}"#
        )
    }

    @Test func aRetryOfARetryNamesTheLaterOne() throws {
        let pairs = (0..<15).map { #""k\#($0)":"v""# }.joined(separator: ",")
        let text = Samples.batch("expired").replacing(#""team":"x""#, with: #""retry_of":"batch_0",\#(pairs)"#)
        let api = try API(
            address: #require(ServerAddress("http://h")),
            key: APIKey(text: "k", origin: "f"),
            notes: .notes
        )
        let retry = BatchRetry(
            api: api,
            notes: .notes,
            batch: try Batch(JSONDocument(parsing: Array(text.utf8)).root)
        )
        #expect(retry.metadata.count == 16)
        #expect(retry.metadata.filter { $0.key == "retry_of" }.map(\.value) == ["batch_1"])
    }

    @Test func nothingFailedIsNothingToDo() async throws {
        let (outcome, requests) = try await retry(script(batch: Samples.batch("completed", completed: 2)))
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "")
        #expect(outcome.notes.contains("nothing to do"))
        #expect(requests.count == 1)
    }

    @Test(arguments: ["validating", "in_progress", "finalizing", "cancelling"])
    func aBatchThatGoesOnIsRefused(status: String) async throws {
        let batch = Samples.batch(status, completed: 1, failed: 1, errorFile: "file-err")
        let (outcome, requests) = try await retry(script(batch: batch))
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("still \(status)"))
        #expect(requests.count == 1)
    }

    @Test func invalidInputIsNotSentAgain() async throws {
        let (outcome, requests) = try await retry(script(batch: Samples.batch("failed", total: 0)))
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("nothing ran"))
        #expect(requests.count == 1)
    }

    @Test func requestsThatAreNotInTheInputStopIt() async throws {
        let batch = Samples.batch("cancelled", failed: 2, errorFile: "file-err")
        let errors = #"{"custom_id":"a"}"# + "\n" + #"{"custom_id":"A"}"# + "\n"
        let (outcome, requests) = try await retry(script(batch: batch, input: Self.line("a"), errors: errors))
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("1 of 2 failed requests are not in the batch's input file"))
        #expect(!requests.contains { $0.method == "POST" })
    }

    @Test func anErrorFileThatNamesNothingStopsIt() async throws {
        let batch = Samples.batch("expired", failed: 2, errorFile: "file-err")
        let (outcome, requests) = try await retry(script(batch: batch, errors: #"{"custom_id":null}"# + "\n"))
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("line 1 of the batch's error file names no request"))
        #expect(requests.count == 2)
    }

    @Test func nothingIsOnDiskEvenMeanwhile() async throws {
        try await TestFiles.inDirectory { directory in
            let path = directory.path
            let batch = Samples.batch("completed", completed: 1, failed: 1, errorFile: "file-err")
            let usual = script(batch: batch, input: Self.line("a"), errors: #"{"custom_id":"a"}"#)
            let script: ScriptedServer.Script = { request, number in
                if request.method == "POST" { #expect(TestFiles.names(in: path).isEmpty) }
                return usual(request, number)
            }
            try await ScriptedServer.run(script) { server in
                var run = CLIRun(["retry", "batch_1", "--failed"], url: server.url)
                run.environment["TMPDIR"] = path
                #expect(try await run.outcome().exitCode == 0)
                #expect(server.requests.count { $0.method == "POST" } == 2)
                run.environment["TMPDIR"] = directory.file("nowhere")
                let refused = try await run.outcome()
                #expect(refused.exitCode == 1)
                #expect(refused.notes.contains("set TMPDIR to another folder"))
            }
            #expect(TestFiles.names(in: path).isEmpty)
        }
    }
}
