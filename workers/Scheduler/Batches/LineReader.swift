import Penstock

/// Reads lines of a batch's input as the jobs they stand for.
struct LineReader: Sendable {
    let batch: BatchRecord
    let topology: Topology
    /// What estimates are corrected by.
    var experience = ExperienceBoard()

    struct Reading: Sendable {
        let job: Job
        let request: InspectedRequest
        let pool: Pool
    }

    /// - Returns: nil when the topology no longer has the line's model.
    func read(_ line: InputReader.Line) -> Reading? {
        guard let inspected = try? BatchLineInspector.inspect(line.bytes, endpoint: batch.endpoint),
            let pool = topology.pool(forModel: inspected.request.model)
        else { return nil }
        let job = Job(
            id: JobID(batch: batch.id, line: line.number),
            tenant: batch.tenant,
            jobClass: batch.jobClass,
            deadline: batch.expiresAt,
            createdAt: batch.createdAt,
            endpoint: batch.endpoint,
            model: inspected.request.model,
            estimate: experience.correction(for: pool.name).estimate(inspected.request),
            tags: batch.tags,
            line: BatchLine(batch: batch.id, number: line.number, customID: inspected.customID),
            durability: .ledger,
            body: .inline(inspected.body)
        )
        return Reading(job: job, request: inspected.request, pool: pool)
    }

    /// The most that a line which is live can cost; the dearest line's where that cannot be told.
    func mostCost(of job: Job) -> Nanodollars {
        guard case .inline(let body) = job.body,
            let request = try? RequestInspector.inspect(body, endpoint: job.endpoint),
            let bound = topology.pool(forModel: job.model).flatMap(CostBound.init)
        else { return batch.dearestLine ?? Nanodollars(0) }
        return bound.cost(of: request, estimate: job.estimate)
    }
}
