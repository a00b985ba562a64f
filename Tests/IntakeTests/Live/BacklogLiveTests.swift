import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct BacklogLiveTests {
    private func counts(_ answer: RawAnswer) throws -> [Int64?] {
        let json = try answer.json()
        return [json["jobs"]?.int64, json["batches"]?.int64, json["has_more"]?.bool.map { $0 ? 1 : 0 }]
    }

    @Test func everythingOfOnesOwnAndNothingOfOthers() async throws {
        try await TestIntake.run { intake in
            let jobs = [
                try await intake.job(), try await intake.job(model: "gpt-large"),
                try await intake.job(#","durability":"ledger""#),
            ]
            let batch = BatchID(try await intake.batch())
            let (others, othersBatch) = (
                try await intake.job(key: TestIntake.other), BatchID(try await intake.batch(key: TestIntake.other))
            )
            let first = try await intake.ask("POST", "/v1/jobs/cancel")
            #expect(first.status == 200)
            #expect(try counts(first) == [3, 1, 1])
            #expect(try first.json()["tenant"]?.string == "acme")
            for id in jobs { #expect(intake.ledger.edit { $0.rows[id]?.state } == .cancelled) }
            #expect(intake.ledger.edit { $0.rows[jobs[0]]?.error?.errorClass } == .callerCancelled)
            #expect(intake.queue.edit { Set($0.cancelled) } == [jobs[0], jobs[2]])
            #expect(intake.secondQueue.edit { $0.cancelled } == [jobs[1]])
            #expect(intake.ledger.edit { $0.batches[batch]?.state } == .cancelling)
            // The batch is still on its way; nothing is cancelled twice.
            #expect(try counts(try await intake.ask("POST", "/v1/jobs/cancel")) == [0, 0, 1])
            intake.ledger.edit { $0.batches[batch]?.state = .cancelled }
            #expect(try counts(try await intake.ask("POST", "/v1/jobs/cancel")) == [0, 0, 0])
            #expect(intake.ledger.edit { $0.rows[others] } == nil)
            #expect(intake.ledger.edit { $0.batches[othersBatch]?.state } == .validating)
        }
    }

    @Test func whatEndedOtherwiseStaysAsItEnded() async throws {
        try await TestIntake.run { intake in
            let (won, lost) = (try await intake.job(), try await intake.job())
            let status = intake.queue.edit { $0.live[lost] }
            try await JobsLiveTests.finish(intake, lost)
            // Its row is there and its worker has not settled it yet.
            intake.queue.edit { $0.live[lost] = status }
            #expect(try counts(try await intake.ask("POST", "/v1/jobs/cancel")) == [1, 0, 1])
            #expect(intake.ledger.edit { $0.rows[lost]?.state } == .succeeded)
            #expect(intake.queue.edit { $0.cancelled } == [won])
        }
    }

    @Test func aRequestThatBrokeOffIsRepeated() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let status = intake.queue.edit { $0.live[id] }
            _ = try await intake.ask("POST", "/v1/jobs/cancel")
            // The row was written, the queue was not told.
            intake.queue.edit { $0.live[id] = status }
            #expect(try counts(try await intake.ask("POST", "/v1/jobs/cancel")) == [0, 0, 1])
            #expect(intake.queue.edit { $0.live[id] } == nil)
        }
    }

    @Test func aLargeBacklogGoesPartByPart() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let status = try #require(intake.queue.edit { $0.live[id] })
            intake.queue.edit { state in
                for number in 0..<2500 {
                    var copy = status
                    copy.job.id = JobID("\(status.job.id.text)x\(number)")
                    state.live[copy.job.id] = copy
                }
            }
            var total: Int64 = 0
            for expected in [1000, 1000, 501, 0] as [Int64] {
                let found = try counts(try await intake.ask("POST", "/v1/jobs/cancel"))
                #expect(found == [expected, 0, expected > 0 ? 1 : 0])
                total += found[0] ?? 0
            }
            #expect(total == 2501)
        }
    }

    @Test func adminsCancelForAnyTenantThatIs() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let path = "/v1/admin/tenants/acme/cancel"
            #expect(try await intake.ask("POST", path, key: TestIntake.admin).status == 404)
            _ = try await intake.ask("PUT", "/v1/admin/tenants/acme", key: TestIntake.admin, json: "{}")
            #expect(try counts(try await intake.ask("POST", path, key: TestIntake.admin)) == [1, 0, 1])
            #expect(intake.ledger.edit { $0.rows[id]?.state } == .cancelled)
        }
    }

    @Test func withoutALedgerOrAQueueItIsRefusedForNow() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            func refused(_ code: String) async throws {
                for path in ["/v1/jobs/cancel", "/v1/jobs/\(id)/cancel"] {
                    let answer = try await intake.ask("POST", path)
                    #expect(answer.status == 503, "\(path)")
                    #expect(try answer.error().code == code)
                    #expect(answer.headers["retry-after"].flatMap { Int($0) }.map((1...60).contains) == true)
                }
            }
            intake.ledger.edit { $0.failure = LedgerUnavailable("away") }
            try await refused("ledger_unavailable")
            intake.ledger.edit { $0.failure = nil }
            intake.queue.edit { $0.failure = QueueUnavailable("away") }
            try await refused("queue_unavailable")
            intake.queue.edit { $0.failure = nil }
            #expect(try await intake.ask("POST", "/v1/jobs/\(id)/cancel").status == 200)
        }
    }
}
