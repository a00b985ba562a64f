import JSON
import Testing

@testable import Intake

/// Whatever callers send, they are told what is wrong with it: never a 500.
@Suite(.timeLimit(.minutes(1)))
struct BadInputTests {
    @Test func bodiesThatAreNoObjects() async throws {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let bad = [
            "", " ", "{", "[]", "null", "\"x\"", "7", "{}x", "{\"a\":}", "{'a':1}", "{\"a\":01}", "{\"a\":\"\\ud800\"}",
            "{\"body\":\(deep)}", "\0", "{\"a\":\"\0\"}", "{\"a\":1,\"a\":2}",
        ]
        try await TestIntake.run { intake in
            for path in ["/v1/jobs", "/v1/batches", "/v1/admin/keys"] {
                for body in bad {
                    let answer = try await intake.ask("POST", path, key: Self.key(path), json: body)
                    #expect(answer.status == 400, "\(path) \(body)")
                    #expect(try answer.error().type == "invalid_request_error")
                }
                let invalid = try await intake.ask(
                    "POST",
                    path,
                    key: Self.key(path),
                    body: [0x7B, 0x22, 0xFF, 0x22, 0x7D]
                )
                #expect(invalid.status == 400)
                #expect(try invalid.error().code == "invalid_json")
            }
        }
    }

    private static func key(_ path: String) -> String {
        path.contains("admin") ? TestIntake.admin : TestIntake.acme
    }

