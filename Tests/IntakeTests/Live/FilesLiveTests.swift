import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct FilesLiveTests {
    private static func upload(_ intake: TestIntake, _ form: Form, headers: [String] = []) async throws -> RawAnswer {
        try await intake.ask(
            "POST",
            "/v1/files",
            headers: ["Content-Type: \(form.contentType)"] + headers,
            body: form.bytes
        )
    }

    @Test func uploadRetrieveDownloadDelete() async throws {
        try await TestIntake.run { intake in
            let content = #"{"custom_id":"a"}"# + "\r\n" + #"{"custom_id":"b"}"# + "\n"
            let id = try await intake.upload(content, name: "in put.jsonl")
            let file = try await intake.ask("GET", "/v1/files/\(id)").json()
            #expect(file["object"]?.string == "file")
            #expect(file["filename"]?.string == "in put.jsonl")
            #expect(file["bytes"]?.int64 == Int64(content.utf8.count))
            #expect(file["purpose"]?.string == "batch")
            #expect(file["status"]?.string == "processed")
            let created = try #require(file["created_at"]?.int64)
            #expect(file["expires_at"]?.int64 == created + 30 * 86_400)
            let download = try await intake.ask(
                "GET",
                "/v1/files/\(id)/content",
                headers: ["Accept: application/binary"]
            )
            #expect(download.text == content)
            let deletion = try await intake.ask("DELETE", "/v1/files/\(id)")
            #expect(deletion.text == #"{"id":"\#(id)","object":"file","deleted":true}"#)
            for path in ["/v1/files/\(id)", "/v1/files/\(id)/content"] {
                #expect(try await intake.ask("GET", path).status == 404)
            }
            #expect(try await intake.ask("DELETE", "/v1/files/\(id)").status == 404)
        }
    }

    @Test func aLargeFileGoesThroughInChunks() async throws {
        try await TestIntake.run { intake in
            let line = String(repeating: "x", count: 999) + "\n"
            let content = String(repeating: line, count: 3300)
            let id = try await intake.upload(content)
            let chunks = intake.ledger.edit { $0.chunks[FileID(id)] ?? [] }
            #expect(chunks.dropLast().allSatisfy { $0.count == FileChunk.size })
            #expect(chunks.count == 4)
            let download = try await intake.ask("GET", "/v1/files/\(id)/content")
            #expect(download.headers["content-length"] == String(content.utf8.count))
            #expect(download.body == Array(content.utf8))
        }
    }

    @Test func lifetimesAreKept() async throws {
        try await TestIntake.run { intake in
            var form = Form(file: [65])
            form.add("expires_after[seconds]", "7200")
            form.add("expires_after[anchor]", "created_at")
            let file = try await Self.upload(intake, form).json()
            let created = try #require(file["created_at"]?.int64)
            #expect(file["expires_at"]?.int64 == created + 7200)
        }
    }

    @Test func chunkedUploads() async throws {
        try await TestIntake.run { intake in
            let form = Form(file: Array("abc\n".utf8))
            let connection = try RawConnection(port: intake.port)
            let headers = ["Content-Type: \(form.contentType)", "Transfer-Encoding: chunked"]
            try await connection.send(TestIntake.head("POST", "/v1/files", key: TestIntake.acme, headers: headers))
            for byte in form.bytes { try await connection.send([49, 13, 10, byte, 13, 10]) }
            try await connection.send("0\r\n\r\n")
            let answer = try await connection.receive()
            #expect(answer.status == 200)
            #expect(try answer.json()["bytes"]?.int64 == 4)
            // The connection serves on.
            try await connection.send(TestIntake.head("GET", "/v1/models", key: TestIntake.acme))
            #expect(try await connection.receive().status == 200)
        }
    }

    @Test(
        arguments: [
            ("fine-tune", "a.jsonl", "x", "invalid_value", "purpose"), ("batch", "a.txt", "x", nil, nil),
            ("batch", "a.jsonl", "", "empty_file", "file"),
        ] as [(String, String, String, String?, String?)]
    )
    func refusals(purpose: String, name: String, content: String, code: String?, param: String?) async throws {
        try await TestIntake.run { intake in
            let form = Form(file: Array(content.utf8), name: name, purpose: purpose)
            let answer = try await Self.upload(intake, form)
            #expect(answer.status == 400)
            #expect(try answer.error() == ("invalid_request_error", code, param))
            #expect(intake.ledger.edit { $0.files.isEmpty })
        }
    }

    @Test func formsThatAreNone() async throws {
        try await TestIntake.run { intake in
            let plain = try await intake.ask("POST", "/v1/files", json: "{}")
            #expect(plain.status == 400)
            #expect(try plain.error().code == "invalid_multipart")
            let type = "Content-Type: multipart/form-data; boundary=b"
            for body in [
                "", "nothing", "--b\r\nbroken\r\n\r\n", "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n",
            ] {
                let answer = try await intake.ask("POST", "/v1/files", headers: [type], json: body)
                #expect(answer.status == 400)
            }
        }
    }

    @Test func filesHaveALimit() async throws {
        try await TestIntake.run(IntakeConfiguration(maxFileBytes: 1000)) { intake in
            #expect(try await Self.upload(intake, Form(file: [UInt8](repeating: 65, count: 1000))).status == 200)
            let answer = try await Self.upload(intake, Form(file: [UInt8](repeating: 65, count: 1001)))
            #expect(answer.status == 413)
            #expect(try answer.error().code == "request_too_large")
            #expect(intake.ledger.edit { $0.files.count } == 1)
        }
    }

    @Test func whatFollowsTheFormHasALimit() async throws {
        try await TestIntake.run { intake in
            let form = Form(file: [65])
            let answer = try await intake.ask(
                "POST",
                "/v1/files",
                headers: ["Content-Type: \(form.contentType)"],
                body: form.bytes + [UInt8](repeating: 65, count: 300_000)
            )
            #expect(answer.status == 413)
        }
    }

    /// A request that reserved its key and then failed leaves no file; the next one makes it, and those after find it.
    @Test func oneKeyMakesOneFile() async throws {
        try await TestIntake.run { intake in
            let form = Form(file: Array("{}\n".utf8))
            func upload() async throws -> String? {
                let answer = try await intake.ask(
                    "POST",
                    "/v1/files",
                    headers: ["Content-Type: \(form.contentType)", "Idempotency-Key: k"],
                    body: form.bytes
                )
                return try answer.json()["id"]?.string
            }
            let failed = try #require(try await upload())
            intake.ledger.edit { $0.files[FileID(failed)] = nil }
            let made = try #require(try await upload())
            #expect(made != failed)
            for _ in 0..<2 { #expect(try await upload() == made) }
            #expect(intake.ledger.edit { $0.files.count } == 1)
        }
    }

    @Test func listsInPages() async throws {
        try await TestIntake.run { intake in
            var ids: [String] = []
            for number in 0..<5 { ids.append(try await intake.upload("\(number)\n")) }
            _ = try await intake.upload("x\n", key: TestIntake.other)
            let newestFirst = Array(ids.sorted().reversed())
            #expect(try await Self.pages(intake, "/v1/files?limit=2") == newestFirst)
            #expect(try await Self.pages(intake, "/v1/files?limit=5") == newestFirst)
            #expect(try await Self.pages(intake, "/v1/files?limit=3&order=asc") == ids.sorted())
            #expect(try await Self.pages(intake, "/v1/files?purpose=batch_output") == [])
            #expect(try await Self.pages(intake, "/v1/files?purpose=batch") == newestFirst)
        }
    }

    /// Follows a listing to its end as SDKs do.
    private static func pages(_ intake: TestIntake, _ path: String) async throws -> [String] {
        var ids: [String] = []
        while true {
            let after = ids.last.map { (path.contains("?") ? "&" : "?") + "after=\($0)" } ?? ""
            let page = try await intake.ask("GET", path + after).json()
            let found = page["data"]?.elements.compactMap { $0["id"]?.string } ?? []
            #expect(page["first_id"]?.string == found.first)
            #expect(page["last_id"]?.string == found.last)
            ids += found
            if page["has_more"]?.bool == false { return ids }
        }
    }

    @Test func inputsOfUnfinishedBatchesStay() async throws {
        try await TestIntake.run { intake in
            let id = BatchID(try await intake.batch())
            let file = try #require(intake.ledger.edit { $0.batches[id]?.inputFile })
            let answer = try await intake.ask("DELETE", "/v1/files/\(file)")
            #expect(answer.status == 409)
            #expect(answer.headers["x-should-retry"] == "false")
            intake.ledger.edit { $0.batches[id]?.state = .completed }
            #expect(try await intake.ask("DELETE", "/v1/files/\(file)").status == 200)
        }
    }

    @Test func outputsAreViewsOfRows() async throws {
        try await TestIntake.run { intake in
            let batch = BatchID("batch_1")
            let rows = (1...450).map { Self.row(batch, line: $0, state: $0 % 2 == 0 ? .failed : .succeeded) }
            let tenant = TenantID(trusted: "acme")
            let files = [RowKind.output, .errors].map { kind in
                FileRecord(
                    id: FileID("file-\(kind)"),
                    tenant: tenant,
                    filename: "batch_1_\(kind).jsonl",
                    purpose: .batchOutput,
                    bytes: 0,
                    createdAt: Surroundings.now,
                    expiresAt: nil,
                    content: .rows(of: batch, kind)
                )
            }
            intake.ledger.edit { state in
                for row in rows { state.rows[row.job] = row }
                for file in files { state.files[file.id] = file }
            }
            let output = try await intake.ask("GET", "/v1/files/file-output/content")
            let lines = output.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 226)
            #expect(lines.last == "")
            let expected = rows.filter { $0.state == .succeeded }.compactMap(\.result).map {
                String(decoding: $0.outputLine(), as: UTF8.self)
            }
            #expect(lines.dropLast().map(String.init) == expected)
            let errors = try await intake.ask("GET", "/v1/files/file-errors/content")
            #expect(errors.text.split(separator: "\n").count == 225)
        }
    }

    static func row(_ batch: BatchID, line: Int, state: TerminalState) -> TerminalRow {
        let job = Job(
            id: JobID(batch: batch, line: line),
            tenant: TenantID(trusted: "acme"),
            jobClass: .batch,
            deadline: Surroundings.now,
            createdAt: Surroundings.now,
            endpoint: .chatCompletions,
            model: "gpt-small",
            estimate: TokenEstimate(input: 1, output: 1),
            line: BatchLine(batch: batch, number: line, customID: "line \(line)"),
            body: .inLedger
        )
        let response = ProviderResponse(
            statusCode: state == .succeeded ? 200 : 400,
            requestID: "req_\(line)",
            body: Array(#"{"n":1.0}"#.utf8)
        )
        return TerminalRow(of: job, state: state, finishedAt: Surroundings.now, response: response, attempts: 1)
    }

    @Test func aFileThatLostAChunkIsBrokenOff() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.upload(String(repeating: "x", count: FileChunk.size + 10))
            intake.ledger.edit { _ = $0.chunks[FileID(id)]?.popLast() }
            await #expect(throws: RawConnection.Failure.self) {
                _ = try await intake.ask("GET", "/v1/files/\(id)/content")
            }
            #expect(intake.log.text.contains("outcome=broken_off"))
        }
    }

    @Test func aSlowReaderHoldsTheDownloadBack() async throws {
        try await TestIntake.run { intake in
            let id = FileID("file-big")
            let chunk = [UInt8](repeating: 65, count: FileChunk.size)
            let file = FileRecord(
                id: id,
                tenant: TenantID(trusted: "acme"),
                filename: "a.jsonl",
                purpose: .batch,
                bytes: Int64(40 * FileChunk.size),
                createdAt: Surroundings.now,
                expiresAt: nil,
                content: .chunks
            )
            intake.ledger.edit { state in
                state.files[id] = file
                state.chunks[id] = Array(repeating: chunk, count: 40)
            }
            let connection = try RawConnection(port: intake.port, receiveBuffer: 16_384)
            try await connection.send(TestIntake.head("GET", "/v1/files/\(id)/content", key: TestIntake.acme))
            let head = try await connection.receive(isHead: true)
            #expect(head.status == 200)
            // Taking away the rest now breaks it off: not everything had been read from the ledger ahead of the client.
            intake.ledger.edit { $0.chunks[id] = [] }
            let received = try await connection.bytesUntilClosed(limit: 41 * FileChunk.size)
            #expect(received < 40 * FileChunk.size)
        }
    }
}
