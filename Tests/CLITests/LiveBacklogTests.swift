import JSON
import TestSupport
import Testing

@testable import penstock

/// Quarantine and the cancelling of a whole backlog: the built program against a scripted server.
@Suite(.timeLimit(.minutes(1))) struct LiveBacklogTests {
    private static func portion(_ jobs: Int, _ batches: Int, more: Bool) -> Reply {
        .json(#"{"object":"cancellation","cancelled":\#(jobs),"batches_cancelling":\#(batches),"has_more":\#(more)}"#)
    }

    private static func poisoned(_ id: String, requeuedAs next: String) -> String {
        #"{"id":"\#(id)","state":"failed","error":{"code":"penstock_poison","message":"died"},"requeued_as":\#(next)}"#
    }

    @Test func quarantinedJobsAreListed() async throws {
        let (outcome, requests) = try await CLIRun.run(["jobs", "--quarantined", "--limit", "5"]) { _, _ in
            let jobs = [Self.poisoned("job_1", requeuedAs: "\"job_9\""), Self.poisoned("job_2", requeuedAs: "null")]
            return .json(#"{"object":"list","data":[\#(jobs.joined(separator: ","))],"has_more":false}"#)
        }
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(requests.map(\.target) == ["/v1/jobs?quarantined=true&limit=5"])
        #expect(outcome.output.contains("requeued as job_9") && outcome.output.contains("penstock_poison: died"))
        #expect(outcome.notes.contains("penstock requeue job_2"))
        let both = try await CLIRun(["jobs", "--quarantined", "--state", "failed"], url: nil).outcome()
        #expect(both.exitCode == 64)
    }

    @Test func oneThatCannotBeRequeuedDoesNotHoldUpTheOthers() async throws {
        let (outcome, requests) = try await CLIRun.run(["requeue", "job_1", "job_2", "batch_req_0_3"]) { request, _ in
            request.path.contains("job_2")
                ? .error(409, code: "job_not_quarantined", message: "Only a quarantined job can be requeued.")
                : .json(#"{"id":"job_9","state":"waiting"}"#, status: 202)
        }
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "job_1 is requeued as job_9\nbatch_req_0_3 is requeued as job_9\n")
        #expect(outcome.notes.contains("job_2: Only a quarantined job can be requeued."))
        let paths = ["job_1", "job_2", "batch_req_0_3"].map { "/v1/jobs/\($0)/requeue" }
        #expect(requests.map(\.target) == paths && requests.allSatisfy { $0.method == "POST" })
    }

    @Test func whatConcernsAllStopsAtOnce() async throws {
        let (outcome, requests) = try await CLIRun.run(["requeue", "job_1", "job_2"]) { _, _ in
            .error(401, code: "invalid_api_key", message: "Send a valid API key.")
        }
        #expect(outcome.exitCode == 1 && requests.count == 1)
        for arguments in [["requeue"], ["requeue", "batch_1"], ["requeue", "a/b"]] {
            #expect(try await CLIRun(arguments, url: nil).outcome().exitCode == 64)
        }
    }

    @Test func aBacklogIsCancelledPortionByPortion() async throws {
        let (outcome, requests) = try await CLIRun.run(["cancel", "--all", "--class", "batch", "--yes"]) { _, number in
            switch number {
            case 1: Self.portion(1000, 2, more: true)
            case 2: Self.portion(1000, 0, more: true)
            case 3: Self.portion(0, 0, more: true)
            default: Self.portion(234, 0, more: false)
            }
        }
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(outcome.output == "2,234 jobs and 2 batches were cancelled\n")
        #expect(requests.count == 4)
        #expect(requests.allSatisfy { $0.target == "/v1/jobs/cancel" && $0.body == #"{"class":"batch"}"# })
    }

    @Test func anothersBacklogByItsName() async throws {
        let (outcome, requests) = try await CLIRun.run(["cancel", "--all", "--tenant", "acme", "-y", "--json"]) {
            _,
            _ in
            Self.portion(3, 0, more: false)
        }
        #expect(outcome.exitCode == 0)
        #expect(
            outcome.output
                == #"{"object":"cancellation","cancelled":3,"batches_cancelling":0,"has_more":false}"# + "\n"
        )
        #expect(requests.map(\.target) == ["/v1/admin/tenants/acme/cancel"] && requests[0].body == "")
    }

    @Test(arguments: [("y\n", true), ("\n", false), ("no\n", false)])
    func aPersonIsAskedFirst(_ keys: String, _ isSure: Bool) async throws {
        let terminal = try PseudoTerminal(columns: 100)
        try await ScriptedServer.run({ _, _ in Self.portion(1, 0, more: false) }) { server in
            var run = CLIRun(["cancel", "--all"], url: server.url)
            run.input = terminal.program
            run.notes = .descriptor(terminal.program)
            let outcome = try await run.outcome { _ in
                try await terminal.waitFor("all jobs and batches of your tenant that have not ended? [y/N]")
                #expect(server.requests.isEmpty)
                terminal.type(keys)
            }
            #expect(outcome.exitCode == (isSure ? 0 : 1))
            #expect(server.requests.count == (isSure ? 1 : 0))
        }
    }

    @Test func whereNobodyCanBeAskedNothingIsCancelled() async throws {
        let (outcome, requests) = try await CLIRun.run(["cancel", "--all"]) { _, _ in Self.portion(1, 0, more: false) }
        #expect(outcome.exitCode == 1 && requests.isEmpty)
        #expect(outcome.notes.contains("give --yes"))
        for arguments in [["cancel"], ["cancel", "job_1", "--all"], ["cancel", "job_1", "--tenant", "t"]] {
            #expect(try await CLIRun(arguments, url: nil).outcome().exitCode == 64)
        }
    }
}
