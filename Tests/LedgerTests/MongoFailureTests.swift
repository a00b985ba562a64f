import CoreMetrics
import Logging
import Mongo
import Penstock
import TestSupport
import Testing

@testable import Ledger

/// What the MongoDB ledger does when documents are large and servers go.
@Suite struct MongoFailureTests {
    @Test(.timeLimit(.minutes(1))) func aServerThatDiesIsAnErrorAndComesBack() async throws {
        try await withServer { server, fixture in
            let ledger = try fixture.open()
            let rows = (0..<4).map { Sample.succeeded(Sample.job(at: $0)) }
            #expect(try await ledger.decide([rows[0]]) == [.won])
            try await server.kill()
            let start = ContinuousClock.now
            await #expect(throws: LedgerUnavailable.self) {
                try await ledger.record(Completion(attempt: nil, terminal: rows[1]))
            }
            await #expect(throws: LedgerUnavailable.self) { try await ledger.terminalRow(of: rows[0].job) }
            #expect(ContinuousClock.now - start < .seconds(20))
            try await server.restart()
            while (try? await ledger.terminalRow(of: rows[0].job)) == nil {
                try await Task.sleep(for: .milliseconds(50))
            }
            // The caller repeats what may or may not have been written.
            for row in rows {
                #expect(try await ledger.record(Completion(attempt: nil, terminal: row)) == .won)
                #expect(try await ledger.terminalRow(of: row.job) == row)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aClosedLedgerIsAnError() async throws {
        try await withServer { _, fixture in
            let ledger = try fixture.open()
            await ledger.close()
            await #expect(throws: LedgerUnavailable.self) { try await ledger.tenants() }
            await #expect(throws: LedgerUnavailable.self) {
                try await ledger.record(Completion(attempt: nil, terminal: Sample.succeeded(Sample.job())))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [1 << 20, 8 << 20, (8 << 20) + 1, 32 << 20])
    func largeAnswersComeBack(_ size: Int) async throws {
        try await withServer { _, fixture in
            let ledger = try fixture.open()
            var row = Sample.succeeded(Sample.job())
            row.response?.body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await ledger.record(Completion(attempt: nil, terminal: row)) == .won)
            #expect(try await ledger.record(Completion(attempt: nil, terminal: row)) == .won)
            #expect(try await ledger.terminalRow(of: row.job) == row)
            // The repeat left nothing of its own behind.
            let parts = try await fixture.onDatabase { session in
                try session.find([:], in: "response_parts", fields: ["_id": 1]) { try $0.text("_id") }
            }
            #expect(parts.count == (size > 8 << 20 ? (size + (8 << 20) - 1) / (8 << 20) : 0))
        }
    }

    @Test(.timeLimit(.minutes(1))) func largeAcceptedBodiesComeBackAndGo() async throws {
        try await withServer { _, fixture in
            let ledger = try fixture.open()
            let job = Sample.job()
            let body = [UInt8](repeating: 7, count: 20 << 20)
            for _ in 0..<2 { try await ledger.accept(job, body: body, pool: Sample.pool) }
            #expect(try await ledger.acceptedBody(of: job.id) == body)
            _ = try await ledger.decide([Sample.succeeded(job)])
            #expect(try await ledger.acceptedBody(of: job.id) == nil)
            let left = try await fixture.onDatabase { session in
                try session.find([:], in: "accepted", fields: ["_id": 1]) { try $0.text("_id") }
            }
            #expect(left == [])
        }
    }

    /// Whoever wrote the terminal row died before the acceptance was forgotten.
    @Test(.timeLimit(.minutes(1))) func anAcceptanceLeftBehindIsForgottenByTheNextReader() async throws {
        try await withServer { _, fixture in
            let ledger = try fixture.open()
            let jobs = (0..<4).map { Sample.job(at: $0) }
            for job in jobs { try await ledger.accept(job, body: [1], pool: Sample.pool) }
            let ended = jobs[..<3].map(\.id.text)
            try await fixture.onDatabase { session in
                _ = try session.insert(ended.map { ["_id": .text($0), "state": "succeeded"] }, into: "jobs")
            }
            #expect(try await ledger.acceptedBody(of: jobs[0].id) == nil)
            #expect(try await ledger.acceptedJob(jobs[1].id) == nil)
            let living = try await ledger.acceptedJobs(in: Sample.pool, before: Sample.time(99), after: nil, limit: 2)
            #expect(living == [jobs[3]])
            let left = try await fixture.onDatabase { session in
                try session.find([:], in: "accepted", fields: ["job": 1]) { try $0.text("job") }
            }
            #expect(left == [jobs[3].id.text])
        }
    }

    /// As the versions wrote it that knew of a tenant no more than weight and cap of running jobs.
    @Test(.timeLimit(.minutes(1))) func anOlderTenantIsReadAndChanged() async throws {
        try await withServer { _, fixture in
            let ledger = try fixture.open()
            try await fixture.onDatabase { session in
                _ = try session.insert(
                    [["_id": "acme", "weight": 7, "max_running": .null, "created_ms": 5]],
                    into: "tenants"
                )
            }
            let createdAt = Timestamp(milliseconds: 5)
            let older = TenantRecord(id: Sample.tenant, policy: TenantPolicy(weight: 7), createdAt: createdAt)
            #expect(try await ledger.tenants() == [older])
            try await ledger.put(TenantRecord(id: Sample.tenant, policy: Sample.fullPolicy, createdAt: Sample.start))
            let changed = TenantRecord(id: Sample.tenant, policy: Sample.fullPolicy, createdAt: createdAt)
            #expect(try await ledger.tenant(Sample.tenant) == changed)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNewerDatabaseIsRefused() async throws {
        try await withServer { _, fixture in
            try await fixture.onDatabase { session in
                _ = try session.insert([["_id": "version", "value": 99]], into: "schema")
            }
            #expect(throws: LedgerUnavailable.self) { try fixture.open() }
        }
    }

    @Test func aWrongURIIsToldWithoutItsPassword() throws {
        do {
            _ = try MongoLedger(
                MongoLedgerConfiguration(uri: Secret("mongodb://user:hunter2@host:99999/")),
                logger: Logger(label: "test"),
                metrics: NOOPMetricsHandler.instance
            )
            Issue.record("a wrong URI was taken")
        } catch let error as InvalidLedgerURI {
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (951_782_399_999, "2000-02-28"), (951_782_400_000, "2000-02-29"),
        (1_709_251_199_999, "2024-02-29"), (1_709_251_200_000, "2024-03-01"), (4_107_542_399_999, "2100-02-28"),
        (4_107_542_400_000, "2100-03-01"),
    ])
    func daysAreThoseOfUTC(_ milliseconds: Int64, _ day: String) {
        #expect(Day.of(Timestamp(milliseconds: milliseconds)) == day)
    }

    private func withServer(_ body: (MongoServer, MongoFixture) async throws -> Void) async throws {
        try await MongoServer.with { server in
            try await MongoFixture.$server.withValue(server) {
                try await MongoFixture.with(options: "?serverSelectionTimeoutMS=1500") { try await body(server, $0) }
            }
        }
    }
}
