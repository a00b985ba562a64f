import JSON
import TestSupport
import Testing

@testable import penstock

/// Pausing, changing, bounds and refusals: the built program against a scripted server.
@Suite(.timeLimit(.minutes(1))) struct LiveControlTests {
    @Test(arguments: [("pause", "paused"), ("resume", "resumed")]) func aPoolWithAReason(action: String, state: String)
        async throws
    {
        let arguments = [action, "--pool", "eu.west-1", "--reason", "quota \"up\""]
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in
            .json(#"{"object":"pause","kind":"pool","id":"eu.west-1","paused":true,"reason":"quota"}"#)
        }
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(outcome.output == "pool eu.west-1 is \(state): quota\n")
        #expect(outcome.notes.contains("penstock resume --pool eu.west-1") == (action == "pause"))
        #expect(requests.map(\.method) == ["POST"])
        #expect(requests[0].target == "/v1/admin/pools/eu.west-1/\(action)")
        #expect(requests[0].body == #"{"reason":"quota \"up\""}"#)
    }

    @Test func aTargetWithoutOne() async throws {
        let (outcome, requests) = try await CLIRun.run(["resume", "--target", "openai-eu", "--json"]) { _, _ in
            .json(#"{"object":"pause","kind":"target","id":"openai-eu","paused":false,"reason":null}"#)
        }
        #expect(outcome.exitCode == 0)
        #expect(
            outcome.output == #"{"object":"pause","kind":"target","id":"openai-eu","paused":false,"reason":null}"#
                + "\n"
        )
        #expect(requests[0].target == "/v1/admin/targets/openai-eu/resume")
        #expect(requests[0].body == "")
    }

    @Test func aBatchByItsTenant() async throws {
        let (outcome, requests) = try await CLIRun.run(["pause", "--batch", "batch_1"]) { _, _ in
            .json(Samples.batch("in_progress"))
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "batch batch_1 is paused\n")
        #expect(requests[0].target == "/v1/batches/batch_1/pause")
    }

    @Test func aTenantThroughItsPolicy() async throws {
        let script: ScriptedServer.Script = { request, _ in
            request.method == "GET"
                ? .json(#"{"object":"list","data":[{"id":"acme","weight":1}],"has_more":false}"#)
                : .json(#"{"id":"acme","weight":1,"paused":true}"#)
        }
        let (outcome, requests) = try await CLIRun.run(["pause", "--tenant", "acme"], script: script)
        #expect(outcome.exitCode == 0)
        #expect(requests.last?.method == "PUT" && requests.last?.target == "/v1/admin/tenants/acme")
        #expect(requests.last?.body == #"{"paused":true}"#)
        // Setting a tenant makes it: a misspelt one must not.
        let (misspelt, asked) = try await CLIRun.run(["pause", "--tenant", "acne"], script: script)
        #expect(misspelt.exitCode == 1)
        #expect(misspelt.notes.contains("there is no tenant acne"))
        #expect(asked.map(\.method) == ["GET"])
    }

    @Test func aNameThatIsUnknownIsTold() async throws {
        let (outcome, _) = try await CLIRun.run(["pause", "--pool", "nowhere"]) { _, _ in
            .error(404, code: "not_found", message: "No such pool.")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("error: No such pool."))
    }

    @Test func aJobsClassAndDeadline() async throws {
        let arguments = ["change", "job_1", "--class", "interactive", "--deadline", "2h"]
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in .json(Samples.job("waiting")) }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("waiting"))
        #expect(requests[0].method == "PATCH" && requests[0].target == "/v1/jobs/job_1")
        #expect(requests[0].body == #"{"class":"interactive","deadline":"2h"}"#)
    }

    @Test func aBatchsDeadlineAsAMoment() async throws {
        let (outcome, requests) = try await CLIRun.run(["change", "batch_1", "--deadline", "1900000000"]) { _, _ in
            .json(Samples.batch("in_progress"))
        }
        #expect(outcome.exitCode == 0)
        #expect(requests[0].method == "PATCH" && requests[0].target == "/v1/batches/batch_1")
        #expect(requests[0].body == #"{"deadline":1900000000}"#)
    }

    @Test func whatHasEndedIsNotChanged() async throws {
        let (outcome, requests) = try await CLIRun.run(["change", "job_1", "--class", "batch"]) { _, _ in
            .error(409, code: "job_finished", message: "The job is succeeded already.")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("The job is succeeded already."))
        #expect(requests.count == 1)
    }

    @Test func boundsOfATenant() async throws {
        let arguments = [
            "tenants", "set", "t", "--requests-per-minute", "60", "--tokens-per-minute", "none", "--max-jobs", "5000",
            "--max-bytes", "1000000", "--max-tokens", "none", "--no-paused",
        ]
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in
            .json(#"{"id":"t","weight":3,"max_running":null,"requests_per_minute":60,"max_jobs":5000,"paused":true}"#)
        }
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(
            requests[0].body == #"{"requests_per_minute":60,"tokens_per_minute":null,"max_jobs":5000,"#
                + #""max_bytes":1000000,"max_tokens":null,"paused":false}"#
        )
        let rows = outcome.output.split(separator: "\n")
        #expect(rows[0].hasPrefix("TENANT  WEIGHT  MAX RUNNING  REQUESTS/MIN  TOKENS/MIN  MAX JOBS  MAX BYTES"))
        #expect(
            rows[1].split(separator: " ").prefix(9) == ["t", "3", "none", "60", "none", "5,000", "none", "none", "yes"]
        )
    }

    @Test func aDeadlineThatCannotBeMetIsToldAtOnce() async throws {
        let message = "It would start in 90 s, its deadline is in 10 s; queue_anyway: true queues it anyway."
        let (outcome, requests) = try await CLIRun.run(["ask", "m", "Why?", "--deadline", "10s"]) { _, _ in
            .error(429, code: "deadline_unmeetable", message: message, headers: [("Retry-After", "42")])
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.notes.contains("error: It would start in 90 s, its deadline is in 10 s;"))
        #expect(outcome.notes.contains("--queue-anyway"))
        #expect(outcome.notes.contains("come back in 42s"))
        #expect(requests.count == 1)
        #expect(!requests[0].body.contains("queue_anyway"))
    }

    @Test func queueingAnywayIsSentAndTheStartIsTold() async throws {
        let arguments = ["ask", "m", "Why?", "--deadline", "10s", "--queue-anyway"]
        let (outcome, requests) = try await CLIRun.run(arguments) { _, _ in
            .json(#"{"id":"job_1","state":"waiting","position":3,"expected_start_in_seconds":89.5}"#, status: 202)
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "job_1\n")
        #expect(outcome.notes.contains("Job accepted; starts in about 1m 30s."))
        #expect(requests[0].body.contains(#""deadline":"10s","queue_anyway":true"#))
    }

    @Test func aFullQueueIsComeBackToAsItSays() async throws {
        let (outcome, requests) = try await CLIRun.run(["ask", "m", "Why?"]) { _, number in
            number == 1
                ? .error(
                    429,
                    code: "tenant_jobs_limit",
                    message: "5 of 5 jobs are live.",
                    headers: [("Retry-After", "3")]
                ) : .json(Samples.job("waiting"), status: 202)
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.notes.contains("5 of 5 jobs are live. Next try in 3s."))
        #expect(requests.count == 2)
        #expect(requests[0].headers["idempotency-key"] == requests[1].headers["idempotency-key"])
    }

    @Test func aRequestThatFitsNoLimitIsNotTriedAgain() async throws {
        let (outcome, requests) = try await CLIRun.run(["ask", "m", "Why?"]) { _, _ in
            .error(400, code: "request_exceeds_rate_limit", message: "About 9,000 tokens; the limit is 8,000 a minute.")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("the limit is 8,000 a minute"))
        #expect(requests.count == 1)
    }

    @Test func theCostLimitIsDocumentedMetadata() async throws {
        try await TestFiles.inDirectory { directory in
            try TestFiles.write(Samples.requestLines, to: directory.file("in.jsonl"))
            let arguments = ["submit", directory.file("in.jsonl"), "--max-cost", "5.00"]
            let (outcome, requests) = try await CLIRun.run(arguments) { request, _ in
                request.path == "/v1/files" ? .json(#"{"id":"file-1"}"#) : .json(Samples.batch("validating", total: 0))
            }
            #expect(outcome.exitCode == 0, "\(outcome.notes)")
            #expect(requests[1].body.hasSuffix(#""metadata":{"penstock_max_cost_usd":"5.00"}}"#))
        }
    }

    @Test func statusOfABatchShowsItsPauseAndCostLimit() async throws {
        let batch = Samples.batch("in_progress", completed: 1)
            .replacing(#""metadata""#, with: #""penstock":{"paused_at":1700000000,"max_cost_usd":"5.00"},"metadata""#)
        let (outcome, _) = try await CLIRun.run(["status", "batch_1"]) { _, _ in .json(batch) }
        #expect(outcome.output.contains("paused since  2023-11-14 22:13:20Z, resume: penstock resume --batch batch_1"))
        #expect(outcome.output.contains("cost limit    $5.00"))
    }

    @Test func theListSaysWhatJobsWaitForInBrief() async throws {
        let job =
            #"{"id":"job_1","state":"waiting","waiting_for":"tenant_share","position":2,"expected_start_in_seconds":8}"#
        let (outcome, _) = try await CLIRun.run(["jobs"]) { _, _ in
            .json(#"{"object":"list","data":[\#(job)],"has_more":false}"#)
        }
        #expect(outcome.output.contains("waits for tenant_share, 2 before it, about 8s"))
    }
}
