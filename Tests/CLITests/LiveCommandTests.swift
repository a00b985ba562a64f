import Glibc
import JSON
import TestSupport
import Testing

@testable import penstock

/// The built program against a scripted server: everything but submissions.
@Suite(.timeLimit(.minutes(1))) struct LiveCommandTests {
    @Test func aRefusedKeySaysWhereItCameFrom() async throws {
        let (outcome, requests) = try await CLIRun.run(["status", "batch_1"]) { _, _ in
            .error(401, code: "invalid_api_key", message: "Incorrect API key.")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("error: Incorrect API key."))
        #expect(outcome.notes.contains("PENSTOCK_API_KEY"))
        #expect(outcome.notes.contains("request req_test"))
        #expect(!outcome.notes.contains("psk_test"))
        #expect(requests.count == 1)
    }

    @Test func aMissingKeyIsToldWithoutAsking() async throws {
        let outcome = try await CLIRun(["batches"], url: nil, key: nil).outcome()
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("no API key: set PENSTOCK_API_KEY"))
    }

    @Test func aServerThatIsDownIsExitCode4() async throws {
        let port = try Loopback.freePort()
        let outcome = try await CLIRun(["batches"], url: "http://127.0.0.1:\(port)").outcome()
        #expect(outcome.exitCode == 4)
        #expect(outcome.notes.contains("cannot connect to http://127.0.0.1:\(port)"))
        #expect(outcome.notes.contains("PENSTOCK_URL"))
    }

    @Test func aBusyServerIsAskedAgain() async throws {
        let (outcome, requests) = try await CLIRun.run(["status", "job_1"]) { _, number in
            number == 1
                ? .error(503, code: "overloaded", message: "Busy.", headers: [("Retry-After", "1")])
                : .json(Samples.job("succeeded"))
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("succeeded"))
        #expect(requests.count == 2)
    }

    @Test func anythingElseThanPenstockIsToldSo() async throws {
        let (outcome, _) = try await CLIRun.run(["batches"]) { _, _ in
            Reply(headers: [("Content-Type", "text/html")], body: "<html>")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("text/html"))
    }

    @Test func listsForScriptsAreOneObjectPerLineOverAllPages() async throws {
        let (outcome, requests) = try await CLIRun.run(["jobs", "--state", "failed", "--limit", "3", "--json"]) {
            request,
            number in
            let ids = number == 1 ? ["job_1", "job_2"] : ["job_3"]
            let jobs = ids.map { Samples.job("failed", id: $0) }.joined(separator: ",")
            return .json(#"{"object":"list","data":[\#(jobs)],"has_more":\#(number == 1)}"#)
        }
        #expect(outcome.exitCode == 0)
        let ids = try outcome.output.split(separator: "\n").map {
            try JSONDocument(parsing: Array($0.utf8)).root["id"]?.string
        }
        #expect(ids == ["job_1", "job_2", "job_3"])
        #expect(
            requests.map(\.target) == [
                "/v1/jobs?state=failed&limit=3", "/v1/jobs?state=failed&limit=1&after=job_2",
            ]
        )
    }

    @Test func aReaderThatGoesAwayIsNoError() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[1]) }
        close(ends[0])
        let line = String(repeating: "x", count: 999) + "\n"
        let outcome = try await ScriptedServer.run({ request, _ in
            request.path.hasPrefix("/v1/files")
                ? Reply(headers: [], body: String(repeating: line, count: 10_000))
                : .json(Samples.batch("completed", completed: 2, output: "file-out"))
        }) { server in
            var run = CLIRun(["results", "batch_1"], url: server.url)
            run.output = .descriptor(ends[1])
            return try await run.outcome()
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.notes == "")
    }

    @Test func aBrokenDownloadLeavesNoFile() async throws {
        try await TestFiles.inDirectory { directory in
            let path = directory.file("out.jsonl")
            let (outcome, _) = try await CLIRun.run(["results", "batch_1", "--output", path]) { request, _ in
                guard request.path.hasPrefix("/v1/files") else {
                    return .json(Samples.batch("completed", completed: 2, output: "file-out"))
                }
                return Reply(headers: [], body: "{}\n", claimedLength: 1000)
            }
            #expect(outcome.exitCode == 4, "\(outcome.notes)")
            #expect(!TestFiles.exists(path))
        }
    }

    @Test func errorsOfABatchComeFromItsErrorFile() async throws {
        let (outcome, requests) = try await CLIRun.run(["results", "batch_1", "--errors"]) { request, _ in
            request.path == "/v1/files/file-err/content"
                ? Reply(headers: [], body: "{\"custom_id\":\"b\"}\n")
                : .json(Samples.batch("completed", completed: 1, failed: 1, output: "file-out", errorFile: "file-err"))
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "{\"custom_id\":\"b\"}\n")
        #expect(requests.count == 2)
    }

    @Test func anAnswerIsPrintedAsText() async throws {
        let result =
            #"{"status_code":200,"request_id":"r","body":{"choices":[{"message":{"content":"Blue\n light."}}]}}"#
        let (outcome, requests) = try await CLIRun.run(["ask", "m", "Why \"blue\"?", "--wait", "--tag", "feature=x"]) {
            request,
            number in
            switch number {
            case 1: .json(Samples.job("waiting"), status: 202)
            case 2: .json(Samples.job("running"))
            default: .json(Samples.job("succeeded", result: result))
            }
        }
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(outcome.output == "Blue\n light.\n")
        #expect(
            requests[0].body == #"{"endpoint":"/v1/chat/completions","tags":{"feature":"x"},"body":{"model":"m","#
                + #""messages":[{"role":"user","content":"Why \"blue\"?"}]}}"#
        )
        #expect(requests[1].target == "/v1/jobs/job_1?wait=5")
    }

    @Test func aFailedJobIsExitCode2() async throws {
        let (outcome, _) = try await CLIRun.run(["results", "job_1"]) { _, _ in .json(Samples.job("expired")) }
        #expect(outcome.exitCode == 2)
        #expect(outcome.notes.contains("it is expired"))
    }

    @Test func statusSaysWhatAJobWaitsFor() async throws {
        let (outcome, _) = try await CLIRun.run(["status", "job_1"]) { _, _ in
            .json(#"{"id":"job_1","state":"waiting","waiting_for":"tokens","position":1234}"#)
        }
        #expect(outcome.exitCode == 0)
        #expect(
            outcome.output.contains("waits for  tokens of the rate limit (tokens); 1,234 jobs of yours go before it\n")
        )
    }

    @Test func aNewKeyIsAllThatStandardOutputGets() async throws {
        try await TestFiles.inDirectory { directory in
            try TestFiles.write("psk_admin\n", to: directory.file("key"))
            let arguments = [
                "keys", "create", "--tenant", "t", "--name", "n", "--class", "batch", "--api-key-file",
                directory.file("key"),
            ]
            let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in
                .json(#"{"id":"key_1","key":"psk_new"}"#)
            }
            #expect(outcome.exitCode == 0)
            #expect(outcome.output == "psk_new\n")
            #expect(requests[0].headers["authorization"] == "Bearer psk_admin")
            #expect(requests[0].body == #"{"tenant":"t","name":"n","admin":false,"classes":["batch"]}"#)
        }
    }

    @Test func onlyWhatChangesIsSentForATenant() async throws {
        let (outcome, requests) = try await CLIRun.run(["tenants", "set", "t", "--max-running", "none"]) { _, _ in
            .json(#"{"id":"t","weight":3,"max_running":null}"#)
        }
        #expect(outcome.exitCode == 0)
        #expect(requests[0].method == "PUT")
        #expect(requests[0].target == "/v1/admin/tenants/t")
        #expect(requests[0].body == #"{"max_running":null}"#)
        #expect(outcome.output.contains("none"))
    }

    @Test func costsAreQueriedAndSummed() async throws {
        let (outcome, requests) = try await CLIRun.run(["cost", "--by", "feature", "--since", "2026-11-01"]) { _, _ in
            let row = #""calls":2,"input_tokens":1000,"cached_tokens":0,"output_tokens":5,"reasoning_tokens":0"#
            let data = ["search", "chat"].map { #"{"key":"\#($0)",\#(row),"cost_usd":"0.5","unknown_costs":0}"# }
            let total = #"{"calls":4,"input_tokens":2000,"cost_usd":"1.0","unknown_costs":0}"#
            return .json(#"{"object":"list","data":[\#(data.joined(separator: ","))],"total":\#(total)}"#)
        }
        #expect(outcome.exitCode == 0)
        #expect(requests[0].target == "/v1/costs?group_by=feature&since=2026-11-01T00%3A00%3A00Z")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.last?.hasPrefix("total") == true && lines.last?.contains("2,000") == true)
    }

    @Test(arguments: [
        ["submit"], ["status", "../x"], ["jobs", "--limit", "0"], ["jobs", "--state", "lost"], ["nonsense"],
        ["submit", "x.jsonl", "--window", "soon"], ["submit", "x.jsonl", "--output", "y"], ["keys", "revoke", "psk_1"],
        ["submit", "x.jsonl", "--tag", "team=x"], ["submit", "x.jsonl", "--tag", "feature=a", "--tag", "feature=b"],
        ["batches", "--url", "localhost"], ["tenants", "set", "t"], ["cost", "--since", "yesterday"],
        ["submit", "x.jsonl", "--max-cost", "0"], ["submit", "x.jsonl", "--max-cost", "$5"],
        ["submit", "x.jsonl", "--metadata", "penstock_max_cost_usd=5"], ["pause"], ["resume"],
        ["pause", "--pool", "a", "--target", "b"], ["pause", "--pool", ".."], ["pause", "--pool", "a/b"],
        ["pause", "--tenant", "t", "--reason", "x"], ["pause", "--pool", "p", "--reason", ""],
        ["change", "job_1"], ["change", "job_1", "--class", "urgent"], ["change", "job_1", "--deadline", "soon"],
        ["change", "batch_req_1_2", "--class", "batch"], ["retry", "batch_1"], ["retry", "job_1", "--failed"],
        ["top", "--interval", "0"], ["top", "--tenants", "0"], ["fleet", "--watch", "--interval", "0"],
        ["tenants", "set", "t", "--max-jobs", "0"],
    ]) func wrongUsageIsExitCode64(arguments: [String]) async throws {
        let outcome = try await CLIRun(arguments, url: nil).outcome()
        #expect(outcome.exitCode == 64, "\(outcome.notes)")
        #expect(outcome.notes.contains("Error:"))
    }

    @Test(arguments: [
        [], ["submit"], ["ask"], ["status"], ["watch"], ["results"], ["cancel"], ["jobs"], ["batches"], ["cost"],
        ["keys"], ["keys", "create"], ["keys", "revoke"], ["tenants"], ["tenants", "set"], ["models"], ["top"],
        ["fleet"], ["pause"],
        ["resume"], ["change"], ["retry"],
    ]) func everyHelpHasAnExample(command: [String]) async throws {
        let outcome = try await CLIRun(command + ["--help"], url: nil, key: nil).outcome()
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("  penstock "))
    }
}
