import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// Quarantined jobs are seen and made anew.
@Suite(.timeLimit(.minutes(1)))
struct RequeueLiveTests {
    /// Quarantines a job as a worker would.
    private static func quarantine(_ intake: TestIntake, _ id: JobID) async throws {
        let job = try #require(intake.queue.edit { $0.live[id]?.job })
        try await intake.ledger.keepForRequeue(job, pool: intake.queue.pool)
        _ = try await intake.ledger.decide([row(of: job)])
        intake.queue.edit { $0.live[id] = nil }
    }

    private static func row(of job: Job) -> TerminalRow {
        let error = JobError(.penstockPoison, "10 workers died while they held this job.")
        return TerminalRow(of: job, state: .failed, finishedAt: Surroundings.now, error: error, attempts: 10)
    }

    /// Quarantines a line of a batch whose input has a blank line before it.
    private static func quarantineLine(_ intake: TestIntake) async throws -> (JobID, file: String) {
        func line(_ text: String) -> String {
            #"{"custom_id":"\#(text)","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-small","#
                + #""messages":[{"role":"user","content":"\#(text)"}]}}"# + "\n"
        }
        let file = try await intake.upload(line("one") + "\n" + line("three") + line("four"))
        let created = try await intake.ask("POST", "/v1/batches", json: TestIntake.batchBody(file)).json()
        let batch = BatchID(try #require(created["id"]?.string))
        var job = Samples.job(
            JobID(batch: batch, line: 3).text,
            deadline: Surroundings.now.adding(.seconds(600)),
            createdAt: Surroundings.now
        )
        job.line = BatchLine(batch: batch, number: 3, customID: "three")
        job.jobClass = .batch
        _ = try await intake.ledger.decide([row(of: job)])
        return (job.id, file)
    }

    private static func requeue(_ intake: TestIntake, _ id: JobID, key: String = TestIntake.acme) async throws
        -> RawAnswer
    {
        try await intake.ask("POST", "/v1/jobs/\(id)/requeue", key: key)
    }

    @Test func quarantinedJobsAreListedPageByPage() async throws {
        try await TestIntake.run { intake in
            let failed = try await intake.job()
            try await JobsLiveTests.finish(intake, failed, state: .failed)
            var ids: [JobID] = []
            for _ in 0..<3 {
                let id = try await intake.job()
                try await Self.quarantine(intake, id)
                ids.append(id)
            }
            let (line, _) = try await Self.quarantineLine(intake)
            ids.append(line)
            var seen: Set<String> = []
            var page = try await intake.ask("GET", "/v1/jobs?quarantined=true&limit=2").json()
            #expect(page["has_more"]?.bool == true)
            for job in page["data"]?.elements.map({ $0 }) ?? [] { seen.insert(job["id"]?.string ?? "") }
            let last = try #require(page["last_id"]?.string)
            page = try await intake.ask("GET", "/v1/jobs?quarantined=true&limit=2&after=\(last)").json()
            #expect(page["has_more"]?.bool == false)
            for job in page["data"]?.elements.map({ $0 }) ?? [] { seen.insert(job["id"]?.string ?? "") }
            #expect(seen == Set(ids.map(\.text)))
            for key in [TestIntake.other, TestIntake.admin] {
                let theirs = try await intake.ask("GET", "/v1/jobs?quarantined=true", key: key).json()
                #expect(theirs["data"]?.count == 0)
            }
            let both = try await intake.ask("GET", "/v1/jobs?quarantined=true&state=waiting")
            #expect(both.status == 400)
            #expect(try both.error() == ("invalid_request_error", "invalid_value", "state"))
            let wrong = try await intake.ask("GET", "/v1/jobs?quarantined=yes")
            #expect(try wrong.error() == ("invalid_request_error", "invalid_value", "quarantined"))
        }
    }

    @Test func aRequeuedJobIsANewOneWithTheSameRequest() async throws {
        try await TestIntake.run { intake in
            let extra = #","class":"interactive","deadline":"15m","tags":{"feature":"f"},"metadata":{"k":"v"}"#
            let id = try await intake.job(extra)
            let before = try #require(intake.queue.edit { $0.live[id]?.job })
            try await Self.quarantine(intake, id)
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["requeued_as"]?.isNull == true)

            let answer = try await Self.requeue(intake, id)
            #expect(answer.status == 202, "\(answer.text)")
            let made = JobID(try #require(try answer.json()["id"]?.string))
            #expect(made != id && answer.headers["location"] == "/v1/jobs/\(made)")
            let job = try #require(intake.queue.edit { $0.live[made]?.job })
            #expect(job.body == .inLedger && job.durability == .ledger && job.line == nil)
            #expect(try await intake.ledger.acceptedBody(of: made).map { JobBody.inline($0) } == before.body)
            #expect(job.jobClass == .interactive && job.tags == before.tags && job.metadata == before.metadata)
            #expect(job.estimate == before.estimate)
            #expect(job.deadline.since(job.createdAt) == .seconds(900))

            // Again is fine, also once the new one has ended.
            #expect(try await Self.requeue(intake, id).json()["id"]?.string == made.text)
            try await JobsLiveTests.finish(intake, made)
            let again = try await Self.requeue(intake, id)
            #expect(again.status == 202)
            #expect(try again.json()["id"]?.string == made.text)
            #expect(try again.json()["state"]?.string == "succeeded")

            let old = try await intake.ask("GET", "/v1/jobs/\(id)").json()
            #expect(old["requeued_as"]?.string == made.text)
            #expect(old["state"]?.string == "failed")
            #expect(old.path("error", "code")?.string == "penstock_poison")
            let listed = try await intake.ask("GET", "/v1/jobs?quarantined=true").json()
            #expect(listed["data"]?.elements.map { $0["requeued_as"]?.string } == [made.text])
            #expect(try await intake.ledger.quarantinedRequest(of: id) == nil)
        }
    }

    @Test func whatTheHeadersSaidGoesAlong() async throws {
        try await TestIntake.run { intake in
            let beta = "OpenAI-Beta: b=1"
            let answer = try await intake.ask("POST", "/v1/jobs", headers: [beta], json: TestIntake.jobBody())
            let id = JobID(try #require(try answer.json()["id"]?.string))
            try await Self.quarantine(intake, id)
            let made = JobID(try #require(try await Self.requeue(intake, id).json()["id"]?.string))
            #expect(intake.queue.edit { $0.live[made]?.job.headers.values } == ["openai-beta": "b=1"])
        }
    }

    @Test func manyAtOnceMakeOneJob() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            try await Self.quarantine(intake, id)
            let made = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await Self.requeue(intake, id).json()["id"]?.string }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(made.count == 1 && !made.contains(nil))
            #expect(intake.queue.edit { $0.enqueued.count } == 2, "the first one and its successor")
        }
    }

