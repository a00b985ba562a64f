import Mongo
package import Penstock

extension MongoLedger {
    /// Lines are in the order of their keys; groups without calls have no line, so an empty ledger has not even a total.
    package func costs(of tenant: TenantID?, since: Timestamp?, until: Timestamp?, by grouping: CostGrouping)
        async throws -> [CostLine]
    {
        var bounds: Members = []
        if let since { bounds.append(("$gte", .time(since))) }
        if let until { bounds.append(("$lt", .time(until))) }
        let filter = BSONDocument([
            ("tenant", tenant.map { .text($0.text) }),
            ("started_ms", bounds.isEmpty ? nil : .document(BSONDocument(bounds))),
        ])
        let totals = try await run { session in
            try session.aggregate(
                AttemptTotals.stages(filter, by: grouping.key),
                in: MongoSchema.attempts
            ) { fields in try AttemptTotals(fields) }
        }
        return totals.map(CostLine.init).sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
    }
}

extension CostLine {
    fileprivate init(_ totals: AttemptTotals) {
        self.init(
            key: totals.key ?? "",
            calls: totals.calls,
            usage: totals.usage,
            cost: totals.cost,
            unknownCosts: totals.unknownCosts
        )
    }
}

extension CostGrouping {
    /// What the stage `$group` groups by; a text where there is a group at all.
    fileprivate var key: BSONValue {
        switch self {
        case .total: .null
        case .tenant: "$tenant"
        case .model: "$model"
        case .feature: ["$ifNull": ["$feature", ""]]
        case .customer: ["$ifNull": ["$customer", ""]]
        case .batch: ["$ifNull": ["$batch", ""]]
        case .day: "$day"
        }
    }
}
