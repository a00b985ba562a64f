import GRDB
import Penstock
import Testing

@testable import Ledger

/// The questions that are asked of large tables are answered from indexes.
@Suite struct SQLitePlanTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("SELECT state, COUNT(*) FROM jobs WHERE batch = 'b' GROUP BY state", "COVERING INDEX jobs_by_line"),
            (
                "SELECT SUM(output_bytes) FROM jobs WHERE batch = 'b' AND state <> 'succeeded'",
                "COVERING INDEX jobs_by_line"
            ),
            ("SELECT line FROM jobs WHERE batch = 'b' AND line BETWEEN 1 AND 2", "COVERING INDEX jobs_by_line"),
            ("SELECT * FROM jobs WHERE batch = 'b' AND line > 1 AND state = 'x' ORDER BY line", "INDEX jobs_by_line"),
            ("SELECT SUM(cost_nano) FROM attempts WHERE job > 'a' AND job < 'b' AND batch = 'b'", "autoindex_attempts"),
            ("SELECT * FROM attempts WHERE tenant = 't' AND started_ms >= 1", "INDEX attempts_by_tenant"),
            (
                "SELECT id FROM batches WHERE state IN ('validating', 'in_progress', 'finalizing', 'cancelling')",
                "INDEX batches_unfinished"
            ),
            ("SELECT id FROM batches WHERE tenant = 't' AND id < 'x' ORDER BY id DESC", "INDEX batches_by_tenant"),
            (
                "SELECT id FROM accepted WHERE is_quarantined = 0 AND pool = 'p' AND created_ms < 1 AND id > '' ORDER BY id",
                "accepted_by_pool"
            ),
        ]
    )
    func usesIndex(_ sql: String, _ index: String) async throws {
        try await expectPlan(of: sql, [], contains: index)
    }

    @Test(.timeLimit(.minutes(1)))
    func listingsAreNotSorted() async throws {
        var query = ListQuery("SELECT * FROM jobs WHERE batch IS NULL AND tenant = \(textArgument)", .text("t"))
        query.add(cursor: "job_1", in: "jobs", newestFirst: true)
        query.finish(newestFirst: true, limit: 5)
        try await expectPlan(
            of: query.sql,
            query.arguments,
            contains: "INDEX jobs_by_tenant (tenant=? AND created_ms<?)"
        )
    }

    @Test(.timeLimit(.minutes(1)))
    func quarantinedJobsAreFoundByTheirIndex() async throws {
        var query = SQLiteLedger.quarantined(of: TenantID(trusted: "t"))
        query.add(cursor: "job_1", in: "jobs", newestFirst: true)
        query.finish(newestFirst: true, limit: 5)
        try await expectPlan(
            of: query.sql,
            query.arguments,
            contains: "INDEX jobs_quarantined (tenant=? AND "
        )
    }

    /// Neither another destination's backlog nor what is delivered long since is read.
    @Test(.timeLimit(.minutes(1)))
    func deliveriesAreFoundByDestination() async throws {
        let arguments: [DatabaseValue] = [.text("d"), .time(Timestamp(milliseconds: 1)), .integer(1)]
        try await expectPlan(
            of: DeliveryTable.due,
            arguments,
            contains: "INDEX deliveries_due (destination=? AND due_ms<?)"
        )
        try await expectPlan(
            of: DeliveryTable.fail,
            [.text("r"), .text("d"), .integer(1)],
            contains: "INDEX deliveries_due (destination=?)"
        )
        try await expectPlan(
            of: DeliveryTable.dueDestinations,
            arguments,
            contains: "COVERING INDEX deliveries_due (destination>?)"
        )
        try await expectPlan(of: DeliveryTable.backlog, [arguments[1]], contains: "COVERING INDEX deliveries_due")
    }

    private func expectPlan(of sql: String, _ arguments: [DatabaseValue], contains text: String) async throws {
        try await SQLiteFixture.with { fixture in
            let plan = try await fixture.open().records.pool.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: StatementArguments(arguments))
                    .map { row -> String in row["detail"] }
            }
            #expect(plan.contains { $0.contains(text) }, "\(plan)")
            // A query's own intermediate result has no index and needs none.
            let scans = plan.filter { $0.contains("SCAN") && $0 != "SCAN waiting" }
            #expect(scans.allSatisfy { $0.contains("INDEX") }, "\(plan)")
        }
    }
}