    @Test func aBreakInBetweenIsMadeGood() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            try await Self.quarantine(intake, id)
            // Whoever reserved the new id got no further, and the queue was emptied since.
            let key = IdempotencyKey(
                tenant: TenantID(trusted: "acme"),
                scope: "requeue",
                key: id.text,
                requestHash: ""
            )
            let reserved = IDGenerator.job(epoch: intake.queue.edit { $0.epoch }, at: Surroundings.now)
            _ = try await intake.ledger.reserve(key, for: reserved.text, at: Surroundings.now)
            intake.queue.edit { $0.epoch = IDGenerator.epoch() }
            let answer = try await Self.requeue(intake, id)
            #expect(answer.status == 202, "\(answer.text)")
            #expect(try answer.json()["id"]?.string == reserved.text)
            #expect(intake.queue.edit { $0.live[reserved] } != nil)
        }
    }

    @Test func aLineIsMadeAnewFromItsBatchsInput() async throws {
        try await TestIntake.run { intake in
            let (line, file) = try await Self.quarantineLine(intake)
            let answer = try await Self.requeue(intake, line)
            #expect(answer.status == 202, "\(answer.text)")
            let job = try answer.json()
            #expect(job["batch_id"]?.isNull == true && job["class"]?.string == "batch")
            let made = JobID(try #require(job["id"]?.string))
            let body = try #require(try await intake.ledger.acceptedBody(of: made))
            #expect(
                String(decoding: body, as: UTF8.self)
                    == #"{"model":"gpt-small","messages":[{"role":"user","content":"three"}]}"#
            )
            // Without the file there is nothing to make it of, but what was made is still told.
            let (second, otherFile) = try await Self.quarantineLine(intake)
            for file in [file, otherFile] { #expect(try await intake.ledger.delete(FileID(file))) }
            let gone = try await Self.requeue(intake, second)
            #expect(gone.status == 410)
            #expect(try gone.error().code == "request_gone")
            #expect(try await Self.requeue(intake, line).json()["id"]?.string == made.text)
        }
    }

    @Test func whatCannotBeRequeued() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job(#","class":"interactive""#)
            let live = try await Self.requeue(intake, id)
            #expect(live.status == 409)
            try await Self.quarantine(intake, id)
            let failed = try await intake.job()
            try await JobsLiveTests.finish(intake, failed, state: .failed)
            let refused = try await Self.requeue(intake, failed)
            #expect(refused.status == 409)
            #expect(refused.headers["x-should-retry"] == "false")
            #expect(try refused.error().code == "job_not_quarantined")
            for key in [TestIntake.other, TestIntake.admin] {
                #expect(try await Self.requeue(intake, id, key: key).status == 404)
            }
            #expect(try await Self.requeue(intake, JobID("job_unknown")).status == 404)
            let forbidden = try await Self.requeue(intake, id, key: TestIntake.batchOnly)
            #expect(try forbidden.error().code == "class_not_allowed")
            // The door refuses as it does any other; nothing is reserved by that.
            let refusal = AdmissionRefusal(
                reason: .tenantJobs,
                cap: 1,
                used: 1,
                expectedStart: nil,
                retryAfter: .seconds(3)
            )
            intake.queue.edit { $0.admission = .refused(refusal) }
            let full = try await Self.requeue(intake, id)
            #expect(full.status == 429 && full.headers["retry-after"] == "3")
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["requeued_as"]?.isNull == true)
            intake.queue.edit { $0.admission = .accepted(expectedStart: nil) }
            intake.ledger.edit { $0.quarantined = [:] }
            let gone = try await Self.requeue(intake, id)
            #expect(gone.status == 410)
            #expect(try gone.error().code == "request_gone")
        }
    }
}
