import Penstock

/// Takes jobs in: what it returns from is a promise.
struct JobAdmission: Sendable {
    let ledger: any JobLedger
    let topology: Topology
    let queues: [PoolName: any JobQueue]
    let epochs: EpochDirectory
    let finder: JobFinder
    let experience: ExperienceDirectory
    let inlineBodyBytes: Int

    /// What became of a request.
    enum Admitted {
        /// A new job, and in how long it will probably start.
        case new(Job, expectedStart: Duration?)
        /// The job that the same request made before.
        case earlier(FoundJob)
        case refused(AdmissionRefusal)
    }

    /// - Parameter place: says under which id the job is created; it gets the one that is new.
    /// - Throws: 400 for an unknown model, an endpoint that it is not served at and a request that no rate limit could
    ///   ever let through, 409 and 410 for an idempotency key's earlier use, `QueueFull` and whatever tells that a
    ///   store is unavailable.
    func admit(
        _ request: JobRequest,
        of tenant: TenantID,
        at now: Timestamp,
        place: (_ fresh: String) async throws -> Creations.Place
    ) async throws -> Admitted {
        guard let pool = topology.pool(forModel: request.inspected.model), let queue = queues[pool.name] else {
            throw APIError.badRequest("No such model.", param: "model", code: "model_not_found")
        }
        guard pool.serves(request.endpoint) else {
            throw APIError.badRequest(
                "The model is not served at \(request.endpoint.rawValue).",
                param: "endpoint",
                code: "unsupported_endpoint"
            )
        }
        let place = try await place(IDGenerator.job(epoch: try await epochs.epoch(of: queue), at: now).text)
        let id = JobID(place.id)
        // An id that nobody knows was minted by a request that got no further.
        if place.mayExist, let found = try await finder.find(id) { return .earlier(found) }
        let correction = await experience.correction(for: queue)
        try RequestSize.check(
            correction.corrected(request.inspected.estimate, model: request.inspected.model),
            in: pool
        )
        let job = request.job(id: id, tenant: tenant, at: now, inlineLimit: inlineBodyBytes)
        switch try await take(job, body: request.body, into: queue, anyway: request.queuesAnyway) {
        case .accepted(let expectedStart): return .new(job, expectedStart: expectedStart)
        case .refused(let refusal): return .refused(refusal)
        }
    }

    private func take(_ job: Job, body: [UInt8], into queue: any JobQueue, anyway: Bool) async throws -> Admission {
        guard job.durability == .ledger else {
            return try await queue.admit(job, AdmissionTerms(queueAnyway: anyway))
        }
        let answer = try await ask(queue, about: job, anyway: anyway)
        guard case .accepted = answer else { return answer }
        try await ledger.accept(job, body: body, pool: queue.pool)
        // From here on the job is safe: if the queue does not take it, the scheduler brings it there.
        do {
            try await queue.enqueue([job])
        } catch is QueueFull {
        } catch is QueueUnavailable {
        }
        return answer
    }

    /// A job that the ledger keeps can wait for a queue that does not answer now.
    private func ask(_ queue: any JobQueue, about job: Job, anyway: Bool) async throws -> Admission {
        do {
            return try await queue.admit(job, AdmissionTerms(queueAnyway: anyway, onlyAsk: true))
        } catch is QueueUnavailable {
            return .accepted(expectedStart: nil)
        }
    }
}
