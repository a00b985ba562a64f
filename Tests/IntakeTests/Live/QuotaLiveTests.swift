import Penstock
import TestTwins
import Testing

@testable import Intake

/// What one tenant may keep, and what is kept of the disk for results.
@Suite(.timeLimit(.minutes(1)))
struct QuotaLiveTests {
    private static func configuration(_ quotas: TenantQuotas, reserve: Int64? = nil) -> IntakeConfiguration {
        IntakeConfiguration(quotas: quotas, diskReserveBytes: reserve)
    }

    private static func upload(_ intake: TestIntake, bytes: Int, _ headers: [String] = []) async throws -> RawAnswer {
        let form = Form(file: Array(repeating: 0x20, count: bytes), name: "f.jsonl")
        let headers = headers + ["Content-Type: \(form.contentType)"]
        return try await intake.ask("POST", "/v1/files", headers: headers, body: form.bytes)
    }

    private static func uploadTooMuch(_ intake: TestIntake, _ form: Form, isDeclared: Bool) async throws -> RawAnswer {
        let connection = try RawConnection(port: intake.port)
        let headers = ["Content-Type: \(form.contentType)"] + (isDeclared ? [] : ["Transfer-Encoding: chunked"])
        let head = TestIntake.head(
            "POST",
            "/v1/files",
            key: TestIntake.acme,
            headers: headers,
            length: isDeclared ? form.bytes.count : nil
        )
        try await connection.send(head)
        do {
            if !isDeclared { try await connection.send("\(String(form.bytes.count, radix: 16))\r\n") }
            try await connection.send(form.bytes)
            if !isDeclared { try await connection.send("\r\n0\r\n\r\n") }
        } catch {
            // Refused before it was all sent; the answer is there all the same.
        }
        return try await connection.receive()
    }

    private static func code(_ answer: RawAnswer) throws -> String? { try answer.error().code }

    private static let requests =
        #"{"requests":[{"custom_id":"a","params":{"model":"gpt-small","max_tokens":1,"messages":[]}}]}"#

    @Test func filesAreCounted() async throws {
        try await TestIntake.run(Self.configuration(TenantQuotas(files: 2))) { intake in
            for _ in 0..<2 { #expect(try await Self.upload(intake, bytes: 10).status == 200) }
            let refused = try await Self.upload(intake, bytes: 10)
            #expect(try refused.status == 403 && Self.code(refused) == "file_quota_reached")
            let messages = try await intake.ask("POST", "/v1/messages/batches", json: Self.requests)
            #expect(messages.status == 403)
            let id = try #require(intake.ledger.edit { $0.files.keys.first })
            #expect(try await intake.ask("DELETE", "/v1/files/\(id.text)").status == 200)
            #expect(try await Self.upload(intake, bytes: 10).status == 200)
        }
    }

    /// Said or not, the byte too many is refused, and what was stored of it is gone.
    @Test(arguments: [true, false]) func bytesOfFilesAreCounted(isDeclared: Bool) async throws {
        let quotas = TenantQuotas(fileBytes: 3 << 20)
        try await TestIntake.run(Self.configuration(quotas)) { intake in
            #expect(try await Self.upload(intake, bytes: 1 << 20).status == 200)
            let form = Form(file: Array(repeating: 0x20, count: 5 << 20), name: "f.jsonl")
            let refused = try await Self.uploadTooMuch(intake, form, isDeclared: isDeclared)
            #expect(try refused.status == 403 && Self.code(refused) == "file_bytes_quota_reached")
            #expect(intake.ledger.edit { $0.chunks.count == 1 })
            #expect(try await Self.upload(intake, bytes: 2 << 20).status == 200)
        }
    }

    @Test func openBatchesAreCounted() async throws {
        try await TestIntake.run(Self.configuration(TenantQuotas(openBatches: 1))) { intake in
            let body = TestIntake.batchBody(try await intake.upload("{}\n"))
            let first = try await intake.ask("POST", "/v1/batches", headers: ["Idempotency-Key: k"], json: body)
            #expect(first.status == 200)
            for (path, json) in [("/v1/batches", body), ("/v1/messages/batches", Self.requests)] {
                let refused = try await intake.ask("POST", path, json: json)
                #expect(try refused.status == 429 && Self.code(refused) == "too_many_open_batches")
                #expect(refused.headers["retry-after"] == "60")
            }
            #expect(intake.ledger.edit { $0.chunks.count == 1 }, "the refused one's input is freed")
            let again = try await intake.ask("POST", "/v1/batches", headers: ["Idempotency-Key: k"], json: body)
            #expect(again.status == 200, "what is there already is told")
            intake.ledger.edit { state in for id in state.batches.keys { state.batches[id]?.state = .cancelled } }
            #expect(try await intake.ask("POST", "/v1/batches", json: body).status == 200)
        }
    }

    @Test func idempotencyKeysAreCounted() async throws {
        try await TestIntake.run(Self.configuration(TenantQuotas(idempotencyKeys: 2))) { intake in
            func submit(_ key: String) async throws -> RawAnswer {
                try await intake.ask(
                    "POST",
                    "/v1/jobs",
                    headers: ["Idempotency-Key: \(key)"],
                    json: TestIntake.jobBody()
                )
            }
            for key in ["a", "a", "b"] { #expect(try await submit(key).status == 202) }
            let refused = try await submit("c")
            #expect(try refused.status == 429 && Self.code(refused) == "too_many_idempotency_keys")
            #expect(try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody()).status == 202)
        }
    }

    @Test func theLastOfTheDiskIsForResults() async throws {
        try await TestIntake.run(Self.configuration(TenantQuotas(), reserve: 1000)) { intake in
            let body = TestIntake.batchBody(try await intake.upload("{}\n"))
            intake.ledger.edit { $0.disk = DiskSpace(total: 1 << 40, free: 1000) }
            try await Task.sleep(for: .milliseconds(1100))
            for answer in [
                try await Self.upload(intake, bytes: 10),
                try await intake.ask("POST", "/v1/batches", json: body),
                try await intake.ask("POST", "/v1/messages/batches", json: Self.requests),
            ] {
                #expect(try answer.status == 503 && Self.code(answer) == "storage_full")
                #expect(answer.headers["retry-after"] == "60")
            }
            #expect(try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody()).status == 202)
            intake.ledger.edit { $0.disk = DiskSpace(total: 1 << 40, free: 1001) }
            try await Task.sleep(for: .milliseconds(1100))
            #expect(try await Self.upload(intake, bytes: 10).status == 200)
        }
    }

    @Test(arguments: [(Int64(10) << 30, Int64(512) << 20), (100 << 30, 1 << 30)])
    func withoutASettingThereIsAReserve(total: Int64, reserve: Int64) async throws {
        let ledger = InMemoryLedger()
        ledger.edit { $0.disk = DiskSpace(total: total, free: reserve + 1) }
        #expect(try await !DiskReserve(nil, of: ledger).isReached())
        ledger.edit { $0.disk = DiskSpace(total: total, free: reserve) }
        #expect(try await DiskReserve(nil, of: ledger).isReached())
        ledger.edit { $0.disk = nil }
        #expect(try await !DiskReserve(nil, of: ledger).isReached(), "another machine's disk")
    }
}
