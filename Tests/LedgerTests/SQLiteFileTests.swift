import GRDB
import Glibc
import Logging
import Penstock
import TestSupport
import Testing

@testable import Ledger

/// The files themselves: modes, durability settings, versions, and opening by many.
@Suite struct SQLiteFileTests {
    @Test(.timeLimit(.minutes(1)))
    func filesArePrivate() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.put(TenantRecord(id: Sample.tenant, policy: TenantPolicy(), createdAt: Sample.start))
            try await ledger.appendChunk([1], number: 0, of: FileID("file-1"), at: Sample.start)
            #expect(mode(of: fixture.path) == 0o700)
            for name in ["ledger.sqlite", "ledger.sqlite-wal", "files.sqlite", "files.sqlite-shm", "startup.lock"] {
                #expect(mode(of: fixture.path + "/" + name) == 0o600, "\(name)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func commitsSurviveALossOfPower() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            for store in [ledger.records, ledger.files] {
                let settings = try await store.pool.writeWithoutTransaction { db in
                    try ["journal_mode", "synchronous", "foreign_keys"].map {
                        try String.fetchOne(db, sql: "PRAGMA \($0)")
                    }
                }
                // 2 is FULL.
                #expect(settings == ["wal", "2", "0"])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func everythingIsThereAfterReopening() async throws {
        try await SQLiteFixture.with { fixture in
            let first = try fixture.open()
            let row = Sample.succeeded(Sample.job())
            _ = try await first.record(Completion(attempt: nil, terminal: row))
            try await first.insert(Sample.fullBatch())
            try await first.appendChunk([1, 2, 3], number: 0, of: FileID("file-1"), at: Sample.start)
            try await first.close()
            await #expect(throws: LedgerUnavailable.self) { try await first.terminalRow(of: row.job) }
            await #expect(throws: LedgerUnavailable.self) { try await first.insert(Sample.batch()) }
            try await first.close()
            let second = try fixture.open()
            #expect(try await second.terminalRow(of: row.job) == row)
            #expect(try await second.batch(Sample.fullBatch().id) == Sample.fullBatch())
            #expect(try await second.chunk(0, of: FileID("file-1")) == [1, 2, 3])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func closingWaitsForCommits() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            let answers = try await withThrowingTaskGroup(of: JobID?.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let row = Sample.succeeded(Sample.job(at: Int64(index)))
                        do {
                            _ = try await ledger.record(Completion(attempt: nil, terminal: row))
                            return row.job
                        } catch is LedgerUnavailable {
                            return nil
                        }
                    }
                }
                group.addTask {
                    try await ledger.close()
                    return nil
                }
                return try await group.reduce(into: [JobID]()) { jobs, job in if let job { jobs.append(job) } }
            }
            let reopened = try fixture.open()
            for job in answers { #expect(try await reopened.terminalRow(of: job) != nil) }
            let stored = try await reopened.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 1000)
            #expect(stored.count == answers.count)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func manyMayOpenAtOnce() async throws {
        try await SQLiteFixture.with { fixture in
            let ledgers = try await concurrently(8) { _ in try fixture.open() }
            let decisions = try await concurrently(8) { index in
                let row = Sample.succeeded(Sample.job(at: Int64(index)))
                return try await ledgers[index].record(Completion(attempt: nil, terminal: row))
            }
            #expect(decisions.allSatisfy { $0 == .won })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aNewerVersionIsRefused() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.records.pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA user_version = 99")
            }
            try await ledger.close()
            let error = #expect(throws: LedgerUnavailable.self) { _ = try fixture.open() }
            #expect(error?.description.contains("newer version of Penstock") == true)
        }
    }

    /// The version that knew of a tenant no more than weight and cap of running jobs, and of no pauses.
    @Test(.timeLimit(.minutes(1)))
    func anOlderLedgerIsBroughtUpWithoutLoss() async throws {
        try await SQLiteFixture.with { fixture in
            let steps = Array(Schema.records.steps.prefix(3))
            try #require(steps.count < Schema.records.steps.count)
            let directory = LedgerDirectory(path: fixture.path)
            try directory.create()
            let older = try SQLiteStore(
                path: try directory.createFile("ledger.sqlite"),
                schema: Schema(steps: steps),
                lockTimeout: .seconds(10),
                logger: Logger(label: "test")
            )
            let batch = Sample.batch()
            let document = BatchDocument.encode(batch)
            try await older.write { db in
                try db.execute(sql: "INSERT INTO tenants VALUES ('acme', 7, 3, 5), ('umbrella', 1, NULL, 6)")
                try db.execute(
                    sql: "INSERT INTO batches VALUES (?, 'acme', 'validating', 0, ?)",
                    arguments: [batch.id.text, document]
                )
            }
            try await older.close()

            let ledger = try fixture.open()
            #expect(
                try await ledger.tenants() == [
                    TenantRecord(
                        id: Sample.tenant,
                        policy: TenantPolicy(weight: 7, maxRunning: 3),
                        createdAt: Timestamp(milliseconds: 5)
                    ),
                    TenantRecord(id: Sample.other, policy: TenantPolicy(), createdAt: Timestamp(milliseconds: 6)),
                ]
            )
            #expect(try await ledger.unfinishedBatches() == [batch])
            try await ledger.put(Pause(subject: .target("t"), since: Sample.start, by: "key_a", reason: nil))
            #expect(try await ledger.pauses().count == 1)
            try await ledger.put(TenantRecord(id: Sample.tenant, policy: Sample.fullPolicy, createdAt: Sample.start))
            #expect(try await ledger.tenant(Sample.tenant)?.policy == Sample.fullPolicy)
        }
    }

    @Test func anUnusableDirectoryIsAnError() {
        let error = #expect(throws: LedgerUnavailable.self) {
            _ = try SQLiteLedger(directory: "/dev/null/ledger", logger: Logger(label: "test"))
        }
        #expect(error?.description.contains("directory") == true)
    }

    private func mode(of path: String) -> UInt32? {
        var info = stat()
        return stat(path, &info) == 0 ? info.st_mode & 0o777 : nil
    }
}
