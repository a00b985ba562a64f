import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct AdmissionLiveTests {
    private static func refuse(
        _ intake: TestIntake,
        _ reason: AdmissionRefusal.Reason,
        cap: Int? = 100,
        used: Int? = 97,
        expectedStart: Duration? = nil,
        retryAfter: Duration = .milliseconds(6001)
    ) {
        let refusal = AdmissionRefusal(
            reason: reason,
            cap: cap,
            used: used,
            expectedStart: expectedStart,
            retryAfter: retryAfter
        )
        intake.queue.edit { $0.admission = .refused(refusal) }
    }

    @Test func acceptedJobsTellWhenTheyWillProbablyStart() async throws {
        try await TestIntake.run { intake in
            let unknown = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody()).json()
            #expect(unknown["expected_start_in_seconds"]?.isNull == true)
            intake.queue.edit { $0.admission = .accepted(expectedStart: .milliseconds(12_040)) }
            for extra in ["", #","durability":"ledger""#] {
                let answer = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(extra))
                #expect(answer.status == 202)
                #expect(try answer.json()["expected_start_in_seconds"]?.double == 12.04)
            }
        }
    }

    @Test(arguments: [
        (AdmissionRefusal.Reason.tenantJobs, "tenant_jobs_limit"), (.tenantBytes, "tenant_bytes_limit"),
        (.tenantTokens, "tenant_tokens_limit"), (.poolJobs, "pool_jobs_limit"), (.poolBytes, "pool_bytes_limit"),
        (.poolTokens, "pool_tokens_limit"),
    ])
    func capsRefuseInNumbers(_ reason: AdmissionRefusal.Reason, _ code: String) async throws {
        try await TestIntake.run { intake in
            Self.refuse(intake, reason)
            for durability in ["redis", "ledger"] {
                let body = TestIntake.jobBody(#","durability":"\#(durability)""#)
                let answer = try await intake.ask("POST", "/v1/jobs", json: body)
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"] == "7")
                #expect(answer.headers["x-should-retry"] == nil)
                #expect(try answer.error() == ("rate_limit_error", code, nil))
                #expect(answer.text.contains("at most 100 "))
                // What other tenants have in the pool is nobody's business.
                #expect(answer.text.contains("97") == code.hasPrefix("tenant_"))
            }
            #expect(intake.queue.edit { $0.enqueued.isEmpty })
            #expect(intake.ledger.edit { $0.accepted.isEmpty }, "asked before the ledger keeps it")
        }
    }

    @Test func deadlinesThatCannotBeMetAreRefusedWithBothTimes() async throws {
        try await TestIntake.run { intake in
            Self.refuse(intake, .deadlineUnmeetable, cap: nil, used: nil, expectedStart: .milliseconds(90_400))
            let body = TestIntake.jobBody(#","deadline":"60s""#)
            let answer = try await intake.ask("POST", "/v1/jobs", json: body)
            #expect(answer.status == 429)
            #expect(try answer.error() == ("rate_limit_error", "deadline_unmeetable", "deadline"))
            let message = try #require(try answer.json().path("error", "message")?.string)
            #expect(message.contains("in about 91 s") && message.contains("in 60 s"))
            #expect(message.contains("queue_anyway"))
        }
    }

    @Test(arguments: [(1, "1"), (999, "1"), (1000, "1"), (1001, "2"), (59_999, "60"), (60_000, "60"), (90_000, "60")])
    func retryAfterIsWholeSeconds(milliseconds: Int, header: String) async throws {
        try await TestIntake.run { intake in
            Self.refuse(intake, .poolJobs, retryAfter: .milliseconds(milliseconds))
            let answer = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody())
            #expect(answer.headers["retry-after"] == header)
        }
    }

    @Test func queueAnywayIsPassedOn() async throws {
        try await TestIntake.run { intake in
            _ = try await intake.job()
            _ = try await intake.job(#","queue_anyway":true"#)
            _ = try await intake.job(#","queue_anyway":true,"durability":"ledger""#)
            _ = try await intake.job(#","queue_anyway":null"#)
            #expect(
                intake.queue.edit { $0.terms } == [
                    AdmissionTerms(), AdmissionTerms(queueAnyway: true),
                    AdmissionTerms(queueAnyway: true, onlyAsk: true), AdmissionTerms(),
                ]
            )
            let wrong = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(#","queue_anyway":1"#))
            #expect(wrong.status == 400)
            #expect(try wrong.error().param == "queue_anyway")
        }
    }

    @Test func knownJobsAreNotRefused() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody(#","idempotency_key":"once""#)
            let id = try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string
            Self.refuse(intake, .tenantJobs)
            let again = try await intake.ask("POST", "/v1/jobs", json: body)
            #expect(again.status == 202)
            #expect(try again.json()["id"]?.string == id)
        }
    }

    @Test func aRefusedJobComesInWithItsKeyLater() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody(#","idempotency_key":"once""#)
            Self.refuse(intake, .poolTokens)
            #expect(try await intake.ask("POST", "/v1/jobs", json: body).status == 429)
            intake.queue.edit { $0.admission = .accepted(expectedStart: nil) }
            let first = try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string
            #expect(try await intake.ask("POST", "/v1/jobs", json: body).json()["id"]?.string == first)
            #expect(intake.queue.edit { $0.enqueued.map(\.text) } == [first])
        }
    }

    @Test func whatNoLimitCouldGrantIsRefusedForGood() async throws {
        try await TestIntake.run { intake in
            func ask(_ output: Int, model: String = "gpt-small") async throws -> RawAnswer {
                let body = #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}],"max_tokens":\#(output)}"#
                return try await intake.ask("POST", "/v1/jobs", json: #"{"body":\#(body)}"#)
            }
            let answer = try await ask(50_000)
            #expect(answer.status == 400)
            #expect(answer.headers["retry-after"] == nil)
            #expect(try answer.error() == ("invalid_request_error", "request_exceeds_rate_limit", "body"))
            #expect(answer.text.contains("50000 per minute"))
            #expect(intake.queue.edit { $0.terms.isEmpty })
            #expect(try await ask(49_000).status == 202)
            #expect(try await ask(50_000, model: "gpt-large").status == 202, "no limit, no refusal")
        }
    }

    @Test func whatWasLearnedDecidesAndTheQueueGetsTheEstimateAsItWasMade() async throws {
        try await TestIntake.run { intake in
            let learned = PoolExperience.Model(samples: 30, inputRatio: 1, inputError: 0.1, outputP90: 60)
            intake.queue.edit { $0.experience = PoolExperience(models: ["gpt-small": learned]) }
            let body = #"{"model":"gpt-small","messages":[1],"max_tokens":100000}"#
            let answer = try await intake.ask("POST", "/v1/jobs", json: #"{"body":\#(body)}"#)
            #expect(answer.status == 202, "nobody ever uses such a cap")
            let id = JobID(try #require(try answer.json()["id"]?.string))
            #expect(intake.queue.edit { $0.live[id]?.job.estimate } == TokenEstimate(input: 8, output: 100_000))
        }
    }
}
