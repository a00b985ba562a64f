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
        let (pool, queue) = try route(request.inspected.model, request.endpoint)
        let place = try await place(IDGenerator.job(epoch: try await epochs.epoch(of: queue), at: now).text)
        let id = JobID(place.id)
        // An id that nobody knows was minted by a request that got no further.
        if place.mayExist, let found = try await finder.find(id) { return .earlier(found) }
        try await checkSize(request.inspected, in: pool, queue)
        let job = request.job(id: id, tenant: tenant, at: now, inlineLimit: inlineBodyBytes)
        switch try await take(job, body: request.body, into: queue, anyway: request.queuesAnyway) {
        case .accepted(let expectedStart): return .new(job, expectedStart: expectedStart)
        case .refused(let refusal): return .refused(refusal)
        }
    }

    /// Where a request goes.
    ///
    /// - Throws: 400 for an unknown model and an endpoint that it is not served at.
    func route(_ model: String, _ endpoint: Endpoint) throws -> (Pool, any JobQueue) {
        guard let pool = topology.pool(forModel: model), let queue = queues[pool.name] else {
            throw APIError.badRequest("No such model.", param: "model", code: "model_not_found")
        }
        guard pool.serves(endpoint) else {
            throw APIError.badRequest(
                "The model is not served at \(endpoint.rawValue).",
                param: "endpoint",
                code: "unsupported_endpoint"
            )
        }
        return (pool, queue)
    }

    /// - Throws: 400 for a request that no rate limit could ever let through.
    func checkSize(_ request: InspectedRequest, in pool: Pool, _ queue: any JobQueue) async throws {
        let correction = await experience.correction(for: queue)
        try RequestSize.check(correction.corrected(request.estimate, model: request.model), in: pool)
    }

    private func take(_ job: Job, body: [UInt8], into queue: any JobQueue, anyway: Bool) async throws -> Admission {
        guard job.durability == .ledger else {
            return try await enqueue(job, into: queue, anyway: anyway)
        }
        let answer = try await ask(queue, about: job, anyway: anyway)
        guard case .accepted = answer else { return answer }
        try await keep(job, body: body, for: queue)
        return answer
    }

    /// A job whose fate nobody knows is not called refused: it may run.
    private func enqueue(_ job: Job, into queue: any JobQueue, anyway: Bool) async throws -> Admission {
        do {
            return try await queue.admit(job, AdmissionTerms(queueAnyway: anyway))
        } catch let error as QueueUnavailable where error.mayHaveHappened {
            throw APIError.outcomeUnknown(job.id)
        }
    }

    /// Takes in a job that the ledger keeps.
    func keep(_ job: Job, body: [UInt8], for queue: any JobQueue) async throws {
        try await ledger.accept(job, body: body, pool: queue.pool)
        // From here on the job is safe: if the queue does not take it, the scheduler brings it there.
        do {
            try await queue.enqueue([job])
        } catch is QueueFull {
        } catch is QueueUnavailable {
        }
    }

    /// A job that the ledger keeps can wait for a queue that does not answer now.
    func ask(_ queue: any JobQueue, about job: Job, anyway: Bool = false) async throws -> Admission {
        do {
            return try await queue.admit(job, AdmissionTerms(queueAnyway: anyway, onlyAsk: true))
        } catch is QueueUnavailable {
            return .accepted(expectedStart: nil)
        }
    }
}
