import GRDB
import Penstock

/// The table `attempts`: the cost rows.
enum AttemptTable {
    static let name = "attempts"

    private static let columns = Columns([
        .text("id"), .text("job"), .text("batch"), .text("tenant"), .text("feature"), .text("customer"),
        .text("pool"), .text("target"), .text("provider"), .text("model"), .integer("started_ms"),
        .integer("duration_ms"), .text("outcome"), .integer("status"), .integer("input_tokens"),
        .integer("cached_tokens"), .integer("output_tokens"), .integer("reasoning_tokens"), .integer("cost_nano"),
        .text("price_version"), .integer("cache_write_tokens"),
    ])

    static let select = "SELECT \(columns.names) FROM attempts"

    /// What is known stays: only `unknown` gives way, and only to something known.
    private static let put =
        columns.insert(into: name) + """
             ON CONFLICT (job, id) DO UPDATE SET \(columns.update(besides: ["job", "id"]))
             WHERE attempts.outcome = 'unknown' AND excluded.outcome <> 'unknown'
            """

    static func put(_ row: AttemptRow, in db: Database) throws {
        try db.change(put, values(of: row))
    }

    private static func values(of row: AttemptRow) -> [DatabaseValue] {
        [
            .text(row.id.text), .text(row.job.text), .text(row.batch?.text), .text(row.tenant.text),
            .text(row.tags.feature), .text(row.tags.customer), .text(row.pool.text), .text(row.target),
            .text(row.provider), .text(row.model), .time(row.startedAt), .integer(row.durationMilliseconds),
            .text(row.outcome.text), .integer(row.statusCode), .integer(row.usage?.input),
            .integer(row.usage?.cachedInput), .integer(row.usage?.output), .integer(row.usage?.reasoning),
            .integer(row.cost?.value), .text(row.priceVersion), .integer(row.usage?.cacheWrite),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> AttemptRow {
        let id = AttemptID(try row.text())
        let job = JobID(try row.text())
        let batch = try row.optionalText().map { BatchID($0) }
        let tenant = TenantID(trusted: try row.text())
        let tags = JobTags(feature: try row.optionalText(), customer: try row.optionalText())
        let pool = PoolName(try row.text())
        let target = try row.text()
        let provider = try row.text()
        let model = try row.text()
        let startedAt = try row.time()
        let duration = try row.int64()
        let outcome = try row.word { AttemptOutcome(text: $0) }
        let status = try row.optionalInt()
        var usage = try readUsage(&row)
        let cost = try row.optionalInt64().map { Nanodollars($0) }
        let priceVersion = try row.text()
        // Rows of earlier versions have none.
        usage?.cacheWrite = try row.optionalInt() ?? 0
        return AttemptRow(
            id: id,
            job: job,
            batch: batch,
            tenant: tenant,
            tags: tags,
            pool: pool,
            target: target,
            provider: provider,
            model: model,
            startedAt: startedAt,
            durationMilliseconds: duration,
            outcome: outcome,
            statusCode: status,
            usage: usage,
            cost: cost,
            priceVersion: priceVersion
        )
    }

    private static func readUsage(_ row: inout ColumnReader) throws -> Usage? {
        let input = try row.optionalInt()
        let cached = try row.optionalInt()
        let output = try row.optionalInt()
        let reasoning = try row.optionalInt()
        guard let input else { return nil }
        guard let cached, let output, let reasoning else { throw row.damage }
        return Usage(input: input, cachedInput: cached, output: output, reasoning: reasoning)
    }
}

/// What attempts add up to; the same columns in a cost line and in a batch's summary.
struct AttemptSums {
    static let select = """
        COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(cached_tokens), 0), COALESCE(SUM(output_tokens), 0),
        COALESCE(SUM(reasoning_tokens), 0), COALESCE(SUM(cost_nano), 0), COUNT(*) - COUNT(cost_nano),
        COALESCE(SUM(cache_write_tokens), 0)
        """

    let calls: Int
    let usage: Usage
    let cost: Nanodollars
    let unknownCosts: Int

    init(_ row: inout ColumnReader) throws {
        calls = try row.int()
        var usage = Usage(
            input: try row.int(),
            cachedInput: try row.int(),
            output: try row.int(),
            reasoning: try row.int()
        )
        cost = Nanodollars(try row.int64())
        unknownCosts = try row.int()
        usage.cacheWrite = try row.int()
        self.usage = usage
    }
}
