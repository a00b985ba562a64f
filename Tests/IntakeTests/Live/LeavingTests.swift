import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// What happens when a caller goes, or may not go on.
@Suite(.timeLimit(.minutes(1)))
struct LeavingTests {
    private static let one = IntakeConfiguration(maxWaitsPerTenant: 1)

    private static func wait(_ id: JobID, _ seconds: Int = 60) -> String {
        TestIntake.head("GET", "/v1/jobs/\(id)?wait=\(seconds)", key: TestIntake.acme)
    }

    /// Asks again until somebody else's place is free.
    private static func waitUntilThereIsRoom(_ intake: TestIntake, _ id: JobID) async throws {
        while try await intake.ask("GET", "/v1/jobs/\(id)?wait=1").status == 429 {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func waitsAreBounded() async throws {
        try await TestIntake.run(Self.one) { intake in
            let id = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.wait(id))
            await intake.events.somebodyWaits()
            let refused = try await intake.ask("GET", "/v1/jobs/\(id)?wait=1")
            #expect(refused.status == 429)
            #expect(try refused.error().code == "too_many_waits")
            #expect(refused.headers["retry-after"] != nil)
            // Who does not wait takes no place.
            #expect(try await intake.ask("GET", "/v1/jobs/\(id)").status == 200)
            let theirs = try await intake.job(key: TestIntake.other)
            let other = try await intake.ask("GET", "/v1/jobs/\(theirs)?wait=1", key: TestIntake.other)
            #expect(other.status == 200)
        }
    }

    @Test(arguments: [false, true])
    func whoGoesGivesItsPlaceBack(isReset: Bool) async throws {
        try await TestIntake.run(Self.one) { intake in
            let id = try await intake.job()
            var connection: RawConnection? = try RawConnection(port: intake.port)
            try await connection?.send(Self.wait(id))
            await intake.events.somebodyWaits()
            if isReset { connection?.resetAtEnd() }
            connection = nil
            let start = ContinuousClock.now
            try await Self.waitUntilThereIsRoom(intake, id)
            // One second is what the one that asked again waited itself.
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test func whoFinishedSendingIsAnsweredAtOnce() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.wait(id))
            connection.finishSending()
            let answer = try await connection.receive()
            #expect(answer.status == 200)
            #expect(try answer.json()["state"]?.string == "waiting")
            #expect(try await connection.bytesUntilClosed() == 0)
        }
    }

    @Test func aStreamEndsWithItsCaller() async throws {
        try await TestIntake.run { intake in
            let id = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            try await connection.send(TestIntake.head("GET", "/v1/jobs/\(id)/events", key: TestIntake.acme))
            #expect(try await connection.receive(isHead: true).status == 200)
            connection.finishSending()
            // The first event and the end of the body.
            #expect(try await connection.bytesUntilClosed() > 0)
        }
    }

    @Test func aResetInTheMiddleOfAnUploadIsNoError() async throws {
        try await TestIntake.run { intake in
            let form = Form(file: [UInt8](repeating: 65, count: 200_000))
            let head = TestIntake.head(
                "POST",
                "/v1/files",
                key: TestIntake.acme,
                headers: ["Content-Type: \(form.contentType)"],
                length: form.bytes.count
            )
            var connection: RawConnection? = try RawConnection(port: intake.port)
            try await connection?.send(head)
            try await connection?.send(Array(form.bytes.prefix(100_000)))
            connection?.resetAtEnd()
            connection = nil
            while !intake.log.text.contains("http.route=/v1/files") { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!intake.log.text.contains("unexpected error"))
            #expect(intake.ledger.edit { $0.files.isEmpty })
        }
    }

    /// Revoked elsewhere: this process is not told.
    private static func revoke(_ intake: TestIntake) {
        intake.ledger.edit { $0.apiKeys[0].revokedAt = Surroundings.now }
    }

    @Test(arguments: [0, 300])
    func aRevokedKeyEndsAWait(cacheSeconds: Int) async throws {
        try await TestIntake.run(IntakeConfiguration(keyCacheSeconds: cacheSeconds)) { intake in
            let id = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            try await connection.send(Self.wait(id))
            await intake.events.somebodyWaits()
            Self.revoke(intake)
            #expect(try await connection.receive().status == 401)
        }
    }

    @Test func aRevokedKeyEndsAStream() async throws {
        try await TestIntake.run(IntakeConfiguration(keyCacheSeconds: 0)) { intake in
            let id = try await intake.job()
            let connection = try RawConnection(port: intake.port)
            let head = TestIntake.head(
                "GET",
                "/v1/jobs/\(id)/events",
                key: TestIntake.acme,
                headers: ["Connection: close"]
            )
            try await connection.send(head)
            #expect(try await connection.receive(isHead: true).status == 200)
            Self.revoke(intake)
            #expect(try await connection.bytesUntilClosed() > 0)
        }
    }
}
