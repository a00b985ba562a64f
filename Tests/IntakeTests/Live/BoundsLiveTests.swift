import Penstock
import TestTwins
import Testing

@testable import Intake

/// What one client may take of connections and time.
@Suite(.timeLimit(.minutes(1)))
struct BoundsLiveTests {
    private static func waiting(_ intake: TestIntake, on id: JobID) async throws -> RawConnection {
        let connection = try await used(intake)
        try await connection.send(TestIntake.head("GET", "/v1/jobs/\(id)?wait=60", key: TestIntake.acme))
        await intake.events.somebodyWaits()
        return connection
    }

    /// One request on a connection that stays open; again on another one while it is refused.
    private static func used(_ intake: TestIntake) async throws -> RawConnection {
        while true {
            let connection = try RawConnection(port: intake.port)
            try await connection.send(TestIntake.head("GET", "/", key: nil))
            if try await connection.receive().status == 200 { return connection }
        }
    }

    @Test(arguments: [
        IntakeConfiguration(maxRequestsPerTenant: 9, maxConnections: 1),
        IntakeConfiguration(maxRequestsPerTenant: 9, maxConnectionsPerAddress: 1),
    ])
    func whereAllAreBusyANewOneIsRefused(configuration: IntakeConfiguration) async throws {
        try await TestIntake.run(configuration) { intake in
            let id = try await intake.job()
            var busy: RawConnection? = try await Self.waiting(intake, on: id)
            let refused = try RawConnection(port: intake.port)
            try await refused.send(TestIntake.head("GET", "/", key: nil))
            let answer = try await refused.receive()
            #expect(answer.status == 503)
            #expect(try answer.error().code == "too_many_connections")
            #expect(answer.headers["retry-after"] != nil)
            #expect(try await refused.bytesUntilClosed() == 0)
            #expect(intake.log.text.contains("connections refused"))
            withExtendedLifetime(busy) {}
            busy = nil
            _ = try await Self.used(intake)
        }
    }

    @Test func theOldestIdleOneMakesRoom() async throws {
        try await TestIntake.run(IntakeConfiguration(maxConnections: 2)) { intake in
            let first = try await Self.used(intake)
            let second = try await Self.used(intake)
            let third = try await Self.used(intake)
            #expect(try await first.bytesUntilClosed() == 0)
            for connection in [second, third] {
                try await connection.send(TestIntake.head("GET", "/", key: nil))
                #expect(try await connection.receive().status == 200)
            }
        }
    }

    @Test func aTenantHasSoManyRequestsUnderWay() async throws {
        try await TestIntake.run(IntakeConfiguration(maxRequestsPerTenant: 1)) { intake in
            let id = try await intake.job()
            var holder: RawConnection?
            var refused: RawAnswer
            // Until the wait was there first.
            repeat {
                holder = try RawConnection(port: intake.port)
                try await holder?.send(TestIntake.head("GET", "/v1/jobs/\(id)?wait=60", key: TestIntake.acme))
                refused = try await intake.ask("GET", "/v1/models")
            } while refused.status == 200
            #expect(refused.status == 429)
            #expect(try refused.error().code == "too_many_requests")
            #expect(try await intake.ask("GET", "/v1/models", key: TestIntake.other).status == 200)
            withExtendedLifetime(holder) {}
            holder = nil
            while try await intake.ask("GET", "/v1/models").status == 429 {}
        }
    }

    private static let quick = IntakeConfiguration(
        bodyPace: BodyPace(minBytesPerSecond: 1000, grace: .milliseconds(300))
    )

    @Test func aBodyThatDripsIsGivenUp() async throws {
        try await TestIntake.run(Self.quick) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(TestIntake.head("POST", "/v1/jobs", key: TestIntake.acme, length: 1000))
            let dripping = Task {
                while !Task.isCancelled {
                    try await connection.send(" ")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            // Receiving would stand in the way of sending.
            try await Task.sleep(for: .milliseconds(800))
            dripping.cancel()
            _ = await dripping.result
            let answer = try await connection.receive()
            #expect(answer.status == 408)
            #expect(try answer.error().code == "body_too_slow")
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test func theRestOfARefusedBodyHasItsTime() async throws {
        try await TestIntake.run(Self.quick) { intake in
            let connection = try RawConnection(port: intake.port)
            try await connection.send(TestIntake.head("POST", "/nowhere", key: nil, length: 1000))
            #expect(try await connection.receive().status == 404)
            await #expect(throws: RawConnection.Failure.self) {
                for _ in 0..<500 {
                    try await connection.send(" ")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }

    @Test func aClientThatReadsNothingIsClosedUpon() async throws {
        try await TestIntake.run(IntakeConfiguration(idleTimeout: .milliseconds(500))) { intake in
            let size = 8 * FileChunk.size
            let id = try await intake.upload(String(repeating: "x", count: size))
            let connection = try RawConnection(port: intake.port, receiveBuffer: 16_384)
            try await connection.send(TestIntake.head("GET", "/v1/files/\(id)/content", key: TestIntake.acme))
            #expect(try await connection.receive(isHead: true).status == 200)
            try await Task.sleep(for: .seconds(2))
            let received = try? await connection.bytesUntilClosed(limit: size + 1)
            #expect(received ?? 0 < size)
        }
    }
}
