import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct WebhooksLiveTests {
    private static let path = "/v1/webhook_endpoints"

    // MARK: Endpoints

    @Test func theLifeOfAnEndpoint() async throws {
        try await TestIntake.run { intake in
            let created = try await intake.ask("POST", Self.path, json: TestIntake.endpointBody()).json()
            let id = try #require(created["id"]?.string)
            let secret = try #require(created["signing_secret"]?.string)
            #expect(id.hasPrefix("whe_") && WebhookSecret.key(of: Secret(secret)) != nil)
            #expect(created["object"]?.string == "webhook_endpoint" && created["name"]?.string == "ci")
            #expect(created["url"]?.string == "https://example.com/hook" && created["disabled_at"]?.isNull == true)
            #expect(created["event_types"]?.elements.map(\.string) == ["batch.completed", "job.failed"])
            #expect(created["created_at"]?.int64 == created["updated_at"]?.int64)
            #expect(created["signing_secret_hint"]?.string == "whsec_…\(secret.suffix(4))")

            let found = try await intake.ask("GET", "\(Self.path)/\(id)")
            #expect(found.status == 200 && !found.text.contains(secret))
            #expect(try found.json()["signing_secret"] == nil)
            let list = try await intake.ask("GET", Self.path)
            #expect(try list.json()["data"]?.elements.map { $0["id"]?.string } == [id])
            #expect(!list.text.contains(secret))

            let change = #"{"name":"new","event_types":["job.expired"]}"#
            let changed = try await intake.ask("POST", "\(Self.path)/\(id)", json: change).json()
            #expect(changed["name"]?.string == "new" && changed["url"]?.string == "https://example.com/hook")
            #expect(changed["event_types"]?.elements.map(\.string) == ["job.expired"])
            #expect(changed["signing_secret"] == nil)

            let deleted = try await intake.ask("DELETE", "\(Self.path)/\(id)").json()
            #expect(deleted["object"]?.string == "webhook_endpoint.deleted" && deleted["deleted"]?.bool == true)
            for (method, end) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate_secret")] {
                #expect(try await intake.ask(method, "\(Self.path)/\(id)\(end)").status == 404)
            }
            #expect(!intake.log.text.contains(secret))
        }
    }

    @Test func pagesAreNewestFirst() async throws {
        try await TestIntake.run { intake in
            var ids: [String] = []
            for number in 0..<5 {
                let endpoint = WebhookEndpoint(
                    id: IDGenerator.named("whe_", at: Timestamp(milliseconds: Int64(1000 + number))),
                    tenant: TenantID(trusted: "acme"),
                    name: "n",
                    url: "https://example.com",
                    eventTypes: [.jobFailed],
                    secret: WebhookSecret.mint(),
                    createdAt: Timestamp(milliseconds: Int64(1000 + number))
                )
                try await intake.ledger.insert(endpoint)
                ids.insert(endpoint.id, at: 0)
            }
            let first = try await intake.ask("GET", "\(Self.path)?limit=2").json()
            #expect(first["data"]?.elements.map { $0["id"]?.string } == Array(ids[0..<2]))
            #expect(first["has_more"]?.bool == true && first["last_id"]?.string == ids[1])
            let rest = try await intake.ask("GET", "\(Self.path)?after=\(ids[1])").json()
            #expect(rest["data"]?.elements.map { $0["id"]?.string } == Array(ids[2...]))
            #expect(rest["has_more"]?.bool == false)
        }
    }

    @Test func secretsAreRotated() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.webhookEndpoint()
            func stored() throws -> WebhookEndpoint {
                try #require(intake.ledger.edit { $0.webhookEndpoints[id] })
            }
            let first = try stored().secret
            let path = "\(Self.path)/\(id)/rotate_secret"
            let keep = #"{"keep_old_secret_active_for_24_hours":true}"#
            let second = try await intake.ask("POST", path, json: keep).json()["signing_secret"]?.string
            #expect(try stored().secret.revealed == second && second != first.revealed)
            let now = Surroundings.now
            #expect(try stored().secrets(at: now).map(\.revealed) == [second, first.revealed])
            #expect(try stored().secrets(at: now.adding(.seconds(23 * 3600))).count == 2)
            #expect(try stored().secrets(at: now.adding(.seconds(25 * 3600))).map(\.revealed) == [second])
            // Without overlap, also with no body at all: every older secret ends now.
            let third = try await intake.ask("POST", path).json()["signing_secret"]?.string
            #expect(try stored().secrets(at: now).map(\.revealed) == [third] && third != second)
        }
    }

    @Test func anUpdateBringsADisabledEndpointBack() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.webhookEndpoint()
            intake.ledger.edit { $0.webhookEndpoints[id]?.disabledAt = Timestamp(milliseconds: 5000) }
            let before = try await intake.ask("GET", "\(Self.path)/\(id)").json()
            #expect(before["disabled_at"]?.int64 == 5)
            let after = try await intake.ask("POST", "\(Self.path)/\(id)", json: TestIntake.endpointBody()).json()
            #expect(after["disabled_at"]?.isNull == true)
        }
    }

    @Test(arguments: [
        (#"{"url":"https://e.com","event_types":["job.failed"]}"#, "missing_required_parameter", "name"),
        (#"{"name":"n","event_types":["job.failed"]}"#, "missing_required_parameter", "url"),
        (#"{"name":"n","url":"https://e.com"}"#, "missing_required_parameter", "event_types"),
        (#"{"name":"n","url":"https://e.com","event_types":[]}"#, "invalid_event_type", "event_types"),
        (#"{"name":"n","url":"https://e.com","event_types":"job.failed"}"#, "invalid_event_type", "event_types"),
        (#"{"name":"n","url":"https://e.com","event_types":["video.failed"]}"#, "invalid_event_type", "event_types"),
        (#"{"name":"n","url":"http://e.com","event_types":["job.failed"]}"#, "invalid_url", "url"),
        (#"{"name":"n","url":"https://u:p@e.com","event_types":["job.failed"]}"#, "invalid_url", "url"),
        (#"{"name":"n","url":"https://e.com","event_types":["job.failed"],"secret":"x"}"#, "unknown_field", "secret"),
        (#"{"name":"","url":"https://e.com","event_types":["job.failed"]}"#, "invalid_value", "name"),
    ])
    func whatIsWrongIsNamed(_ body: String, _ code: String, _ param: String) async throws {
        try await TestIntake.run { intake in
            let answer = try await intake.ask("POST", Self.path, json: body)
            #expect(answer.status == 400)
            #expect(try answer.error() == ("invalid_request_error", code, param))
            if code == "invalid_event_type" { #expect(answer.text.contains("batch.completed, batch.failed")) }
            #expect(intake.ledger.edit { $0.webhookEndpoints.isEmpty })
        }
    }

    @Test func aTenantMayHaveSoMany() async throws {
        let configuration = IntakeConfiguration(webhooks: WebhookRules(maxEndpoints: 2))
        try await TestIntake.run(configuration) { intake in
            for _ in 0..<2 { _ = try await intake.webhookEndpoint() }
            let refused = try await intake.ask("POST", Self.path, json: TestIntake.endpointBody())
            #expect(refused.status == 400)
            #expect(try refused.error().code == "too_many_webhook_endpoints")
            _ = try await intake.webhookEndpoint(key: TestIntake.other)
        }
    }

    @Test func aRepeatedCreationMakesOneEndpoint() async throws {
        try await TestIntake.run { intake in
            func create(_ body: String) async throws -> RawAnswer {
                try await intake.ask("POST", Self.path, headers: ["Idempotency-Key: k"], json: body)
            }
            let first = try await create(TestIntake.endpointBody())
            #expect(try await create(TestIntake.endpointBody()).text == first.text)
            #expect(intake.ledger.edit { $0.webhookEndpoints.count } == 1)
            let other = TestIntake.endpointBody("https://example.com/other")
            #expect(try await create(other).status == 409)
        }
    }

    @Test func theEventTypesAreListed() async throws {
        try await TestIntake.run { intake in
            let answer = try await intake.ask("GET", "/v1/webhook_event_types").json()
            #expect(answer["object"]?.string == "list")
            #expect(answer["data"]?.elements.map(\.string) == WebhookEventType.allCases.map(\.rawValue))
        }
    }

    // MARK: Test

    @Test func anEndpointIsTriedOut() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.webhookEndpoint()
            intake.webhooks.answer { _, _ in WebhookAnswer(status: 418) }
            let path = "\(Self.path)/\(id)/test"
            let result = try await intake.ask("POST", path, json: #"{"event_type":"job.expired"}"#).json()
            #expect(result["object"]?.string == "webhook_endpoint.test" && result["success"]?.bool == true)
            #expect(result["status_code"]?.int64 == 418 && result["webhook_endpoint_id"]?.string == id)
            #expect(result["event_type"]?.string == "job.expired")
            let sent = try #require(intake.webhooks.sent.first)
            let event = try JSONDocument(parsing: sent.body).root
            #expect(sent.url == "https://example.com/hook" && event["type"]?.string == "job.expired")
            #expect(event["object"]?.string == "event" && event["data"]?["id"]?.string?.hasPrefix("job_test_") == true)
            #expect(!sent.id.contains("."))
            #expect(intake.ledger.edit { $0.webhookEndpoints[id]?.version } == 0)
        }
    }

    @Test func whatDoesNotAnswerIsTold() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.webhookEndpoint()
            intake.webhooks.answer { _, _ in WebhookAnswer(status: nil, failure: "the address is private") }
            let answer = try await intake.ask("POST", "\(Self.path)/\(id)/test", json: #"{"event_type":"job.failed"}"#)
            #expect(answer.status == 400 && answer.text.contains("the address is private"))
            #expect(try answer.error().code == "webhook_endpoint_unreachable")
            let wrong = try await intake.ask("POST", "\(Self.path)/\(id)/test", json: #"{"event_type":"video.failed"}"#)
            #expect(wrong.status == 400)
        }
    }

    // MARK: Webhooks of one job or batch

    private static let own = #","webhook":{"url":"https://example.com/own","secret":"\#(secret)"}"#
    private static let secret = "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c="
    private static let allowing = IntakeConfiguration(webhooks: WebhookRules(allowsOwnTargets: true))

    @Test func aJobAndABatchKeepTheirOwn() async throws {
        try await TestIntake.run(Self.allowing) { intake in
            let target = WebhookTarget(url: "https://example.com/own", secret: Secret(Self.secret))
            let job = try await intake.job(Self.own)
            #expect(intake.queue.edit { $0.live[job]?.job.webhook } == target)
            let kept = try await intake.job(Self.own + #","durability":"ledger""#)
            #expect(intake.ledger.edit { $0.accepted[kept]?.job.webhook } == target)
            let file = try await intake.upload("{}\n")
            let answer = try await intake.ask("POST", "/v1/batches", json: TestIntake.batchBody(file, Self.own))
            let batch = BatchID(try #require(try answer.json()["id"]?.string))
            #expect(intake.ledger.edit { $0.batches[batch]?.webhook } == target)
            let seen = try await intake.ask("GET", "/v1/jobs/\(job)")
            #expect(!seen.text.contains(Self.secret) && !answer.text.contains(Self.secret))
            #expect(!intake.log.text.contains(Self.secret))
        }
    }

    @Test(arguments: [
        (#"{"url":"https://e.com"}"#, "missing_required_parameter", "webhook.secret"),
        (#"{"secret":"\#(secret)"}"#, "missing_required_parameter", "webhook.url"),
        (#"{"url":"https://e.com","secret":"hunter2"}"#, "invalid_secret", "webhook.secret"),
        (#"{"url":"http://e.com","secret":"\#(secret)"}"#, "invalid_url", "webhook.url"),
        (#"{"url":"https://e.com","secret":"\#(secret)","x":1}"#, "unknown_field", "webhook.x"),
        (#""https://e.com""#, "invalid_value", "webhook"),
    ])
    func wrongOnesAreRefused(_ webhook: String, _ code: String, _ param: String) async throws {
        try await TestIntake.run(Self.allowing) { intake in
            let extra = #","webhook":\#(webhook)"#
            let file = try await intake.upload("{}\n")
            for (path, body) in [
                ("/v1/jobs", TestIntake.jobBody(extra)), ("/v1/batches", TestIntake.batchBody(file, extra)),
            ] {
                let answer = try await intake.ask("POST", path, json: body)
                #expect(answer.status == 400)
                #expect(try answer.error() == ("invalid_request_error", code, param))
                #expect(!answer.text.contains("hunter2"))
            }
        }
    }

    @Test func theyAreOffUnlessAllowed() async throws {
        try await TestIntake.run { intake in
            let answer = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(Self.own))
            #expect(answer.status == 400)
            #expect(try answer.error() == ("invalid_request_error", "webhook_not_allowed", "webhook"))
        }
    }
}

extension TestIntake {
    static func endpointBody(_ url: String = "https://example.com/hook") -> String {
        #"{"name":"ci","url":"\#(url)","event_types":["job.failed","batch.completed"]}"#
    }

    /// Registers an endpoint and gives its id.
    func webhookEndpoint(key: String = TestIntake.acme) async throws -> String {
        let answer = try await ask("POST", "/v1/webhook_endpoints", key: key, json: TestIntake.endpointBody())
        return try #require(try answer.json()["id"]?.string, "\(answer.status) \(answer.text)")
    }
}
