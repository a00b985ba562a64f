import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct JobsLiveTests {
    /// Ends a job as a worker would.
    static func finish(
        _ intake: TestIntake,
        _ id: JobID,
        state: TerminalState = .succeeded,
        body: String = #"{"x":1.50}"#
    ) async throws {
        let status = try #require(intake.queue.edit { $0.live[id] } ?? intake.secondQueue.edit { $0.live[id] })
        let response = ProviderResponse(
            statusCode: state == .succeeded ? 200 : 400,
            requestID: "req_p",
            body: Array(body.utf8)
        )
        let error = state == .succeeded ? nil : JobError(.callerInvalidRequest, "bad")
        let row = TerminalRow(
            of: status.job,
            state: state,
            finishedAt: Surroundings.now,
            response: response,
            error: error,
            attempts: 2
        )
        for number in 1...2 {
            let attempt = AttemptRow(
                id: AttemptID("attempt\(number)"),
                job: id,
                batch: nil,
                tenant: status.job.tenant,
                tags: JobTags(),
                pool: intake.queue.pool,
                target: "t",
                provider: "openai",
                model: status.job.model,
                startedAt: Surroundings.now,
                durationMilliseconds: 12,
                outcome: number == 1 ? .unknown : .succeeded,
                statusCode: number == 1 ? nil : 200,
                usage: number == 1 ? nil : Usage(input: 10, cachedInput: 2, output: 5, reasoning: 1),
                cost: number == 1 ? nil : Nanodollars(150_000),
                priceVersion: "v"
            )
            _ = try await intake.ledger.record(Completion(attempt: attempt, terminal: number == 2 ? row : nil))
        }
        intake.queue.edit { $0.live[id] = nil }
        intake.secondQueue.edit { $0.live[id] = nil }
        intake.events.announce(id)
    }

    @Test func createAndRead() async throws {
        try await TestIntake.run { intake in
            let extra = #","class":"interactive","deadline":"15m","tags":{"feature":"f"},"metadata":{"k": "v"}"#
            let answer = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(extra))
            #expect(answer.status == 202)
            let job = try answer.json()
            let id = JobID(try #require(job["id"]?.string))
            #expect(answer.headers["location"] == "/v1/jobs/\(id)")
            #expect(job["state"]?.string == "waiting")
            #expect(job["durability"]?.string == "redis")
            #expect(job.path("metadata", "k")?.string == "v")
            #expect(job.path("tags", "feature")?.string == "f")
            #expect(job["result"]?.isNull == true)
            let created = try #require(job["created_at"]?.int64)
            let deadline = try #require(job["deadline_at"]?.int64)
            #expect((899...901).contains(deadline - created))
            let status = try #require(intake.queue.edit { $0.live[id] })
            #expect(status.job.jobClass == .interactive)
            #expect(
                status.job.body
                    == .inline(Array(#"{"model":"gpt-small","messages":[{"role":"user","content":"hi"}]}"#.utf8))
            )
            let read = try await intake.ask("GET", "/v1/jobs/\(id)").json()
            #expect(read["waiting_for"]?.string == "tokens")
            #expect(read["position"]?.int64 == 3)
        }
    }

    @Test func readsARunningAndADelayedJob() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            intake.queue.edit { $0.live[id]?.phase = .running(target: "t", since: Surroundings.now) }
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["state"]?.string == "running")
            intake.queue.edit { $0.live[id]?.phase = .delayed(until: Surroundings.now) }
            intake.queue.edit { $0.live[id]?.expectedStart = .milliseconds(2500) }
            let delayed = try await intake.ask("GET", "/v1/jobs/\(id)").json()
            #expect(delayed["state"]?.string == "delayed")
            #expect(delayed["waiting_for"]?.string == "retry_delay")
            #expect(delayed["expected_start_in_seconds"]?.double == 2.5)
        }
    }

    @Test func readsAFinishedJobAndItsAttempts() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            try await Self.finish(intake, id)
            let answer = try await intake.ask("GET", "/v1/jobs/\(id)")
            #expect(
                answer.text.contains(
                    #""result":{"status_code":200,"request_id":"req_p","body":{"x":1.50}},"error":null"#
                )
            )
            let job = try answer.json()
            #expect(job["state"]?.string == "succeeded")
            #expect(job["attempts"]?.int64 == 2)
            #expect(job["finished_at"]?.int64 != nil)
            #expect(job.path("usage", "total_tokens")?.int64 == 15)
            #expect(job["cost_usd"]?.string == "0.000150000")
            let attempts = try await intake.ask("GET", "/v1/jobs/\(id)/attempts").json()["data"]
            #expect(attempts?.elements.map { $0["outcome"]?.string } == ["unknown", "succeeded"])
            #expect(attempts?.elements.map { $0["cost_usd"]?.isNull } == [true, false])
        }
    }

    @Test func aFailedJobShowsErrorAndAnswer() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            try await Self.finish(intake, id, state: .failed)
            let job = try await intake.ask("GET", "/v1/jobs/\(id)").json()
            #expect(job.path("error", "code")?.string == "caller_invalid_request")
            #expect(job.path("result", "status_code")?.int64 == 400)
        }
    }

    @Test func waitingEndsWithTheJob() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            async let answer = intake.ask("GET", "/v1/jobs/\(id)?wait=50")
            await intake.events.somebodyWaits()
            try await Self.finish(intake, id)
            #expect(try await answer.json()["state"]?.string == "succeeded")
        }
    }

    @Test func waitingEndsWithTime() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let answer = try await intake.ask("GET", "/v1/jobs/\(id)?wait=1")
            #expect(answer.status == 200)
            #expect(try answer.json()["state"]?.string == "waiting")
            for wait in ["61", "-1", "x", "1.5"] {
                #expect(try await intake.ask("GET", "/v1/jobs/\(id)?wait=\(wait)").status == 400)
            }
        }
    }

    @Test func waitingEndsWithTheServer() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            async let answer = intake.ask("GET", "/v1/jobs/\(id)?wait=50")
            await intake.events.somebodyWaits()
            await intake.shutDownGracefully()
            #expect(try await answer.json()["state"]?.string == "waiting")
        }
    }

    @Test func poolsFollowTheModel() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job(model: "gpt-large")
            #expect(intake.secondQueue.edit { $0.enqueued } == [id])
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").status == 200)
        }
    }

    @Test func largeOrDurableBodiesGoToTheLedgerFirst() async throws {
        try await TestIntake.run(IntakeConfiguration(inlineBodyBytes: 100)) { intake in
            let small = try await intake.job(#","durability":"ledger""#)
            let words = String(repeating: "w", count: 200)
            let body = #"{"model":"gpt-small","messages":[{"role":"user","content":"\#(words)"}]}"#
            let answer = try await intake.ask("POST", "/v1/jobs", json: #"{"body":\#(body)}"#)
            #expect(try answer.json()["durability"]?.string == "ledger")
            let large = JobID(try #require(try answer.json()["id"]?.string))
            for id in [small, large] {
                #expect(intake.queue.edit { $0.live[id]?.job.body } == .inLedger)
                #expect(intake.ledger.edit { $0.accepted[id]?.job.body } == .inLedger)
            }
            #expect(intake.ledger.edit { $0.accepted[large]?.body } == Array(body.utf8))
        }
    }

    @Test func whatTheLedgerKeepsIsAcceptedWithoutTheQueue() async throws {
        try await TestIntake.run { intake in
            _ = try await intake.job()
            intake.queue.edit { $0.refusal = QueueUnavailable("away") }
            let id = try await intake.job(#","durability":"ledger""#)
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["state"]?.string == "waiting")
            let cancelled = try await intake.ask("POST", "/v1/jobs/\(id)/cancel")
            #expect(try cancelled.json()["state"]?.string == "cancelled")
        }
    }

    @Test func aFullOrAbsentQueueRefuses() async throws {
        try await TestIntake.run { intake in
            intake.queue.edit { $0.refusal = QueueFull("full") }
            let full = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody())
            #expect(full.status == 503)
            #expect(full.headers["retry-after"] == "5")
            #expect(try full.error().code == "queue_full")
            intake.queue.edit { $0.failure = QueueUnavailable("away") }
            let away = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(model: "gpt-small"))
            #expect(away.status == 503)
            #expect(try away.error().code.map { ["queue_full", "queue_unavailable"].contains($0) } == true)
        }
    }

    /// The queue may have taken the job and its answer got lost: the repetition with the same key finds it.
    @Test func anUnknownOutcomeIsNoRefusal() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody(#","idempotency_key":"once""#)
            intake.queue.edit { $0.refusal = QueueUnavailable("lost", mayHaveHappened: true) }
            let unknown = try await intake.ask("POST", "/v1/jobs", json: body)
            #expect(unknown.status == 503 && unknown.headers["retry-after"] == "2")
            let error = try unknown.error()
            #expect(error.code == "outcome_unknown")
            intake.queue.edit { $0.refusal = nil }
            let first = try #require(try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string)
            let again = try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string
            #expect(again == first && intake.queue.edit { $0.enqueued.count } == 1)
            #expect(String(decoding: unknown.body, as: UTF8.self).contains(first))
        }
    }

    @Test func jobsThatWentWithTheirQueueAreGone() async throws {
        try await TestIntake.run { intake in
            let lost = JobID("job_abcdef0123456789abcdefghjk")
            let answer = try await intake.ask("GET", "/v1/jobs/\(lost)")
            #expect(answer.status == 410)
            #expect(try answer.error().code == "lost_with_queue")
            #expect(try await intake.ask("POST", "/v1/jobs/\(lost)/cancel").status == 410)
            let epoch = intake.queue.edit { $0.epoch }
            let known = IDGenerator.job(epoch: epoch, at: Surroundings.now)
            for id in [known.text, "job_x", "batch_req_x_1", "job_ABCDEF0123456789ABCDEFGHJK", "%zz"] {
                #expect(try await intake.ask("GET", "/v1/jobs/\(id)").status == 404)
            }
        }
    }

    @Test func jobsOfAReplacedEpochThatAreThereAreFound() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let kept = try await intake.job(#","durability":"ledger""#)
            intake.queue.edit { state in
                state.epoch = PoolEpoch("newone")
                state.live[kept] = nil
            }
            try await Task.sleep(for: .milliseconds(1100))
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").json()["state"]?.string == "waiting")
            #expect(try await intake.ask("GET", "/v1/jobs/\(kept)").json()["state"]?.string == "waiting")
        }
    }

    @Test func replays() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody()
            func create(_ body: String, key: String = TestIntake.acme) async throws -> RawAnswer {
                try await intake.ask("POST", "/v1/jobs", key: key, headers: ["Idempotency-Key: once"], json: body)
            }
            let id = JobID(try #require(try await create(body).json()["id"]?.string))
            let again = try await create(body)
            #expect(again.status == 202)
            #expect(try again.json()["id"]?.string == id.text)
            #expect(intake.queue.edit { $0.enqueued } == [id])
            #expect(try await create(TestIntake.jobBody(#","class":"batch""#)).status == 409)
            #expect(try await create(body, key: TestIntake.other).json()["id"]?.string != id.text)
            try await Self.finish(intake, id)
            #expect(try await create(body).json()["state"]?.string == "succeeded")
            #expect(intake.queue.edit { $0.enqueued.count } == 2)
        }
    }

    @Test func aReplayOfWhatWasNotEnqueuedEnqueuesIt() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody(#","idempotency_key":"once""#)
            intake.queue.edit { $0.refusal = QueueFull("full") }
            #expect(try await intake.ask("POST", "/v1/jobs", json: body).status == 503)
            intake.queue.edit { $0.refusal = nil }
            let first = try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string
            #expect(try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string == first)
            #expect(intake.queue.edit { $0.enqueued.map(\.text) } == [first])
        }
    }

    @Test func cancelling() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let answer = try await intake.ask("POST", "/v1/jobs/\(id)/cancel")
            #expect(answer.status == 200)
            #expect(try answer.json()["state"]?.string == "cancelled")
            #expect(try answer.json().path("error", "code")?.string == "caller_cancelled")
            #expect(intake.queue.edit { $0.cancelled } == [id])
            // Once more is fine, and tells the queue again.
            #expect(try await intake.ask("POST", "/v1/jobs/\(id)/cancel").body == answer.body)
            #expect(intake.queue.edit { $0.cancelled } == [id, id])
            let finished = try await intake.job()
            try await Self.finish(intake, finished)
            let late = try await intake.ask("POST", "/v1/jobs/\(finished)/cancel")
            #expect(late.status == 409)
            #expect(late.headers["x-should-retry"] == "false")
            #expect(try late.error().code == "job_already_finished")
        }
    }

    @Test func listsLiveAndFinishedJobsInOneOrder() async throws {
        try await TestIntake.run { intake in
            var ids: [JobID] = []
            for number in 0..<7 { ids.append(try await intake.job(model: number % 2 == 0 ? "gpt-small" : "gpt-large")) }
            for number in [1, 4, 6] {
                try await Self.finish(intake, ids[number], state: number == 4 ? .failed : .succeeded)
            }
            intake.queue.edit { $0.live[ids[2]]?.phase = .running(target: "t", since: Surroundings.now) }
            _ = try await intake.job(key: TestIntake.other)
            let newestFirst = ids.map(\.text).sorted { $0.suffix(20) > $1.suffix(20) }
            #expect(try await Self.ids(intake, "/v1/jobs?limit=2") == newestFirst)
            #expect(try await Self.ids(intake, "/v1/jobs?limit=100") == newestFirst)
            #expect(try await Self.ids(intake, "/v1/jobs?state=running") == [ids[2].text])
            #expect(try await Self.ids(intake, "/v1/jobs?state=failed") == [ids[4].text])
            #expect(Set(try await Self.ids(intake, "/v1/jobs?state=succeeded&limit=1")) == [ids[1].text, ids[6].text])
            #expect(
                Set(try await Self.ids(intake, "/v1/jobs?state=waiting&limit=1")) == [
                    ids[0].text, ids[3].text, ids[5].text,
                ]
            )
            #expect(try await Self.ids(intake, "/v1/jobs?state=delayed") == [])
            let bad = try await intake.ask("GET", "/v1/jobs?state=lost")
            #expect(try bad.error().param == "state")
        }
    }

    private static func ids(_ intake: TestIntake, _ path: String) async throws -> [String] {
        var ids: [String] = []
        while true {
            let after = ids.last.map { "&after=\($0)" } ?? ""
            let page = try await intake.ask("GET", path + after).json()
            ids += page["data"]?.elements.compactMap { $0["id"]?.string } ?? []
            if page["has_more"]?.bool != true { return ids }
        }
    }

    @Test func classesAreTheKeys() async throws {
        try await TestIntake.run { intake in
            let refused = try await intake.ask(
                "POST",
                "/v1/jobs",
                key: TestIntake.batchOnly,
                json: TestIntake.jobBody()
            )
            #expect(refused.status == 403)
            #expect(try refused.error() == ("permission_error", "class_not_allowed", "class"))
            _ = try await intake.job(#","class":"batch""#, key: TestIntake.batchOnly)
        }
    }
}
