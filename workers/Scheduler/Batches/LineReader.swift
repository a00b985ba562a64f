import Penstock

/// Reads lines of a batch's input as the jobs they stand for.
struct LineReader: Sendable {
    let batch: BatchRecord
    let topology: Topology

    /// - Returns: nil when the topology no longer has the line's model.
    func read(_ line: InputReader.Line) -> (pool: Pool, job: Job)? {
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
            estimate: inspected.request.estimate,
            tags: batch.tags,
            line: BatchLine(batch: batch.id, number: line.number, customID: inspected.customID),
            durability: .ledger,
            body: .inline(inspected.body)
        )
        return (pool, job)
    }
}
