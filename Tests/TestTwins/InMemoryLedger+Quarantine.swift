package import Penstock

extension InMemoryLedger {
    package func quarantinedJobs(of tenant: TenantID, after cursor: JobID?, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        try access { state in
            let rows = state.rows.values.filter { $0.tenant == tenant && $0.isQuarantined }
            let sorted = rows.sorted { ($0.createdAt, $0.job.text) > ($1.createdAt, $1.job.text) }
            let start = cursor.flatMap { cursor in sorted.firstIndex { $0.job == cursor } }.map { $0 + 1 } ?? 0
            return bounds.cut(Array(sorted.dropFirst(start)))
        }
    }

    package func quarantinedRequest(of job: JobID) async throws -> QuarantinedRequest? {
        try access { state in
            state.quarantined[job].map { kept in
                var job = kept.job
                job.body = .inLedger
                return QuarantinedRequest(job: job, body: kept.body)
            }
        }
    }

    package func forgetQuarantinedRequest(of job: JobID) async throws { try access { $0.quarantined[job] = nil } }

    package func reservations(of tenant: TenantID, scope: String, keys: [String]) async throws -> [String: String] {
        try access { state in
            var found: [String: String] = [:]
            for key in keys { found[key] = state.keys["\(tenant) \(scope) \(key)"]?.id }
            return found
        }
    }
}
