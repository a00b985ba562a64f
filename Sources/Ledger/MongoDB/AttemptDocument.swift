import Mongo
import Penstock

/// The collection `attempts`: the cost rows.
struct AttemptDocument: Sendable {
    let document: BSONDocument
    /// Replaces a row that says `unknown`; nil when this one says no more.
    let replaces: BSONDocument?

    init(_ row: AttemptRow) {
        document = BSONDocument(Self.members(of: row))
        replaces = row.outcome == .unknown ? nil : ["_id": .text(row.id.text), "outcome": "unknown"]
    }

    private static func members(of row: AttemptRow) -> Members {
        [
            ("_id", .text(row.id.text)), ("job", .text(row.job.text)), ("batch", row.batch.map { .text($0.text) }),
            ("tenant", .text(row.tenant.text)), ("feature", row.tags.feature.map { .text($0) }),
            ("customer", row.tags.customer.map { .text($0) }), ("pool", .text(row.pool.text)),
            ("target", .text(row.target)), ("provider", .text(row.provider)), ("model", .text(row.model)),
            ("started_ms", .time(row.startedAt)), ("day", .text(Day.of(row.startedAt))),
            ("duration_ms", .integer(row.durationMilliseconds)), ("outcome", .text(row.outcome.text)),
            ("status", row.statusCode.map { .integer($0) }),
            ("cost_nano", row.cost.map { .integer($0.value) }), ("cost_unknown", row.cost == nil ? 1 : 0),
            ("price_version", .text(row.priceVersion)),
        ] + members(of: row.usage)
    }

    static func read(_ fields: borrowing BSONFields) throws -> AttemptRow {
        AttemptRow(
            id: AttemptID(try fields.text("_id")),
            job: JobID(try fields.text("job")),
            batch: try fields.optionalText("batch").map { BatchID($0) },
            tenant: TenantID(trusted: try fields.text("tenant")),
            tags: try fields.tags(),
            pool: PoolName(try fields.text("pool")),
            target: try fields.text("target"),
            provider: try fields.text("provider"),
            model: try fields.text("model"),
            startedAt: try fields.time("started_ms"),
            durationMilliseconds: try fields.integer("duration_ms"),
            outcome: try fields.word("outcome") { AttemptOutcome(text: $0) },
            statusCode: try fields.optionalInt("status"),
            usage: try usage(fields),
            cost: try fields.optionalInteger("cost_nano").map { Nanodollars($0) },
            priceVersion: try fields.text("price_version")
        )
    }

    // MARK: Tokens: the one place that knows their names

    private static func members(of usage: Usage?) -> Members {
        guard let usage else { return [] }
        return [
            ("input_tokens", .integer(usage.input)), ("cached_tokens", .integer(usage.cachedInput)),
            ("cache_write_tokens", .integer(usage.cacheWrite)), ("output_tokens", .integer(usage.output)),
            ("reasoning_tokens", .integer(usage.reasoning)),
        ]
    }

    fileprivate static let tokenNames = [
        "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
    ]

    /// - Returns: nil when there is none: unknown, or a sum over attempts without any.
    fileprivate static func usage(_ fields: borrowing BSONFields) throws -> Usage? {
        guard let input = try fields.optionalInt("input_tokens") else { return nil }
        return Usage(
            input: input,
            cachedInput: try fields.int("cached_tokens"),
            cacheWrite: try fields.int("cache_write_tokens"),
            output: try fields.int("output_tokens"),
            reasoning: try fields.int("reasoning_tokens")
        )
    }
}

/// What attempts add up to; the same sums in a cost line and in a batch's summary.
struct AttemptTotals: Sendable {
    /// The group's value; nil where its attempts have none.
    let key: String?
    let calls: Int
    let usage: Usage
    let cost: Nanodollars
    let unknownCosts: Int

    /// The stages that sum up what `filter` finds, by the value of `key`: a field as `$name`, or null for all.
    static func stages(_ filter: BSONDocument, by key: BSONValue) -> [BSONDocument] {
        var group: Members = [("_id", key), ("calls", ["$sum": 1])]
        for name in AttemptDocument.tokenNames + ["cost_nano", "cost_unknown"] {
            group.append((name, ["$sum": .text("$" + name)]))
        }
        return [["$match": .document(filter)], ["$group": .document(BSONDocument(group))]]
    }

    init(_ fields: borrowing BSONFields) throws {
        key = try fields.optionalText("_id")
        calls = try fields.int("calls")
        usage = try AttemptDocument.usage(fields) ?? .zero
        cost = Nanodollars(try fields.optionalInteger("cost_nano") ?? 0)
        unknownCosts = try fields.int("cost_unknown")
    }
}
