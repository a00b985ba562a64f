package import Penstock

extension SQLiteLedger {
    /// Lines are in the order of their keys; groups without calls have no line, so an empty ledger has not even a total.
    package func costs(of tenant: TenantID?, since: Timestamp?, until: Timestamp?, by grouping: CostGrouping)
        async throws -> [CostLine]
    {
        var query = ListQuery("SELECT \(grouping.expression), \(AttemptSums.select) FROM attempts WHERE TRUE")
        if let tenant { query.add("tenant = \(textArgument)", .text(tenant.text)) }
        if let since { query.add("started_ms >= ?", .time(since)) }
        if let until { query.add("started_ms < ?", .time(until)) }
        let sql = query.sql + " GROUP BY 1 ORDER BY 1"
        return try await records.read { [query] db in
            try db.all(sql, query.arguments, from: AttemptTable.name) { row in
                let key = try row.text()
                let sums = try AttemptSums(&row)
                return CostLine(
                    key: key,
                    calls: sums.calls,
                    usage: sums.usage,
                    cost: sums.cost,
                    unknownCosts: sums.unknownCosts
                )
            }
        }
    }
}

extension CostGrouping {
    /// The key of a row's group; never NULL.
    fileprivate var expression: String {
        switch self {
        case .total: "''"
        case .tenant: "tenant"
        case .model: "model"
        case .feature: "COALESCE(feature, '')"
        case .customer: "COALESCE(customer, '')"
        case .batch: "COALESCE(batch, '')"
        case .day: "strftime('%Y-%m-%d', started_ms / 1000, 'unixepoch')"
        }
    }
}
