import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// What happens on the wire.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    private static let form = Form(file: Array("{}\n".utf8))
    private static let expect = "Expect: 100-continue"

    private static func uploadHead(
        _ headers: [String] = [],
        key: String? = TestIntake.acme,
        length: Int? = form.bytes.count
    )
        -> String
    {
        TestIntake.head(
            "POST",
            "/v1/files",
            key: key,
            headers: ["Content-Type: \(form.contentType)"] + headers,
            length: length
        )
    }

    @Test func asksForABodyThatIsHeldBack() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            for _ in 0..<2 {
                try await connection.send(Self.uploadHead([Self.expect]))
                #expect(try await connection.receive().status == 100)
                try await connection.send(Self.form.bytes)
                #expect(try await connection.receive().status == 200)
            }
        }
    }

    /// What a client does to its own upload is no fault of ours.
    @Test func aResetInTheMiddleOfAnUploadIsNoError() async throws {
        try await TestIntake.run { intake in
            do {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(Self.uploadHead([Self.expect], length: 1 << 20))
                #expect(try await connection.receive().status == 100)
                try await connection.send(Self.form.bytes.dropLast(10).map { $0 })
                connection.willReset()
            }
            while !intake.log.text.contains("info request") { try await Task.sleep(for: .milliseconds(5)) }
            #expect(intake.log.text.contains("http.status=400"))
            #expect(!intake.log.text.contains("error unexpected") && !intake.log.text.contains("warning"))
        }
    }

    @Test func asksForAJSONBodyThatIsHeldBack() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            let body = TestIntake.jobBody()
            try await connection.send(
                TestIntake.head(
                    "POST",
                    "/v1/jobs",
                    key: TestIntake.acme,
                    headers: [Self.expect],
                    length: body.utf8.count
                )
            )
            #expect(try await connection.receive().status == 100)
            try await connection.send(body)
            #expect(try await connection.receive().status == 202)
        }
    }

    @Test func refusesByTheHeadWithoutAskingForTheBody() async throws {
        try await TestIntake.run(IntakeConfiguration(maxBodyBytes: 1000, maxFileBytes: 1000)) { intake in
            let heads: [(String, Int)] = [
                (Self.uploadHead([Self.expect], key: nil), 401),
                (Self.uploadHead([Self.expect], key: "psk_wrong"), 401),
                (Self.uploadHead([Self.expect], length: 100_000), 413),
                (TestIntake.head("POST", "/v1/jobs", key: TestIntake.acme, headers: [Self.expect], length: 1001), 413),
                (TestIntake.head("POST", "/nowhere", key: TestIntake.acme, headers: [Self.expect], length: 10), 404),
                (
                    TestIntake.head("POST", "/v1/admin/keys", key: TestIntake.acme, headers: [Self.expect], length: 10),
                    403
                ),
            ]
            for (head, status) in heads {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(head)
                let answer = try await connection.receive()
                #expect(answer.status == status)
                #expect(answer.headers["connection"] == "close")
                #expect(try await connection.bytesUntilClosed() == 0)
            }
        }
    }

    @Test func aRefusedUploadIsNotReadToItsEnd() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.uploadHead(key: nil, length: 150 << 20))
            let answer = try await connection.receive()
            #expect(answer.status == 401)
            #expect(answer.headers["connection"] == "close")
            // The server reads a little more and then closes: sending all of it is not possible.
            await #expect(throws: RawConnection.Failure.self) {
                let piece = [UInt8](repeating: 65, count: 1 << 20)
                for _ in 0..<150 { try await connection.send(piece) }
            }
        }
    }

    @Test func anEndlessRefusedBodyIsCutOff() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            let head = TestIntake.head("POST", "/nowhere", key: nil, headers: ["Transfer-Encoding: chunked"])
            try await connection.send(head)
            #expect(try await connection.receive().status == 404)
            await #expect(throws: RawConnection.Failure.self) {
                let piece = Array("10000\r\n".utf8) + [UInt8](repeating: 65, count: 65_536) + [13, 10]
                for _ in 0..<2000 { try await connection.send(piece) }
            }
        }
    }

    @Test func aSmallUnreadBodyKeepsTheConnection() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            for _ in 0..<3 {
                try await connection.send(
                    TestIntake.head("POST", "/v1/batches/none/cancel", key: TestIntake.acme, length: 1000)
                )
                try await connection.send([UInt8](repeating: 65, count: 1000))
                let answer = try await connection.receive()
                #expect(answer.status == 404)
                #expect(answer.headers["connection"] == nil)
            }
        }
    }

    @Test func aFileThatGrowsTooLargeIsRefusedInBetween() async throws {
        try await TestIntake.run(IntakeConfiguration(maxFileBytes: 100_000)) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.uploadHead(["Transfer-Encoding: chunked"], length: nil))
            let part =
                "--\(Self.form.boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
            try await connection.send(String(part.utf8.count, radix: 16) + "\r\n" + part + "\r\n")
            let piece = Array("10000\r\n".utf8) + [UInt8](repeating: 65, count: 65_536) + [13, 10]
            for _ in 0..<2 { try await connection.send(piece) }
            let answer = try await connection.receive()
            #expect(answer.status == 413)
            #expect(answer.headers["connection"] == "close")
            #expect(intake.ledger.edit { $0.files.isEmpty })
        }
    }

    @Test func slowUploadsArrive() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            for byte in Self.uploadHead().utf8 { try await connection.send([byte]) }
            for byte in Self.form.bytes { try await connection.send([byte]) }
            #expect(try await connection.receive().status == 200)
        }
    }

    @Test func silentConnectionsAreClosed() async throws {
        try await TestIntake.run(IntakeConfiguration(idleTimeout: .milliseconds(300))) { intake in
            let silent = try RawConnection(port: intake.port)
            #expect(try await silent.bytesUntilClosed() == 0)
            let stuck = try RawConnection(port: intake.port)
            try await stuck.send(Self.uploadHead())
            try await stuck.send(Array(Self.form.bytes.prefix(50)))
            // Whether an answer still goes out does not matter, but nothing may come of the half file.
            _ = try? await stuck.bytesUntilClosed()
            #expect(intake.ledger.edit { $0.files.isEmpty })
        }
    }

    @Test func uploadsThatBreakOffLeaveNoFile() async throws {
        try await TestIntake.run { intake in
            for length in [10, 100, Self.form.bytes.count - 1] {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(Self.uploadHead())
                try await connection.send(Array(Self.form.bytes.prefix(length)))
                connection.finishSending()
                _ = try? await connection.bytesUntilClosed()
            }
            let body = TestIntake.jobBody()
            let connection = try RawConnection(port: intake.port)
            try await connection.send(
                TestIntake.head("POST", "/v1/jobs", key: TestIntake.acme, length: body.utf8.count + 1)
            )
            try await connection.send(body)
            connection.finishSending()
            _ = try? await connection.bytesUntilClosed()
            #expect(intake.ledger.edit { $0.files.isEmpty })
            #expect(intake.queue.edit { $0.enqueued.isEmpty })
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            let body = TestIntake.jobBody()
            let job = TestIntake.head("POST", "/v1/jobs", key: TestIntake.acme, length: body.utf8.count) + body
            let requests = [
                TestIntake.head("GET", "/v1/models", key: TestIntake.acme), job,
                TestIntake.head("GET", "/nowhere", key: nil), job, TestIntake.head("GET", "/", key: nil),
            ]
            try await connection.send(requests.joined())
            var statuses: [Int] = []
            for _ in requests { statuses.append(try await connection.receive().status) }
            #expect(statuses == [200, 202, 404, 202, 200])
        }
    }

    @Test func answersToHEADHaveNoBody() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            for (path, status) in [("/v1/models", 200), ("/v1/jobs/none", 404), ("/nowhere", 404)] {
                try await connection.send(TestIntake.head("HEAD", path, key: TestIntake.acme))
                #expect(try await connection.receive(isHead: true).status == status)
            }
            try await connection.send(TestIntake.head("GET", "/", key: nil))
            #expect(try await connection.receive().status == 200)
        }
    }

    /// How a connection may end while its client still reads.
    enum End: CaseIterable {
        case clientAskedToClose, clientFinishedSending, serverShutsDown
    }

    @Test(arguments: End.allCases)
    func slowReadersGetEverything(end: End) async throws {
        try await TestIntake.run { intake in
            let size = 8 * FileChunk.size
            let id = try await intake.upload(String(repeating: "x", count: size))
            let connection = try RawConnection(port: intake.port, receiveBuffer: 16_384)
            let headers = end == .clientAskedToClose ? ["Connection: Close"] : []
            try await connection.send(
                TestIntake.head("GET", "/v1/files/\(id)/content", key: TestIntake.acme, headers: headers)
            )
            if end == .clientFinishedSending { connection.finishSending() }
            #expect(try await connection.receive(isHead: true).status == 200)
            if end == .serverShutsDown { await intake.shutDownGracefully() }
            // Longer than the server lingers.
            try await Task.sleep(for: .milliseconds(2500))
            #expect(try await connection.bytesUntilClosed(limit: size + 1) == size)
        }
    }

    @Test(arguments: ["close", "Close", "TE, close"])
    func closesWhenAsked(value: String) async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(TestIntake.head("GET", "/", key: nil, headers: ["Connection: \(value)"]))
            let answer = try await connection.receive()
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
            #expect(try await connection.bytesUntilClosed() == 0)
        }
    }

    @Test func oversizedHeadersAreRefused() async throws {
        try await TestIntake.run { intake in
            let long = "X-Long: " + String(repeating: "x", count: 20_000)
            let many = (0..<200).map { "X-\($0): 1" }
            for headers in [[long], many] {
                let connection = try RawConnection(port: intake.port)
                try await connection.send(TestIntake.head("GET", "/", key: nil, headers: headers))
                #expect(try await connection.receive().status == 400)
                #expect(try await connection.bytesUntilClosed() == 0)
            }
            #expect(try await intake.ask("GET", "/").status == 200)
        }
    }

    @Test(arguments: ["GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "\0\0\0\0\r\n\r\n"])
    func whatIsNotHTTPIsRefused(text: String) async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(text)
            #expect(try await connection.receive().status == 400)
            #expect(try await connection.bytesUntilClosed() == 0)
        }
    }

    @Test func requestsInFlightEndBeforeTheServerDoes() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.uploadHead([Self.expect]))
            #expect(try await connection.receive().status == 100)
            await intake.shutDownGracefully()
            try await connection.send(Self.form.bytes)
            #expect(try await connection.receive().status == 200)
            #expect(try await connection.bytesUntilClosed() == 0)
            #expect(intake.ledger.edit { $0.files.count } == 1)
        }
    }
}
