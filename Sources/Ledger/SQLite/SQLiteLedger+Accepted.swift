package import Penstock

extension SQLiteLedger {
    package func accept(_ job: Job, body: [UInt8], pool: PoolName) async throws {
        try await records.write(bytes: 500 + body.count + job.metadata.count) { db in
            try AcceptedTable.put(job, body: body, pool: pool, in: db)
        }
    }

    package func acceptedBody(of job: JobID) async throws -> [UInt8]? {
        try await records.read { db in
            try db.first(
                "SELECT body FROM accepted WHERE is_quarantined = 0 AND id = \(textArgument)",
                [.text(job.text)],
                from: AcceptedTable.name
            ) { row in try row.bytes() }
        }
    }

    package func acceptedJob(_ job: JobID) async throws -> Job? {
        try await records.read { db in
            try db.first(
                AcceptedTable.select + " WHERE is_quarantined = 0 AND id = \(textArgument)",
                [.text(job.text)],
                from: AcceptedTable.name,
                AcceptedTable.read
            )
        }
    }

    package func acceptedJobs(in pool: PoolName, before moment: Timestamp, after cursor: JobID?, limit: Int)
        async throws -> [Job]
    {
        // Every id is greater than the empty one.
        let page = """
             WHERE is_quarantined = 0 AND pool = \(textArgument) AND created_ms < ? AND id > \(textArgument)
             ORDER BY id LIMIT ?
            """
        return try await records.read { db in
            try db.all(
                AcceptedTable.select + page,
                [.text(pool.text), .time(moment), .text(cursor?.text ?? ""), .integer(max(0, limit))],
                from: AcceptedTable.name,
                AcceptedTable.read
            )
        }
    }
}
