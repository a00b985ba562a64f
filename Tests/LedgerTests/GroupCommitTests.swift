import GRDB
import Glibc
import Penstock
import Testing

@testable import Ledger

/// How writes share transactions.
@Suite struct GroupCommitTests {
    @Test(arguments: [
        ([0], 1), ([10 << 20, 0], 1), ([4 << 20, 1], 1), ([1 << 20, 3 << 20, 1], 2), ([0, 10 << 20], 1),
        ([Int](repeating: 1, count: 499), 499), ([Int](repeating: 1, count: 501), 500),
    ])
    func groupsAreBounded(_ waiting: [Int], _ size: Int) {
        #expect(GroupCommit.limit.size(of: waiting) == size)
    }

    @Test(.timeLimit(.minutes(1)))
    func concurrentWritesShareCommits() async throws {
        try await SQLiteFixture.with { fixture in
            let ledger = try fixture.open()
            // The committer's thread is busy here, so that all writes gather behind it.
            let commits = try await transactions(of: ledger) {
                ledger.records.pool.asyncWriteWithoutTransaction { _ in usleep(200_000) }
                _ = try await concurrently(300) { index in
                    try await ledger.record(
                        Completion(attempt: nil, terminal: Sample.succeeded(Sample.job(at: Int64(index))))
                    )
                }
            }
            #expect(commits < 30)
            let rows = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 1000)
            #expect(rows.count == 300)
        }
    }

    /// How often the database changed for others to see.
    private func transactions(of ledger: SQLiteLedger, _ body: () async throws -> Void) async throws -> Int {
        let counter = CommitCounter()
        ledger.records.pool.add(transactionObserver: counter, extent: .databaseLifetime)
        try await body()
        return try await ledger.records.pool.writeWithoutTransaction { _ in counter.commits }
    }
}

/// Used on the writer's thread only.
private final class CommitCounter: TransactionObserver, @unchecked Sendable {
    var commits = 0

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { commits += 1 }
    func databaseDidRollback(_ db: Database) {}
}
