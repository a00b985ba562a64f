import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct AdminLiveTests {
    @Test func onlyAdmins() async throws {
        try await TestIntake.run { intake in
            for (method, path) in [
                ("POST", "/v1/admin/keys"), ("GET", "/v1/admin/keys"), ("POST", "/v1/admin/keys/key_1/revoke"),
                ("GET", "/v1/admin/tenants"), ("PUT", "/v1/admin/tenants/acme"), ("GET", "/v1/admin/pools"),
                ("POST", "/v1/admin/pools/small/pause"), ("POST", "/v1/admin/pools/small/resume"),
                ("POST", "/v1/admin/targets/small-1/pause"), ("POST", "/v1/admin/targets/small-1/resume"),
            ] {
                let answer = try await intake.ask(method, path)
                #expect(answer.status == 403)
                #expect(try answer.error() == ("permission_error", "admin_only", nil))
                #expect(try await intake.ask(method, path, key: nil).status == 401)
            }
        }
    }

    @Test func theLifeOfAKey() async throws {
        try await TestIntake.run { intake in
            let body = #"{"tenant":"new-one","name":"ci","classes":["batch","standard"]}"#
            let created = try await intake.ask("POST", "/v1/admin/keys", key: TestIntake.admin, json: body).json()
            let secret = try #require(created["key"]?.string)
            let id = try #require(created["id"]?.string)
            #expect(secret.hasPrefix("psk_"))
            #expect(secret.utf8.count == 52)
            #expect(created["classes"]?.elements.map { $0.string } == ["standard", "batch"])
            #expect(created["admin"]?.bool == false)
            #expect(intake.ledger.edit { $0.tenants[TenantID(trusted: "new-one")] } != nil)
            #expect(intake.ledger.edit { $0.apiKeys.allSatisfy { $0.hash != secret } })
            #expect(try await intake.ask("GET", "/v1/models", key: secret).status == 200)
            let list = try await intake.ask("GET", "/v1/admin/keys?tenant=new-one", key: TestIntake.admin)
            #expect(try list.json()["data"]?.elements.map { $0["id"]?.string } == [id])
            #expect(!list.text.contains(secret))
            let revoked = try await intake.ask("POST", "/v1/admin/keys/\(id)/revoke", key: TestIntake.admin)
            #expect(try revoked.json()["revoked"]?.bool == true)
            #expect(try await intake.ask("GET", "/v1/models", key: secret).status == 401)
            #expect(try await intake.ask("POST", "/v1/admin/keys/key_none/revoke", key: TestIntake.admin).status == 404)
        }
    }

    @Test func tenantsHaveSharesAndCaps() async throws {
        try await TestIntake.run { intake in
            func put(_ body: String) async throws -> JSONValue {
                try await intake.ask("PUT", "/v1/admin/tenants/acme", key: TestIntake.admin, json: body).json()
            }
            let first = try await put(#"{"weight":7,"max_running":3}"#)
            #expect(first["weight"]?.int64 == 7)
            #expect(first["max_running"]?.int64 == 3)
            let acme = TenantID(trusted: "acme")
            for queue in [intake.queue, intake.secondQueue] {
                #expect(queue.edit { $0.policies[acme] } == TenantPolicy(weight: 7, maxRunning: 3))
            }
            #expect(try await put("{}")["max_running"]?.int64 == 3)
            #expect(try await put(#"{"max_running":null}"#)["max_running"]?.isNull == true)
            let list = try await intake.ask("GET", "/v1/admin/tenants", key: TestIntake.admin).json()
            #expect(list["data"]?.elements.map { $0["weight"]?.int64 } == [7])
        }
    }

    @Test func everyBoundOfATenantIsSetShownAndRemoved() async throws {
        try await TestIntake.run { intake in
            func put(_ body: String) async throws -> RawAnswer {
                try await intake.ask("PUT", "/v1/admin/tenants/acme", key: TestIntake.admin, json: body)
            }
            let names = [
                "max_running", "requests_per_minute", "tokens_per_minute", "max_jobs", "max_bytes", "max_tokens",
            ]
            let all = names.enumerated().map { "\"\($1)\":\($0 + 11)" }.joined(separator: ",")
            let answer = try await put("{\(all),\"paused\":true}").json()
            for (number, name) in names.enumerated() { #expect(answer[name]?.int64 == Int64(number + 11), "\(name)") }
            #expect(answer["paused"]?.bool == true)
            var policy = TenantPolicy(maxRunning: 11, requestsPerMinute: 12, tokensPerMinute: 13, isPaused: true)
            policy.caps = LiveCaps(jobs: 14, bytes: 15, tokens: 16)
            let acme = TenantID(trusted: "acme")
            #expect(intake.secondQueue.edit { $0.policies[acme] } == policy)
            #expect(intake.ledger.edit { $0.tenants[acme]?.policy } == policy)
            let nulls = names.map { "\"\($0)\":null" }.joined(separator: ",")
            let cleared = try await put("{\(nulls)}").json()
            for name in names { #expect(cleared[name]?.isNull == true, "\(name)") }
            #expect(cleared["paused"]?.bool == true)
            #expect(try await put(#"{"paused":false}"#).json()["paused"]?.bool == false)
            for name in names {
                for value in ["0", "-1", "1.5", "\"1\"", "true"] {
                    let refused = try await put("{\"\(name)\":\(value)}")
                    #expect(refused.status == 400)
                    #expect(try refused.error().param == name)
                }
            }
            #expect(try await put(#"{"paused":"yes"}"#).error().param == "paused")
        }
    }
}
