import JSON
import Penstock
import Testing

@testable import Intake

/// Old clients, and heads that are wrong.
@Suite(.timeLimit(.minutes(1)))
struct WireTests {
    @Test func oldClientsReadToTheEndOfTheConnection() async throws {
        try await TestIntake.run { intake in
            let job = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            let key = "Authorization: Bearer \(TestIntake.acme)"
            try await connection.send("GET /v1/jobs/\(job)/events HTTP/1.0\r\n\(key)\r\n\r\n")
            let head = try await connection.receive(isHead: true)
            #expect(head.status == 200)
            #expect(head.headers["transfer-encoding"] == nil)
            #expect(head.headers["connection"] == "close")
            connection.finishSending()
            #expect(try await connection.bytesUntilClosed() > 0)
        }
    }

    @Test func oldClientsAreNotAskedForTheirBody() async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            let body = TestIntake.jobBody()
            let lines = [
                "POST /v1/jobs HTTP/1.0", "Authorization: Bearer \(TestIntake.acme)", "Expect: 100-continue",
                "Content-Length: \(body.utf8.count)",
            ]
            try await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
            #expect(try await connection.receive().status == 202)
            #expect(try await connection.bytesUntilClosed() == 0)
        }
    }

    @Test(arguments: [
        ("", 400, "missing_host"), ("Host: a\r\nHost: a\r\n", 400, "duplicate_host"),
        ("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501, "unknown_transfer_coding"),
        ("Host: a\r\nTransfer-Encoding: gzip\r\n", 501, "unknown_transfer_coding"),
        ("Host: a\r\nContent-Length: x\r\n", 400, "invalid_http"), ("no header\r\n", 400, "invalid_http"),
    ])
    func headsThatAreWrong(headers: String, status: Int, code: String) async throws {
        try await TestIntake.run { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send("POST /v1/jobs HTTP/1.1\r\n\(headers)\r\n")
            let answer = try await connection.receive()
            #expect(answer.status == status)
            #expect(try answer.error().code == code)
            #expect(answer.headers["content-type"] == "application/json")
        }
    }
}
