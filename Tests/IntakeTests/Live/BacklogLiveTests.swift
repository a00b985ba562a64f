import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// Cancelling all that a tenant has.
@Suite(.timeLimit(.minutes(1)))
struct BacklogLiveTests {
    private static let path = "/v1/jobs/cancel"

    private static func cancel(
        _ intake: TestIntake,
        _ path: String = path,
        key: String = TestIntake.acme,
        json: String = ""
    ) async throws -> (jobs: Int64?, batches: Int64?, hasMore: Bool?) {
        let answer = try await intake.ask("POST", path, key: key, json: json)
        #expect(answer.status == 200, "\(answer.text)")
        let portion = try answer.json()
        #expect(portion["object"]?.string == "cancellation")
        return (portion["cancelled"]?.int64, portion["batches_cancelling"]?.int64, portion["has_more"]?.bool)
    }

    /// Puts jobs into a queue past the door.
    private static func fill(_ intake: TestIntake, _ count: Int, _ jobClass: JobClass, age: Duration = .zero)
        async throws
    {
        let epoch = intake.queue.edit { $0.epoch }
        let now = Surroundings.now.adding(.zero - age)
        let jobs = (0..<count).map { _ in
            var job = Samples.job(
                IDGenerator.job(epoch: epoch, at: now).text,
                deadline: now.adding(.seconds(600)),
                createdAt: now
            )
            job.jobClass = jobClass
            return job
        }
        try await intake.queue.enqueue(jobs)
    }

    @Test func jobsOfAllPoolsAndBatchesEnd() async throws {
        try await TestIntake.run { intake in
            let jobs = [try await intake.job(), try await intake.job(model: "gpt-large")]
            let theirs = try await intake.job(key: TestIntake.other)
            let batch = BatchID(try await intake.batch())
            let theirBatch = BatchID(try await intake.batch(key: TestIntake.other))

            #expect(try await Self.cancel(intake) == (2, 1, true), "the batch's lines have yet to go")
            for job in jobs {
                #expect(try await intake.ask("GET", "/v1/jobs/\(job)").json()["state"]?.string == "cancelled")
            }
            #expect(intake.queue.edit { $0.cancelled } == [jobs[0]])
            #expect(intake.secondQueue.edit { $0.cancelled } == [jobs[1]])
            #expect(intake.ledger.edit { $0.batches[batch]?.state } == .cancelling)
            // Again is fine, and counts nothing twice.
            #expect(try await Self.cancel(intake) == (0, 0, true))
            intake.ledger.edit { $0.batches[batch]?.state = .cancelled }
            #expect(try await Self.cancel(intake) == (0, 0, false))

            #expect(intake.queue.edit { $0.live[theirs] } != nil)
            #expect(intake.ledger.edit { $0.batches[theirBatch]?.state } == .validating)
        }
    }

    @Test func aJobThatCompletedMeanwhileStaysSo() async throws {
        try await TestIntake.run { intake in
            let done = try await intake.job()
            let waiting = try await intake.job()
            // The worker has written its row and has yet to settle.
            let job = try #require(intake.queue.edit { $0.live[done]?.job })
            _ = try await intake.ledger.decide([
                TerminalRow(of: job, state: .succeeded, finishedAt: Surroundings.now, attempts: 1)
            ])
            #expect(try await Self.cancel(intake) == (1, 0, false))
            #expect(intake.ledger.edit { $0.rows[done]?.state } == .succeeded)
            #expect(intake.ledger.edit { $0.rows[waiting]?.state } == .cancelled)
        }
    }

    @Test func aLargeBacklogTakesSeveralRequests() async throws {
        try await TestIntake.run { intake in
            try await Self.fill(intake, 2500, .standard)
            #expect(try await Self.cancel(intake) == (1000, 0, true))
            #expect(try await Self.cancel(intake) == (1000, 0, true))
            #expect(try await Self.cancel(intake) == (500, 0, false))
            #expect(intake.queue.edit { $0.live.isEmpty })
        }
    }

    @Test func oneClassAlsoBehindManyOfAnother() async throws {
        try await TestIntake.run { intake in
            try await Self.fill(intake, 5, .interactive, age: .seconds(60))
            try await Self.fill(intake, 3000, .standard)
            let batch = BatchID(try await intake.batch())
            #expect(try await Self.cancel(intake, json: #"{"class":"interactive"}"#) == (5, 0, false))
            #expect(intake.queue.edit { $0.live.count } == 3000)
            #expect(intake.ledger.edit { $0.batches[batch]?.state } == .validating)
            #expect(try await Self.cancel(intake, json: #"{"class":"batch"}"#) == (0, 1, true))
            #expect(intake.queue.edit { $0.live.count } == 3000)
        }
    }

    @Test func adminsCancelForOthers() async throws {
        try await TestIntake.run { intake in
            let tenant = TenantRecord(
                id: TenantID(trusted: "acme"),
                policy: TenantPolicy(),
                createdAt: Surroundings.now
            )
            try await intake.ledger.put(tenant)
            let mine = try await intake.job()
            let theirs = try await intake.job(key: TestIntake.other)
            let path = "/v1/admin/tenants/acme/cancel"
            #expect(try await intake.ask("POST", path).status == 403)
            #expect(try await Self.cancel(intake, path, key: TestIntake.admin) == (1, 0, false))
            #expect(intake.ledger.edit { $0.rows[mine]?.state } == .cancelled)
            #expect(intake.queue.edit { $0.live[theirs] } != nil)
            for (name, status) in [("nobody", 404), ("No%20Name", 400)] {
                let answer = try await intake.ask("POST", "/v1/admin/tenants/\(name)/cancel", key: TestIntake.admin)
                #expect(answer.status == status, "\(name)")
            }
        }
    }

    @Test func wrongRequestsAreRefused() async throws {
        try await TestIntake.run { intake in
            let job = try await intake.job()
            for (body, code, param) in [
                (#"{"class":"gold"}"#, "invalid_value", "class"), (#"{"state":"x"}"#, "unknown_field", "state"),
            ] as [(String, String, String?)] {
                let answer = try await intake.ask("POST", Self.path, json: body)
                #expect(answer.status == 400)
                #expect(try answer.error() == ("invalid_request_error", code, param))
            }
            #expect(try await intake.ask("GET", Self.path).status == 405)
            #expect(intake.queue.edit { $0.live[job] } != nil)
        }
    }
}
