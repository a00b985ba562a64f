import GRDB
import Logging
import Penstock
import Synchronization
import Testing

@testable import Ledger

/// What SQLite refuses, and that the ledger works again afterwards.
@Suite struct SQLiteFailureTests {
    private static func completion(_ index: Int = 0) -> Completion {
        Completion(attempt: nil, terminal: Sample.succeeded(Sample.job(at: Int64(index)), body: secret))
    }

    private static let secret = "\"a caller's secret\""

    @Test(.timeLimit(.minutes(1)))
    func aFullDiskFailsAllAndPasses() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            let pool = ledger.records.pool
            let pages = try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = 1")
                return try Int.fetchOne(db, sql: "PRAGMA page_count")
            }
            #expect(pages != nil)
            let large = String(repeating: "x", count: 100_000)
            let failures = try await concurrently(20) { index in
                let row = Sample.succeeded(Sample.job(at: Int64(index)), body: large)
                do {
                    _ = try await ledger.record(Completion(attempt: nil, terminal: row))
                    return ""
                } catch let error as LedgerUnavailable {
                    return error.description
                }
            }
            #expect(failures.allSatisfy { $0 == "the ledger failed: SQLITE_FULL" })
            try await pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
            #expect(try await ledger.record(Self.completion()) == .won)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aLockedDatabaseFailsAndPassesWhileReadsGoOn() async throws {
        let log = LogRecorder()
        try await SQLiteFixture.with { fixture in
            let logger = Logger(label: "test") { _ in log }
            let ledger = try fixture.open(logger: logger, lockTimeout: .milliseconds(1100))
            _ = try await ledger.record(Self.completion(1))
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: fixture.path + "/ledger.sqlite", configuration: configuration)
            try await other.writeWithoutTransaction { db in try db.beginTransaction(.immediate) }
            async let write = ledger.record(Self.completion(2))
            #expect(try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 9).count == 1)
            do {
                _ = try await write
                Issue.record("the lock was ignored")
            } catch let error as LedgerUnavailable {
                #expect(error.description == "the ledger failed: SQLITE_BUSY")
            }
            #expect(log.messages == ["slow ledger commit"])
            try await other.writeWithoutTransaction { db in try db.rollback() }
            try other.close()
            #expect(try await ledger.record(Self.completion(2)) == .won)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func errorsNameNoValues() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.records.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: "CREATE TRIGGER refuse BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            }
            let error = await #expect(throws: LedgerUnavailable.self) { try await ledger.record(Self.completion()) }
            #expect(error?.description == "the ledger failed: SQLITE_CONSTRAINT (1811)")
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "UPDATE jobs SET state = 'undecided'", "UPDATE jobs SET response = NULL",
            "UPDATE jobs SET request_id = NULL",
            "UPDATE jobs SET model = CAST(x'ff' AS TEXT)", "UPDATE jobs SET error_class = 'bad luck'",
        ]
    )
    func aDamagedRowIsAnError(_ damage: String) async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            let completion = Self.completion()
            _ = try await ledger.record(completion)
            try await ledger.records.pool.writeWithoutTransaction { db in try db.execute(sql: damage) }
            let job = try #require(completion.terminal).job
            let error = await #expect(throws: LedgerUnavailable.self) { try await ledger.terminalRow(of: job) }
            #expect(error?.description.hasPrefix("the ledger has a damaged row: table jobs, column ") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["{", "{}", #"{"id":"batch_1"}"#, "[]", ""])
    func aDamagedBatchIsAnError(_ document: String) async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            let batch = Sample.batch()
            try await ledger.insert(batch)
            try await ledger.records.pool.writeWithoutTransaction { db in
                try db.execute(sql: "UPDATE batches SET document = ?", arguments: [document])
            }
            await #expect(throws: LedgerUnavailable.self) { try await ledger.batch(batch.id) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCancelledCallerStillWrites() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            let completion = Self.completion()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await ledger.record(completion)
            }
            #expect(try await task.value == .won)
            let read = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await ledger.terminalRow(of: Sample.job().id)
            }
            await #expect(throws: CancellationError.self) { try await read.value }
            let job = try #require(completion.terminal).job
            #expect(try await ledger.terminalRow(of: job) != nil)
        }
    }
}

/// Keeps the messages that were logged.
private final class LogRecorder: LogHandler, Sendable {
    private let recorded = Mutex<[String]>([])

    var messages: [String] { recorded.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        recorded.withLock { $0.append(event.message.description) }
    }
}
