import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct BatchesLiveTests {
    @Test func createRetrieveList() async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let extra =
                #","metadata":{"k":"v","penstock_class":"standard","penstock_tags":"feature=f,customer=c"}"#
                + #","output_expires_after":{"anchor":"created_at","seconds":3600},"future":1"#
            let answer = try await intake.ask("POST", "/v1/batches", json: TestIntake.batchBody(file, extra))
            #expect(answer.status == 200)
            let created = try answer.json()
            let id = try #require(created["id"]?.string)
            #expect(id.hasPrefix("batch_"))
            #expect(created["status"]?.string == "validating")
            #expect(created["usage"]?.isNull == true)
            #expect(created.path("metadata", "k")?.string == "v")
            let at = try #require(created["created_at"]?.int64)
            #expect(created["expires_at"]?.int64 == at + 86_400)
            let stored = try #require(intake.ledger.edit { $0.batches[BatchID(id)] })
            #expect(stored.jobClass == .standard)
            #expect(stored.tags == JobTags(feature: "f", customer: "c"))
            #expect(try await intake.ask("GET", "/v1/batches/\(id)").body == answer.body)
            let list = try await intake.ask("GET", "/v1/batches").json()
            #expect(list["data"]?.elements.map { $0["id"]?.string } == [id])
        }
    }

    @Test(arguments: ["90s", "15m", "24h", "7d"])
    func windowsAreDurations(window: String) async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let body = #"{"input_file_id":"\#(file)","endpoint":"/v1/responses","completion_window":"\#(window)"}"#
            let batch = try await intake.ask("POST", "/v1/batches", json: body).json()
            #expect(batch["completion_window"]?.string == window)
        }
    }

    @Test func refusals() async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let output = FileRecord(
                id: FileID("file-out"),
                tenant: TenantID(trusted: "acme"),
                filename: "o.jsonl",
                purpose: .batchOutput,
                bytes: 0,
                createdAt: Surroundings.now,
                expiresAt: nil,
                content: .rows(of: BatchID("b"), .output)
            )
            intake.ledger.edit { $0.files[output.id] = output }
            let good = [
                "input_file_id": "\"\(file)\"", "endpoint": "\"/v1/embeddings\"", "completion_window": "\"24h\"",
            ]
            let bad: [(String, String?, code: String, param: String)] = [
                ("input_file_id", nil, "missing_required_parameter", "input_file_id"),
                ("input_file_id", "\"file-none\"", "file_not_found", "input_file_id"),
                ("input_file_id", "\"file-out\"", "invalid_purpose", "input_file_id"),
                ("input_file_id", "7", "invalid_value", "input_file_id"),
                ("endpoint", nil, "missing_required_parameter", "endpoint"),
                ("endpoint", "\"/v1/images\"", "invalid_value", "endpoint"),
                ("completion_window", "\"immediate\"", "invalid_completion_window", "completion_window"),
                ("completion_window", "\"31d\"", "invalid_completion_window", "completion_window"),
                ("metadata", "[]", "invalid_value", "metadata"),
                ("metadata", #"{"penstock_class":"gold"}"#, "invalid_class", "metadata.penstock_class"),
                ("metadata", #"{"penstock_tags":"x"}"#, "invalid_tags", "metadata.penstock_tags"),
                ("metadata", #"{"penstock_klass":"batch"}"#, "unknown_metadata_key", "metadata.penstock_klass"),
                (
                    "output_expires_after", #"{"anchor":"now","seconds":3600}"#, "invalid_value",
                    "output_expires_after.anchor"
                ),
                (
                    "output_expires_after", #"{"anchor":"created_at","seconds":1}"#, "invalid_value",
                    "output_expires_after.seconds"
                ),
            ]
            for (field, value, code, param) in bad {
                var fields = good
                fields[field] = value
                let body = "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
                let answer = try await intake.ask("POST", "/v1/batches", json: body)
                #expect(answer.status == 400, "\(body)")
                #expect(try answer.error() == ("invalid_request_error", code, param), "\(body)")
            }
            #expect(intake.ledger.edit { $0.batches.isEmpty })
        }
    }

    @Test func classesAreTheKeys() async throws {
        try await TestIntake.run { intake in
            let file = try await intake.upload("{}\n")
            let body = TestIntake.batchBody(file, #","metadata":{"penstock_class":"interactive"}"#)
            let answer = try await intake.ask("POST", "/v1/batches", key: TestIntake.batchOnly, json: body)
            #expect(answer.status == 403)
            #expect(try answer.error() == ("permission_error", "class_not_allowed", "metadata.penstock_class"))
            let plain = try await intake.ask(
                "POST",
                "/v1/batches",
                key: TestIntake.batchOnly,
                json: TestIntake.batchBody(file)
            )
            #expect(plain.status == 200)
        }
    }

    @Test func replaysGiveTheSameBatch() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.batchBody(try await intake.upload("{}\n"))
            func create(_ body: String, key: String = TestIntake.acme) async throws -> RawAnswer {
                try await intake.ask("POST", "/v1/batches", key: key, headers: ["Idempotency-Key: once"], json: body)
            }
            let first = try await create(body)
            #expect(try await create(body).body == first.body)
            #expect(intake.ledger.edit { $0.batches.count } == 1)
            let conflict = try await create(body.replacing("24h", with: "23h"))
            #expect(conflict.status == 409)
            #expect(try conflict.error().code == "idempotency_conflict")
            #expect(conflict.headers["x-should-retry"] == "false")
            // The first try got as far as the key only.
            intake.ledger.edit { $0.batches = [:] }
            #expect(try await create(body).json()["id"]?.string == first.json()["id"]?.string)
        }
    }

    @Test func countsAreLiveAndAskedForOnceASecond() async throws {
        try await TestIntake.run { intake in
            let id = BatchID(try await intake.batch())
            intake.ledger.edit { state in
                state.batches[id]?.start(total: 3, linesPerPool: [:], model: "gpt-small", at: Surroundings.now)
                for (line, outcome) in [(1, TerminalState.succeeded), (2, .expired)] {
                    let row = FilesLiveTests.row(id, line: line, state: outcome)
                    state.rows[row.job] = row
                }
            }
            let start = ContinuousClock.now
            for _ in 0..<5 {
                let counts = try await intake.ask("GET", "/v1/batches/\(id)").json()["request_counts"]
                #expect(counts?["total"]?.int64 == 3)
                #expect(counts?["completed"]?.int64 == 1)
                #expect(counts?["failed"]?.int64 == 1)
            }
            let seconds = Int(start.duration(to: .now).components.seconds)
            #expect(intake.ledger.edit { $0.summaries } <= 1 + seconds)
        }
    }

    @Test func cancelling() async throws {
        try await TestIntake.run { intake in
            let id = BatchID(try await intake.batch())
            intake.ledger.edit { $0.conflictsToCome = 3 }
            let answer = try await intake.ask("POST", "/v1/batches/\(id)/cancel")
            #expect(answer.status == 200)
            #expect(try answer.json()["status"]?.string == "cancelling")
            #expect(try answer.json()["cancelling_at"]?.int64 != nil)
            #expect(try await intake.ask("POST", "/v1/batches/\(id)/cancel", json: "{}").body == answer.body)
            for (state, status) in [(BatchState.cancelled, 200), (.completed, 409), (.failed, 409), (.expired, 409)] {
                intake.ledger.edit { $0.batches[id]?.state = state }
                let answer = try await intake.ask("POST", "/v1/batches/\(id)/cancel")
                #expect(answer.status == status)
                #expect(answer.headers["x-should-retry"] == (status == 409 ? "false" : nil))
            }
        }
    }

    @Test func aBatchThatKeepsChangingIsNotWaitedForForEver() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.batch()
            intake.ledger.edit { $0.conflictsToCome = 1000 }
            #expect(try await intake.ask("POST", "/v1/batches/\(id)/cancel").status == 503)
        }
    }

    @Test func listsInPages() async throws {
        try await TestIntake.run { intake in
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await intake.batch()) }
            ids.sort(by: >)
            let first = try await intake.ask("GET", "/v1/batches?limit=3").json()
            #expect(first["data"]?.elements.compactMap { $0["id"]?.string } == Array(ids[..<3]))
            #expect(first["has_more"]?.bool == true)
            let second = try await intake.ask("GET", "/v1/batches?limit=3&after=\(ids[2])").json()
            #expect(second["data"]?.elements.compactMap { $0["id"]?.string } == Array(ids[3...]))
            #expect(second["has_more"]?.bool == false)
            for limit in ["0", "101", "x"] {
                let answer = try await intake.ask("GET", "/v1/batches?limit=\(limit)")
                #expect(answer.status == 400)
                #expect(try answer.error().param == "limit")
            }
        }
    }
}

extension String {
    func replacing(_ old: String, with new: String) -> String {
        guard let place = ranges(of: old).first else { return self }
        return String(self[..<place.lowerBound] + new + self[place.upperBound...])
    }
}
