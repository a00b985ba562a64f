import GRDB
import Penstock

/// The table `accepted`: jobs that survive the loss of Redis, until their terminal row is written. A
/// quarantined job stays, `is_quarantined`, so that it can be made anew.
enum AcceptedTable {
    static let name = "accepted"

    private static let columns = Columns(
        JobColumns.columns + [
            .text("pool"), .text("durability"), .integer("estimate_input"), .integer("estimate_output"),
        ] + TargetColumns.columns + [.text("headers")]
    )

    /// Everything but the body.
    static let select = "SELECT \(columns.names) FROM accepted"

    /// Not after the job has ended: a repeat must not bring it back.
    private static let insert = """
        INSERT INTO accepted (body, \(columns.names)) SELECT ?, \(columns.arguments)
        WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = \(textArgument)) ON CONFLICT (id) DO NOTHING
        """

    static func put(_ job: Job, body: [UInt8], pool: PoolName, in db: Database) throws {
        let own: [DatabaseValue] = [
            .text(pool.text), .text(job.durability.rawValue), .integer(job.estimate.input),
            .integer(job.estimate.output),
        ]
        let values = JobColumns(of: job).values + own + TargetColumns.values(of: job.webhook)
        try db.change(insert, [.blob(body)] + values + [.text(job.headers.column), .text(job.id.text)])
    }

    static func read(_ row: inout ColumnReader) throws -> Job {
        var job = try JobColumns.read(&row)
        _ = try row.text()  // pool
        job.durability = try row.word()
        job.estimate = TokenEstimate(input: try row.int(), output: try row.int())
        job.webhook = try TargetColumns.read(&row)
        guard let headers = ProviderHeaders(column: try row.optionalText()) else { throw row.damage }
        job.headers = headers
        return job
    }
}
