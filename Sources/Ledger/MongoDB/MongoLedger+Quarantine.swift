import Mongo
package import Penstock

extension MongoLedger {
    package func quarantinedJobs(of tenant: TenantID, after cursor: JobID?, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        try await run { session in
            let field = JobDocument.quarantineKey
            guard let start = try session.start(after: cursor?.text, in: MongoSchema.jobs, by: field) else { return [] }
            return try session.rows(
                ["tenant": .text(tenant.text), field: ["$lt": .text(start)]],
                sort: [field: -1],
                bounds
            )
        }
    }

    package func quarantinedRequest(of job: JobID) async throws -> QuarantinedRequest? {
        try await run { session in
            guard try session.endings(of: [job.text]).quarantined.contains(job.text) else { return nil }
            return try session.acceptedRequest(of: job).map { QuarantinedRequest(job: $0.job, body: $0.body) }
        }
    }

    package func forgetQuarantinedRequest(of job: JobID) async throws {
        try await run { session in
            guard try session.endings(of: [job.text]).quarantined.contains(job.text) else { return }
            try session.forget([job.text])
        }
    }

    package func reservations(of tenant: TenantID, scope: String, keys: [String]) async throws -> [String: String] {
        let prefix = "\(tenant.text)/\(scope)/"
        return try await run { session in
            let found = try session.find(
                ["_id": ["$in": .texts(keys.map { prefix + $0 })]],
                in: MongoSchema.idempotency,
                fields: ["id": 1]
            ) { fields in (String(try fields.text("_id").dropFirst(prefix.count)), try fields.text("id")) }
            return Dictionary(found) { first, _ in first }
        }
    }
}

/// Jobs that have a terminal row, by what becomes of their acceptance.
struct Endings {
    /// Nothing is left of it.
    var over: Set<String> = []
    /// It is kept, so that the job can be made anew.
    var quarantined: Set<String> = []

    var all: Set<String> { over.union(quarantined) }
}

extension MongoSession {
    /// Which of these jobs have ended.
    func endings(of jobs: some Sequence<String>) throws -> Endings {
        let found = try find(
            ["_id": ["$in": .texts(jobs)]],
            in: MongoSchema.jobs,
            fields: ["error_class": 1]
        ) { fields in (job: try fields.text("_id"), errorClass: try fields.optionalText("error_class")) }
        var endings = Endings()
        for (job, errorClass) in found {
            if errorClass == ErrorClass.penstockPoison.rawValue {
                endings.quarantined.insert(job)
            } else {
                endings.over.insert(job)
            }
        }
        return endings
    }

    /// Ends acceptances: those of quarantined jobs leave their pool, so that no list of accepted jobs has them.
    func end(_ endings: Endings) throws {
        if !endings.over.isEmpty { try forget(endings.over) }
        guard !endings.quarantined.isEmpty else { return }
        _ = try updateMany(
            ["_id": ["$in": .texts(endings.quarantined)]],
            in: MongoSchema.accepted,
            to: ["$unset": ["pool": ""]]
        )
    }

    func forget(_ jobs: Set<String>) throws {
        try deleteMany(["job": ["$in": .texts(jobs)]], in: MongoSchema.accepted)
    }
}
