import HTTPTypes
import JSON
import Penstock

/// Makes a quarantined job anew: its row stays as it is, and a single job with the same request takes its turn.
///
/// The new job is kept by the ledger, so that the request is in one place or the other at every moment.
struct JobRequeue: Sendable {
    private static let scope = "requeue"

    let ledger: any Ledger
    let admission: JobAdmission
    let finder: JobFinder
    let clock: WallClock

    /// What became of a request.
    enum Outcome {
        case new(Job, expectedStart: Duration?)
        /// The job that was made before.
        case earlier(FoundJob)
        case refused(AdmissionRefusal, deadline: Duration)
    }

    /// - Throws: 404; 409 for a job that is not in quarantine; 410 when its request is not kept, or no longer; what
    ///   admission throws.
    func requeue(_ id: JobID, by caller: Caller) async throws -> Outcome {
        guard case .finished(let row) = try await finder.find(id, of: caller.tenant), row.isQuarantined else {
            throw APIError(.conflict, code: "job_not_quarantined", "Only a quarantined job can be requeued.")
        }
        try caller.require(row.jobClass, param: "class")
        // Before the look for an earlier job: its request is only forgotten once that one is there.
        let request = try await request(of: row)
        let reserved = try await reservation(of: row)
        if let reserved, let earlier = try await made(reserved) {
            try await ledger.forgetQuarantinedRequest(of: row.job)
            return .earlier(earlier)
        }
        guard let request else {
            throw APIError(.gone, code: "request_gone", "The job's request is no longer kept. Send it again.")
        }
        return try await make(request, of: row, reserved: reserved)
    }

    /// With the jobs that were made of those in quarantine.
    func marked(_ views: [JobView], of tenant: TenantID) async throws -> [JobView] {
        let quarantined = views.filter { $0.error?.errorClass == .penstockPoison }.map(\.id.text)
        guard !quarantined.isEmpty else { return views }
        let made = try await ledger.reservations(of: tenant, scope: Self.scope, keys: quarantined)
        return views.map { view in
            var view = view
            view.requeuedAs = made[view.id.text].map { JobID($0) }
            return view
        }
    }

    private func make(_ request: Request, of row: TerminalRow, reserved: JobID?) async throws -> Outcome {
        let (pool, queue) = try admission.route(row.model, row.endpoint)
        let inspected = try RequestInspector.inspect(JSONDocument(parsing: request.body).root, endpoint: row.endpoint)
        try request.headers.check(model: row.model, at: row.endpoint, in: pool)
        try await admission.checkSize(inspected, in: pool, queue)
        let now = clock.now()
        let fresh = IDGenerator.job(epoch: try await admission.epochs.epoch(of: queue), at: now)
        var job = request.job(reserved ?? fresh, like: row, estimate: inspected.estimate, at: now)
        switch try await admission.ask(queue, about: job) {
        case .refused(let refusal): return .refused(refusal, deadline: job.deadline.since(now))
        case .accepted(let expectedStart):
            let key = IdempotencyKey(tenant: row.tenant, scope: Self.scope, key: row.job.text, requestHash: "")
            // Another request may have come first: then this makes the very same job.
            if let other = try await ledger.reserved(key, for: job.id.text, at: now) { job.id = JobID(other) }
            try await admission.keep(job, body: request.body, for: queue)
            try await ledger.forgetQuarantinedRequest(of: row.job)
            return .new(job, expectedStart: expectedStart)
        }
    }

    private func reservation(of row: TerminalRow) async throws -> JobID? {
        try await ledger.reservations(of: row.tenant, scope: Self.scope, keys: [row.job.text])[row.job.text]
            .map { JobID($0) }
    }

    /// - Returns: nil for an id whose request got no further. What was made the ledger knows, whatever happened to its
    ///   queue.
    private func made(_ id: JobID) async throws -> FoundJob? {
        if try await ledger.acceptedJob(id) != nil { return try await finder.find(id) }
        return try await ledger.terminalRow(of: id).map { .finished($0) }
    }

    /// What a job asks its provider for, and where its end is told.
    private struct Request {
        let body: [UInt8]
        let headers: ProviderHeaders
        let webhook: WebhookTarget?

        /// Its time is as long as that of the job before.
        func job(_ id: JobID, like row: TerminalRow, estimate: TokenEstimate, at now: Timestamp) -> Job {
            Job(
                id: id,
                tenant: row.tenant,
                jobClass: row.jobClass,
                deadline: now.adding(row.deadline.since(row.createdAt)),
                createdAt: now,
                endpoint: row.endpoint,
                model: row.model,
                estimate: estimate,
                tags: row.tags,
                metadata: row.metadata,
                durability: .ledger,
                webhook: webhook,
                headers: headers,
                body: .inLedger
            )
        }
    }

    private func request(of row: TerminalRow) async throws -> Request? {
        if let line = row.line { return try await request(of: line) }
        let kept = try await ledger.quarantinedRequest(of: row.job)
        return kept.map { Request(body: $0.body, headers: $0.job.headers, webhook: $0.job.webhook) }
    }

    /// Reads the batch's input up to the line; nil when the file is gone.
    private func request(of line: BatchLine) async throws -> Request? {
        guard let batch = try await ledger.batch(line.batch) else { return nil }
        var reader = InputReader(
            batch.inputFile,
            from: .start,
            maxLineBytes: InputReader.maxLineBytes,
            ledger: ledger
        )
        while let read = try await reader.next(), read.number <= line.number {
            guard read.number == line.number else { continue }
            let body = try BatchLineInspector.inspect(read.bytes, endpoint: batch.endpoint).body
            return Request(body: body, headers: batch.headers, webhook: nil)
        }
        return nil
    }
}
