import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// What one tenant, or all, can make an intake hold in memory is bounded by bytes.
struct MemoryLiveTests {
    private static let megabyte = 1 << 20

    @Test(arguments: [false, true]) func aPageOfAListingEndsByItsBytes(isBatch: Bool) async throws {
        try await TestIntake.run(IntakeConfiguration(maxPageBytes: 2 << 20)) { intake in
            let query = isBatch ? "&batch=\(try await Self.batchWithAnswers(intake))" : ""
            if !isBatch { for _ in 0..<6 { _ = try await Self.job(intake, bytes: 3 * Self.megabyte / 2) } }
            var seen: [String] = []
            var pages = 0
            while true {
                let cursor = seen.last.map { "&after=\($0)" } ?? ""
                let answer = try await intake.ask("GET", "/v1/jobs?limit=6\(query)\(cursor)")
                #expect(answer.status == 200)
                #expect(answer.body.count < 4 * Self.megabyte)
                let page = try answer.json()
                seen += page["data"]?.elements.compactMap { $0["id"]?.string } ?? []
                pages += 1
                guard page["has_more"]?.bool == true, pages < 10 else { break }
            }
            #expect(seen.count == 6 && Set(seen).count == 6)
            #expect(pages >= 3)
        }
    }

    @Test func answersThatNobodyReadsAreCountedAndRefused() async throws {
        let configuration = IntakeConfiguration(maxBytesInFlight: 64 << 20, maxBytesInFlightPerTenant: 10 << 20)
        try await TestIntake.run(configuration) { intake in
            let id = try await Self.job(intake, bytes: 8 * Self.megabyte)
            // A reader that takes nothing: what the sockets' buffers do not hold stays in the process.
            let idle = try RawConnection(port: intake.port, receiveBuffer: 256 << 10)
            try await idle.send(TestIntake.head("GET", "/v1/jobs/\(id)", key: TestIntake.acme))
            #expect(try await idle.receive(isHead: true).status == 200)
            let refused = try await intake.ask("GET", "/v1/jobs/\(id)")
            #expect(refused.status == 429)
            #expect(try refused.error().code == "too_many_bytes_in_flight")
            #expect(refused.headers["retry-after"] != nil)
            // Others, and what is small, are served.
            #expect(try await intake.ask("GET", "/v1/models").status == 200)
            #expect(try await intake.ask("GET", "/v1/jobs", key: TestIntake.other).status == 200)
            // Once it is read, there is room again.
            #expect(try await idle.bytesUntilClosed(limit: 8 * Self.megabyte) >= 8 * Self.megabyte)
            var again = try await intake.ask("GET", "/v1/jobs/\(id)")
            for _ in 0..<500 where again.status != 200 {
                try await Task.sleep(for: .milliseconds(10))
                again = try await intake.ask("GET", "/v1/jobs/\(id)")
            }
            #expect(again.status == 200)
        }
    }

    @Test func bodiesThatAreHalfSentAreCountedAndRefused() async throws {
        let configuration = IntakeConfiguration(maxBytesInFlight: 12 << 20, maxBytesInFlightPerTenant: 8 << 20)
        try await TestIntake.run(configuration) { intake in
            let halves = [
                try await Self.begin(intake, bytes: 4 << 20), try await Self.begin(intake, bytes: 4 << 20),
            ]
            #expect(halves.map(\.answer.status) == [100, 100])
            let refused = try await Self.begin(intake, bytes: 1 << 20).answer
            #expect(refused.status == 429)
            #expect(try refused.error().code == "too_many_bytes_in_flight")
            #expect(try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody()).status == 202)
            let other = try await Self.begin(intake, bytes: 4 << 20, key: TestIntake.other)
            #expect(other.answer.status == 100)
            // All together hold as much as they may.
            #expect(try await Self.begin(intake, bytes: 1 << 20, key: TestIntake.admin).answer.status == 503)
            for half in halves { half.connection.finishSending() }
            var later = try await Self.begin(intake, bytes: 1 << 20)
            for _ in 0..<500 where later.answer.status != 100 {
                try await Task.sleep(for: .milliseconds(10))
                later = try await Self.begin(intake, bytes: 1 << 20)
            }
            #expect(later.answer.status == 100)
            withExtendedLifetime(other) {}
        }
    }

    @Test func unreadDownloadsAreCountedAndRefused() async throws {
        let configuration = IntakeConfiguration(maxBytesInFlight: 64 << 20, maxBytesInFlightPerTenant: 3 << 20)
        try await TestIntake.run(configuration) { intake in
            let line = #"{"a":""# + String(repeating: "x", count: 1000) + "\"}\n"
            let file = try await intake.upload(String(repeating: line, count: 12_000))
            let path = "/v1/files/\(file)/content"
            var unread: [RawConnection] = []
            var status = 200
            while status == 200, unread.count < 100 {
                // One that was sent no more than the sockets' buffers hold is not counted yet.
                if unread.count >= 3 { try await Task.sleep(for: .milliseconds(50)) }
                let connection = try RawConnection(port: intake.port, receiveBuffer: 64 << 10)
                try await connection.send(TestIntake.head("GET", path, key: TestIntake.acme))
                status = try await connection.receive(isHead: true).status
                unread.append(connection)
            }
            #expect(status == 429)
            // The upload may still have been counted, and what the sockets' buffers hold is not.
            #expect(unread.count >= 3)
        }
    }

    /// Asks for a body's place: 100 once its bytes are counted, or the refusal.
    private static func begin(_ intake: TestIntake, bytes: Int, key: String = TestIntake.acme) async throws -> (
        connection: RawConnection, answer: RawAnswer
    ) {
        let connection = try RawConnection(port: intake.port)
        let headers = ["Expect: 100-continue"]
        try await connection.send(TestIntake.head("POST", "/v1/jobs", key: key, headers: headers, length: bytes))
        return (connection, try await connection.receive())
    }

    /// A job that ended with an answer of so many bytes.
    private static func job(_ intake: TestIntake, bytes: Int) async throws -> JobID {
        let accepted = try await intake.ask("POST", "/v1/jobs", json: TestIntake.jobBody()).json()
        let id = JobID(try #require(accepted["id"]?.string))
        try await JobsLiveTests.finish(intake, id, body: "\"\(String(repeating: "x", count: bytes))\"")
        return id
    }

    /// A batch whose six lines have answers of 1.5 MB, of both kinds.
    private static func batchWithAnswers(_ intake: TestIntake) async throws -> String {
        let batch = try await intake.batch()
        let body = Array("\"\(String(repeating: "x", count: 3 * megabyte / 2))\"".utf8)
        intake.ledger.edit { state in
            for number in 1...6 {
                let isFailed = number.isMultiple(of: 3)
                var row = FilesLiveTests.row(BatchID(batch), line: number, state: isFailed ? .failed : .succeeded)
                row.response = ProviderResponse(statusCode: isFailed ? 500 : 200, requestID: "r", body: body)
                state.rows[row.job] = row
            }
        }
        return batch
    }
}
