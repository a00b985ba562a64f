import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct ChangeLiveTests {
    @Test func aWaitingJobIsChanged() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            func change(_ body: String) async throws -> RawAnswer {
                try await intake.ask("PATCH", "/v1/jobs/\(id)", json: body)
            }
            let both = try await change(#"{"class":"interactive","deadline":"10m"}"#)
            #expect(both.status == 200)
            #expect(try both.json()["class"]?.string == "interactive")
            let now = Surroundings.now.seconds
            #expect(try both.json()["deadline_at"]?.int64.map { (now + 598...now + 601).contains($0) } == true)
            #expect(try await change(#"{"class":"batch"}"#).json()["class"]?.string == "batch")
            #expect(intake.queue.edit { $0.changes[id] } == JobChange(jobClass: .batch))
            #expect(try await change(#"{"deadline":\#(now + 1000)}"#).json()["deadline_at"]?.int64 == now + 1000)
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["class"]?.string == "batch")
        }
    }

    @Test func wrongChangesAreRefused() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let batch = try await intake.batch()
            for path in ["/v1/jobs/\(id)", "/v1/batches/\(batch)"] {
                for (body, code, param) in [
                    ("{}", "missing_required_parameter", nil), (#"{"class":null}"#, "missing_required_parameter", nil),
                    (#"{"class":"gold"}"#, "invalid_value", "class"),
                    (#"{"deadline":"31d"}"#, "invalid_deadline", "deadline"),
                    (#"{"deadline":1}"#, "invalid_deadline", "deadline"),
                    (#"{"weight":3}"#, "unknown_field", "weight"),
                ] as [(String, String, String?)] {
                    let answer = try await intake.ask("PATCH", path, json: body)
                    #expect(answer.status == 400, "\(path) \(body)")
                    #expect(try answer.error() == ("invalid_request_error", code, param), "\(path) \(body)")
                }
                let forbidden = try await intake.ask(
                    "PATCH",
                    path,
                    key: TestIntake.batchOnly,
                    json: #"{"class":"interactive"}"#
                )
                #expect(forbidden.status == 403)
                #expect(try forbidden.error().code == "class_not_allowed")
                let own = try await intake.ask("PATCH", path, key: TestIntake.batchOnly, json: #"{"deadline":"1h"}"#)
                #expect(own.status == 200)
            }
        }
    }

    @Test func finishedJobsAndLinesAreNotChanged() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            try await JobsLiveTests.finish(intake, id)
            let late = try await intake.ask("PATCH", "/v1/jobs/\(id)", json: #"{"class":"batch"}"#)
            #expect(late.status == 409)
            #expect(late.headers["x-should-retry"] == "false")
            #expect(try late.error().code == "job_finished")
            let row = FilesLiveTests.row(BatchID("batch_b"), line: 1, state: .succeeded)
            intake.ledger.edit { $0.rows[row.job] = row }
            let line = try await intake.ask("PATCH", "/v1/jobs/\(row.job)", json: #"{"class":"batch"}"#)
            #expect(line.status == 404)
        }
    }

    @Test func aJobThatItsQueueDoesNotHaveIsBroughtThereAndChanged() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job(#","durability":"ledger""#)
            intake.queue.edit { $0.live[id] = nil }
            let answer = try await intake.ask("PATCH", "/v1/jobs/\(id)", json: #"{"class":"batch"}"#)
            #expect(try answer.json()["class"]?.string == "batch")
            #expect(intake.queue.edit { $0.live[id]?.job.jobClass } == .batch)
        }
    }

    @Test func aBatchIsPausedAndResumed() async throws {
        try await TestIntake.run { intake in
            let id = BatchID(try await intake.batch())
            intake.ledger.edit { $0.conflictsToCome = 3 }
            let paused = try await intake.ask("POST", "/v1/batches/\(id)/pause")
            #expect(paused.status == 200)
            let since = try #require(try paused.json().path("penstock", "paused_at")?.int64)
            #expect(intake.ledger.edit { $0.batches[id]?.pausedAt?.seconds } == since)
            #expect(try await intake.ask("POST", "/v1/batches/\(id)/pause").body == paused.body)
            for _ in 0..<2 {
                let resumed = try await intake.ask("POST", "/v1/batches/\(id)/resume").json()
                #expect(resumed.path("penstock", "paused_at")?.isNull == true)
            }
            for state in [BatchState.completed, .failed, .expired, .cancelled, .cancelling, .finalizing] {
                intake.ledger.edit { $0.batches[id]?.state = state }
                for (method, path) in [("POST", "/pause"), ("POST", "/resume"), ("PATCH", "")] {
                    let body = method == "PATCH" ? #"{"class":"batch"}"# : ""
                    let answer = try await intake.ask(method, "/v1/batches/\(id)\(path)", json: body)
                    #expect(answer.status == 409, "\(state) \(path)")
                    #expect(try answer.error().code == "batch_finished")
                    #expect(answer.headers["x-should-retry"] == "false")
                }
            }
        }
    }

    @Test func aBatchesClassAndDeadlineAreChanged() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.batch()
            let body = #"{"class":"interactive","deadline":"10m"}"#
            let changed = try await intake.ask("PATCH", "/v1/batches/\(id)", json: body).json()
            #expect(changed.path("penstock", "class")?.string == "interactive")
            #expect(changed["completion_window"]?.string == "24h")
            let stored = try #require(intake.ledger.edit { $0.batches[BatchID(id)] })
            #expect(stored.jobClass == .interactive)
            #expect(changed["expires_at"]?.int64 == stored.expiresAt.seconds)
            #expect((590...601).contains(stored.expiresAt.seconds - Surroundings.now.seconds))
        }
    }

    @Test func whatABatchMayCostIsKeptAndShown() async throws {
        func body(_ file: String) -> String {
            TestIntake.batchBody(file, #","metadata":{"penstock_max_cost_usd":"5.5"}"#)
        }
        try await TestIntake.run { intake in
            let answer = try await intake.ask("POST", "/v1/batches", json: body(try await intake.upload("{}\n")))
            let batch = try answer.json()
            #expect(batch.path("penstock", "max_cost_usd")?.string == "5.50")
            #expect(batch.path("metadata", "penstock_max_cost_usd")?.string == "5.5")
            let id = BatchID(try #require(batch["id"]?.string))
            #expect(intake.ledger.edit { $0.batches[id]?.maxCost } == Nanodollars(5_500_000_000))
        }
        try await TestIntake.run(isPriced: false) { intake in
            let answer = try await intake.ask("POST", "/v1/batches", json: body(try await intake.upload("{}\n")))
            #expect(answer.status == 400)
            #expect(try answer.error() == ("invalid_request_error", "no_price", "metadata.penstock_max_cost_usd"))
        }
    }
}
