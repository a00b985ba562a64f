import GRDB
package import Penstock

extension SQLiteLedger {
    package func finishedLines(of batch: BatchID, in lines: ClosedRange<Int>) async throws -> Set<Int> {
        try await records.read { db in
            let numbers = try db.all(
                "SELECT line FROM jobs WHERE batch = \(textArgument) AND line BETWEEN ? AND ?",
                [.text(batch.text), .integer(lines.lowerBound), .integer(lines.upperBound)],
                from: JobTable.name
            ) { row in try row.int() }
            return Set(numbers)
        }
    }

    package func counts(of batch: BatchID) async throws -> BatchCounts {
        try await records.read { db in try Self.counts(of: batch, in: db) }
    }

    package func summary(of batch: BatchID) async throws -> BatchSummary {
        try await records.read { db in
            let counts = try Self.counts(of: batch, in: db)
            let sums = try Self.sums(of: batch, in: db)
            return BatchSummary(counts: counts, usage: sums.usage, cost: sums.cost, unknownCosts: sums.unknownCosts)
        }
    }

    package func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        try await records.read { db in
            try JobTable.page(
                JobTable.select + " WHERE batch = \(textArgument) AND line > ? AND \(kind.condition)"
                    + " ORDER BY line LIMIT ?",
                [.text(batch.text), .integer(line), .integer(bounds.limit)],
                bounds,
                in: db
            )
        }
    }

    package func results(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [BatchResult]
    {
        try await records.read { db in
            try db.page(
                JobTable.selectResults + " WHERE batch = \(textArgument) AND line > ? AND \(kind.condition)"
                    + " ORDER BY line LIMIT ?",
                [.text(batch.text), .integer(line), .integer(bounds.limit)],
                from: JobTable.name,
                bounds,
                answerBytes: { $0.response?.body.count ?? 0 }
            ) { row in try JobTable.readResult(of: batch, &row) }
        }
    }

    package func outputBytes(of batch: BatchID, _ kind: RowKind) async throws -> Int64 {
        let sum = "SELECT COALESCE(SUM(output_bytes), 0) FROM jobs WHERE batch = \(textArgument) AND \(kind.condition)"
        return try await records.read { db in
            try db.first(sum, [.text(batch.text)], from: JobTable.name) { row in try row.int64() } ?? 0
        }
    }

    private static func counts(of batch: BatchID, in db: Database) throws -> BatchCounts {
        let states: [(TerminalState, Int)] = try db.all(
            "SELECT state, COUNT(*) FROM jobs WHERE batch = \(textArgument) GROUP BY state",
            [.text(batch.text)],
            from: JobTable.name
        ) { row in (try row.word(), try row.int()) }
        return states.reduce(into: BatchCounts()) { counts, state in counts.add(state.1, state.0) }
    }

    /// Finds the attempts by their jobs' ids, which begin with the batch's name: so the table needs no index by batch.
    private static func sums(of batch: BatchID, in db: Database) throws -> AttemptSums {
        let stem = JobID(batch: batch, line: 0).text.dropLast(2)
        let sql = """
            SELECT \(AttemptSums.select) FROM attempts
            WHERE job > \(textArgument) AND job < \(textArgument) AND batch = \(textArgument)
            """
        // "`" follows "_" in ASCII.
        let sums = try db.first(
            sql,
            [.text(stem + "_"), .text(stem + "`"), .text(batch.text)],
            from: AttemptTable.name
        ) { row in try AttemptSums(&row) }
        guard let sums else { throw DamagedRow(table: AttemptTable.name, column: 1) }
        return sums
    }
}

extension RowKind {
    /// Which rows a file of this kind shows.
    fileprivate var condition: String {
        switch self {
        case .output: "state = 'succeeded'"
        case .errors: "state <> 'succeeded'"
        }
    }
}
