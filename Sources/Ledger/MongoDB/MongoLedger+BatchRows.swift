import Mongo
package import Penstock

extension MongoLedger {
    package func finishedLines(of batch: BatchID, in lines: ClosedRange<Int>) async throws -> Set<Int> {
        try await run { session in
            let numbers = try session.find(
                [
                    "batch": .text(batch.text),
                    "line": ["$gte": .integer(lines.lowerBound), "$lte": .integer(lines.upperBound)],
                ],
                in: MongoSchema.jobs,
                fields: ["_id": 0, "line": 1]
            ) { fields in try fields.int("line") }
            return Set(numbers)
        }
    }

    package func counts(of batch: BatchID) async throws -> BatchCounts {
        try await run { session in try session.counts(of: batch) }
    }

    package func summary(of batch: BatchID) async throws -> BatchSummary {
        try await run { session in
            let counts = try session.counts(of: batch)
            let totals = try session.totals(of: batch)
            return BatchSummary(
                counts: counts,
                usage: totals?.usage ?? .zero,
                cost: totals?.cost ?? Nanodollars(0),
                unknownCosts: totals?.unknownCosts ?? 0
            )
        }
    }

    package func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        try await run { session in
            try session.rows(
                ["batch": .text(batch.text), "line": ["$gt": .integer(line)], "state": kind.states],
                sort: ["line": 1],
                bounds
            )
        }
    }

    package func outputBytes(of batch: BatchID, _ kind: RowKind) async throws -> Int64 {
        try await run { session in
            try session.aggregate(
                [
                    ["$match": ["batch": .text(batch.text), "state": kind.states]],
                    ["$group": ["_id": .null, "bytes": ["$sum": "$output_bytes"]]],
                ],
                in: MongoSchema.jobs
            ) { fields in try fields.integer("bytes") }.first ?? 0
        }
    }
}

extension MongoSession {
    fileprivate func counts(of batch: BatchID) throws -> BatchCounts {
        let states = try aggregate(
            [
                ["$match": ["batch": .text(batch.text)]],
                ["$group": ["_id": "$state", "rows": ["$sum": 1]]],
            ],
            in: MongoSchema.jobs
        ) { fields in
            (try fields.word("_id", TerminalState.init(rawValue:)), try fields.int("rows"))
        }
        return states.reduce(into: BatchCounts()) { counts, state in counts.add(state.1, state.0) }
    }

    /// Finds the attempts by their jobs' ids, which begin with the batch's name: so they need no index by batch.
    fileprivate func totals(of batch: BatchID) throws -> AttemptTotals? {
        let stem = String(JobID(batch: batch, line: 0).text.dropLast(2))
        // "`" follows "_" in ASCII.
        let filter: BSONDocument = [
            "job": ["$gt": .text(stem + "_"), "$lt": .text(stem + "`")], "batch": .text(batch.text),
        ]
        return try aggregate(AttemptTotals.stages(filter, by: .null), in: MongoSchema.attempts) { fields in
            try AttemptTotals(fields)
        }.first
    }
}

extension RowKind {
    /// Which rows a file of this kind shows.
    fileprivate var states: BSONValue {
        switch self {
        case .output: "succeeded"
        case .errors: ["$ne": "succeeded"]
        }
    }
}