    @Test func jobsWithWrongFields() async throws {
        let bad: [(extra: String, code: String, param: String)] = [
            (#","unknown":1"#, "unknown_field", "unknown"), (#","endpoint":"/v1/files""#, "invalid_value", "endpoint"),
            (#","endpoint":5"#, "invalid_value", "endpoint"), (#","class":"gold""#, "invalid_value", "class"),
            (#","class":["batch"]"#, "invalid_value", "class"),
            (#","deadline":"soon""#, "invalid_deadline", "deadline"),
            (#","deadline":1"#, "invalid_deadline", "deadline"),
            (#","deadline":1e400"#, "invalid_deadline", "deadline"),
            (#","deadline":123456789012345678901234567890"#, "invalid_deadline", "deadline"),
            (#","tags":[]"#, "invalid_value", "tags"), (#","tags":{"team":"x"}"#, "unknown_field", "tags.team"),
            (#","tags":{"feature":""}"#, "invalid_value", "tags.feature"),
            (#","tags":{"feature":"\u0000"}"#, "invalid_value", "tags.feature"),
            (#","metadata":{"a":1}"#, "invalid_value", "metadata.a"),
            (#","metadata":{"a":"1","a":"2"}"#, "duplicate_key", "metadata.a"),
            (#","durability":"disk""#, "invalid_value", "durability"),
            (#","idempotency_key":"""#, "invalid_value", "idempotency_key"),
            (#","idempotency_key":7"#, "invalid_value", "idempotency_key"),
        ]
        try await TestIntake.run { intake in
            for (extra, code, param) in bad {
                let answer = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody(extra))
                #expect(answer.status == 400, "\(extra)")
                #expect(try answer.error() == ("invalid_request_error", code, param), "\(extra)")
            }
            #expect(intake.queue.edit { $0.enqueued.isEmpty })
        }
    }

    @Test func jobsWithWrongBodies() async throws {
        let bad: [(body: String, code: String, param: String)] = [
            ("null", "missing_required_parameter", "body"), ("[]", "invalid_type", "body"),
            (#"{"messages":[{}]}"#, "missing_required_parameter", "model"),
            (#"{"model":5,"messages":[{}]}"#, "missing_required_parameter", "model"),
            (#"{"model":"gpt-small"}"#, "missing_required_parameter", "messages"),
            (#"{"model":"gpt-small","messages":[]}"#, "missing_required_parameter", "messages"),
            (#"{"model":"gpt-small","messages":[{}],"stream":true}"#, "unsupported_parameter", "stream"),
            (#"{"model":"gpt-small","messages":[{}],"model":"x"}"#, "duplicate_key", "model"),
            (#"{"model":"none","messages":[{}]}"#, "model_not_found", "model"),
        ]
        try await TestIntake.run { intake in
            for (body, code, param) in bad {
                let answer = try await intake.ask("POST", "/v1/jobs", json: "{\"body\":\(body)}")
                #expect(answer.status == 400, "\(body)")
                #expect(try answer.error() == ("invalid_request_error", code, param), "\(body)")
            }
        }
    }

    @Test func idempotencyKeysThatDiffer() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody(#","idempotency_key":"a""#)
            let differs = try await intake.ask("POST", "/v1/jobs", headers: ["Idempotency-Key: b"], json: body)
            #expect(try differs.error().param == "idempotency_key")
            let long = "Idempotency-Key: " + String(repeating: "x", count: 256)
            for path in ["/v1/jobs", "/v1/batches"] {
                #expect(try await intake.ask("POST", path, headers: [long], json: body).status == 400)
            }
        }
    }

    @Test(arguments: [
        "/v1/files?limit=0", "/v1/files?limit=10001", "/v1/files?order=up",
        "/v1/files?after=%zz", "/v1/files?after=%ff", "/v1/files?after=%00", "/v1/files?limit=1&limit=2",
        "/v1/batches?limit=101", "/v1/batches?limit=1e2", "/v1/batches?limit=999999999999999999999999",
        "/v1/jobs?state=done", "/v1/jobs?limit=-1", "/v1/jobs/job_x?wait=x", "/v1/costs?group_by=color",
        "/v1/costs?since=yesterday", "/v1/costs?all_tenants=1", "/v1/costs?until=99999999999999999999",
    ])
    func queries(path: String) async throws {
        try await TestIntake.run { intake in
            let answer = try await intake.ask("GET", path)
            #expect(answer.status == 400)
            #expect(try answer.error().param != nil || path.contains("%"))
        }
    }

    @Test func idsThatAreNone() async throws {
        let odd = [
            "x", "%00", "%zz", "..", "a%2Fb", "'", "\"", String(repeating: "x", count: 5000), "{id}", "%F0%9F%98%80",
        ]
        let routes = [
            ("GET", "/v1/files/ID"), ("GET", "/v1/files/ID/content"), ("DELETE", "/v1/files/ID"),
            ("GET", "/v1/batches/ID"), ("POST", "/v1/batches/ID/cancel"), ("GET", "/v1/jobs/ID"),
            ("GET", "/v1/jobs/ID/attempts"), ("POST", "/v1/jobs/ID/cancel"),
        ]
        try await TestIntake.run { intake in
            for id in odd {
                for (method, path) in routes {
                    let answer = try await intake.ask(method, path.replacing("ID", with: id))
                    #expect(answer.status == 404, "\(method) \(path) \(id)")
                    #expect(try answer.error().code == "not_found")
                }
            }
        }
    }

    @Test func adminsWithWrongFields() async throws {
        let bad: [(method: String, path: String, body: String, param: String)] = [
            ("POST", "/v1/admin/keys", "{}", "tenant"), ("POST", "/v1/admin/keys", #"{"tenant":"Ä"}"#, "tenant"),
            ("POST", "/v1/admin/keys", #"{"tenant":"a","classes":[]}"#, "classes"),
            ("POST", "/v1/admin/keys", #"{"tenant":"a","classes":["gold"]}"#, "classes"),
            ("POST", "/v1/admin/keys", #"{"tenant":"a","classes":"batch"}"#, "classes"),
            ("POST", "/v1/admin/keys", #"{"tenant":"a","admin":1}"#, "admin"),
            ("POST", "/v1/admin/keys", #"{"tenant":"a","scope":"x"}"#, "scope"),
            ("PUT", "/v1/admin/tenants/a", #"{"weight":0}"#, "weight"),
            ("PUT", "/v1/admin/tenants/a", #"{"weight":1001}"#, "weight"),
            ("PUT", "/v1/admin/tenants/a", #"{"weight":1.5}"#, "weight"),
            ("PUT", "/v1/admin/tenants/a", #"{"max_running":0}"#, "max_running"),
            ("PUT", "/v1/admin/tenants/a", #"{"quota":1}"#, "quota"), ("PUT", "/v1/admin/tenants/A", "{}", "id"),
        ]
        try await TestIntake.run { intake in
            for (method, path, body, param) in bad {
                let answer = try await intake.ask(method, path, key: TestIntake.admin, json: body)
                #expect(answer.status == 400, "\(path) \(body)")
                #expect(try answer.error().param == param, "\(path) \(body)")
            }
            let query = try await intake.ask("GET", "/v1/admin/keys?tenant=A", key: TestIntake.admin)
            #expect(try query.error().param == "tenant")
        }
    }
}
