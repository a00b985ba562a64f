import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// Another tenant's objects look exactly as if they were not there.
@Suite(.timeLimit(.minutes(1)))
struct TenantIsolationTests {
    @Test func nothingOfAnotherTenantIsSeen() async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let batch = try await intake.batch()
            let live = try await intake.job()
            let kept = try await intake.job(#","durability":"ledger""#)
            intake.queue.edit { $0.live[kept] = nil }
            let finished = try await intake.job()
            try await JobsLiveTests.finish(intake, finished)
            var asked: [(String, String)] = [
                ("GET", "/v1/files/\(file)"), ("GET", "/v1/files/\(file)/content"), ("DELETE", "/v1/files/\(file)"),
                ("GET", "/v1/batches/\(batch)"), ("POST", "/v1/batches/\(batch)/cancel"),
                ("POST", "/v1/batches/\(batch)/pause"), ("POST", "/v1/batches/\(batch)/resume"),
            ]
            let endpoint = try await intake.webhookEndpoint()
            for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate_secret")] {
                asked.append((method, "/v1/webhook_endpoints/\(endpoint)\(path)"))
            }
            for job in [live, kept, finished] {
                asked += [
                    ("GET", "/v1/jobs/\(job)"), ("GET", "/v1/jobs/\(job)?wait=30"),
                    ("GET", "/v1/jobs/\(job)/attempts"), ("POST", "/v1/jobs/\(job)/cancel"),
                ]
            }
            for path in [live, kept, finished].map({ "/v1/jobs/\($0)" }) + ["/v1/batches/\(batch)"] {
                let answer = try await intake.ask("PATCH", path, key: TestIntake.other, json: #"{"class":"batch"}"#)
                #expect(answer.status == 404, "\(path)")
            }
            for (method, path) in asked {
                for key in [TestIntake.other, TestIntake.admin] {
                    let answer = try await intake.ask(method, path, key: key)
                    #expect(answer.status == 404, "\(method) \(path)")
                    #expect(try answer.error().code == "not_found", "\(method) \(path)")
                }
            }
            #expect(intake.ledger.edit { $0.rows[live] } == nil)
            #expect(intake.ledger.edit { $0.webhookEndpoints[endpoint]?.version } == 0)
            #expect(intake.ledger.edit { $0.batches[BatchID(batch)]?.version } == 0)
            #expect(intake.queue.edit { $0.changes.isEmpty })
            #expect(intake.ledger.edit { $0.files[FileID(file)] } != nil)
        }
    }

    @Test func listsAreTheTenants() async throws {
        try await TestIntake.run { intake in
            _ = try await intake.batch()
            try await JobsLiveTests.finish(intake, try await intake.job())
            _ = try await intake.job()
            _ = try await intake.webhookEndpoint()
            for path in [
                "/v1/files", "/v1/batches", "/v1/jobs", "/v1/jobs?state=succeeded", "/v1/jobs?state=waiting",
                "/v1/webhook_endpoints",
            ] {
                let mine = try await intake.ask("GET", path).json()
                #expect((mine["data"]?.count ?? 0) > 0, "\(path)")
                for key in [TestIntake.other, TestIntake.admin] {
                    let theirs = try await intake.ask("GET", path, key: key).json()
                    #expect(theirs["data"]?.count == 0, "\(path)")
                    #expect(theirs["last_id"]?.isNull == true)
                }
            }
        }
    }

    @Test func anotherTenantsFileIsNoInput() async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let theirs = try await intake.ask(
                "POST",
                "/v1/batches",
                key: TestIntake.other,
                json: TestIntake.batchBody(file)
            )
            let none = try await intake.ask(
                "POST",
                "/v1/batches",
                key: TestIntake.other,
                json: TestIntake.batchBody("file-0")
            )
            #expect(theirs.status == 400)
            #expect(theirs.body == none.body)
        }
    }

    @Test func costsAreTheTenants() async throws {
        try await TestIntake.run { intake in
            let lines = ["acme", "other"].map {
                CostLine(
                    key: $0,
                    calls: 2,
                    usage: Usage(input: 3, cachedInput: 1, output: 4, reasoning: 2),
                    cost: Nanodollars(5),
                    unknownCosts: 1
                )
            }
            intake.ledger.edit { $0.costs = lines }
            let mine = try await intake.ask("GET", "/v1/costs?group_by=tenant&since=0&until=2030-01-01T00:00:00Z")
            let total =
                #"{"calls":2,"input_tokens":3,"cached_tokens":1,"cache_write_tokens":0,"output_tokens":4,"reasoning_tokens":2,"cost_usd":"0.000000005","unknown_costs":1}"#
            #expect(
                mine.text == #"{"object":"list","group_by":"tenant","data":["#
                    + total.replacing("{", with: #"{"key":"acme","#) + #"],"total":\#(total)}"#
            )
            let refused = try await intake.ask("GET", "/v1/costs?all_tenants=true")
            #expect(refused.status == 403)
            let all = try await intake.ask("GET", "/v1/costs?all_tenants=true", key: TestIntake.admin).json()
            #expect(all.path("total", "calls")?.int64 == 4)
            #expect(all.path("total", "cost_usd")?.string == "0.000000010")
        }
    }
}
