import Mongo
package import Penstock

extension MongoLedger {
    /// The body first, in parts where it is long, so that a job that is found has all of it. The look for a terminal
    /// row comes last: a repeat that comes late must not bring the job back.
    package func accept(_ job: Job, body: [UInt8], pool: PoolName) async throws {
        let documents = AcceptedDocument.documents(job, body: body, pool: pool)
        try await run { session in
            for document in documents { try session.insertNew(document, into: MongoSchema.accepted) }
            try session.end(try session.endings(of: [job.id.text]))
        }
    }

    package func acceptedBody(of job: JobID) async throws -> [UInt8]? {
        try await run { session in
            guard let parts = try session.firstLiving(job, { try $0.int("body_parts") }) else { return nil }
            return try session.acceptedBody(job, parts: parts)
        }
    }

    package func acceptedJob(_ job: JobID) async throws -> Job? {
        try await run { session in try session.firstLiving(job, AcceptedDocument.read) }
    }

    package func acceptedJobs(in pool: PoolName, before moment: Timestamp, after cursor: JobID?, limit: Int)
        async throws -> [Job]
    {
        try await run { session in
            var jobs: [Job] = []
            var last = cursor?.text ?? ""
            while jobs.count < limit {
                let page = try session.find(
                    [
                        "pool": .text(pool.text), "job": ["$gt": .text(last)],
                        "created_ms": ["$lt": .time(moment)],
                    ],
                    in: MongoSchema.accepted,
                    fields: ["body": 0],
                    sort: ["job": 1],
                    limit: limit - jobs.count,
                    AcceptedDocument.read
                )
                guard let end = page.last else { break }
                last = end.id.text
                jobs += try session.living(page)
            }
            return jobs
        }
    }
}

/// The collection `accepted`: jobs that survive the loss of Redis, until their terminal row is written. A job's first
/// part of the body is in its own document, further ones in documents of theirs; all have the member `job`. A
/// quarantined job's own document stays, without `pool`, so that the job can be made anew.
private enum AcceptedDocument {
    /// In the order of writing: the job's own document last.
    static func documents(_ job: Job, body: [UInt8], pool: PoolName) -> [BSONDocument] {
        let starts = Array(stride(from: 0, to: max(1, body.count), by: LargeBytes.limit))
        let parts = starts.map { Array(body[$0..<min($0 + LargeBytes.limit, body.count)]) }
        let further = parts.indices.dropFirst().map { number -> BSONDocument in
            ["_id": .text(partID(job.id, number)), "job": .text(job.id.text), "body": .bytes(parts[number])]
        }
        let own: Members = [
            ("_id", .text(job.id.text)), ("job", .text(job.id.text)), ("pool", .text(pool.text)),
            ("durability", .text(job.durability.rawValue)), ("estimate_input", .integer(job.estimate.input)),
            ("estimate_output", .integer(job.estimate.output)), ("body_parts", .integer(parts.count)),
            ("body", .bytes(parts[0])), ("headers", job.headers.column.map { .text($0) }),
        ]
        return further + [BSONDocument(own + JobFields.members(of: job))]
    }

    static func partID(_ job: JobID, _ number: Int) -> String {
        number == 0 ? job.text : "\(job.text)/\(number)"
    }

    static func read(_ fields: borrowing BSONFields) throws -> Job {
        var job = try JobFields.job(try fields.text("job"), fields)
        job.durability = try fields.word("durability", Durability.init(rawValue:))
        job.estimate = TokenEstimate(
            input: try fields.int("estimate_input"),
            output: try fields.int("estimate_output")
        )
        guard let headers = ProviderHeaders(column: try fields.optionalText("headers")) else {
            throw LedgerUnavailable("the ledger has a damaged document: the headers of an accepted job")
        }
        job.headers = headers
        return job
    }
}

extension MongoSession {
    /// Reads an accepted job's own document, unless the job has ended.
    fileprivate func firstLiving<Value>(_ job: JobID, _ decode: (borrowing BSONFields) throws -> Value) throws
        -> Value?
    {
        guard
            let value = try first(
                ["_id": .text(job.text), "pool": ["$exists": true]],
                in: MongoSchema.accepted,
                fields: ["body": 0],
                decode
            )
        else { return nil }
        return try endings(of: [job.text]).all.isEmpty ? value : nil
    }

    /// Without those that have ended although their acceptance is still there: whoever ended them died before it could
    /// be forgotten, so that is done now.
    fileprivate func living(_ jobs: [Job]) throws -> [Job] {
        let endings = try endings(of: jobs.map(\.id.text))
        try end(endings)
        return jobs.filter { !endings.all.contains($0.id.text) }
    }

    /// An accepted job with its body, whether or not it has ended; nil when it is not kept, or no longer.
    func acceptedRequest(of job: JobID) throws -> (job: Job, body: [UInt8])? {
        let own = try first(
            ["_id": .text(job.text)],
            in: MongoSchema.accepted,
            fields: ["body": 0]
        ) { fields in (job: try AcceptedDocument.read(fields), parts: try fields.int("body_parts")) }
        guard let own, let body = try acceptedBody(job, parts: own.parts) else { return nil }
        return (own.job, body)
    }

    /// - Returns: nil when the job was forgotten meanwhile.
    fileprivate func acceptedBody(_ job: JobID, parts: Int) throws -> [UInt8]? {
        var body: [UInt8] = []
        for number in 0..<parts {
            let id = AcceptedDocument.partID(job, number)
            guard
                let part = try first(["_id": .text(id)], in: MongoSchema.accepted, { try $0.bytes("body") })
            else { return nil }
            body += part
        }
        return body
    }
}
