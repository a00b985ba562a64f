import Penstock

/// Reads lines of a batch's input as the jobs they stand for.
struct LineReader: Sendable {
    let batch: BatchRecord
    let topology: Topology

    /// What a line stands for.
    enum Reading: Sendable {
        case job(Job, in: Pool)
        /// It cannot be run: a message batch takes such lines in, in others only a model that went from the settings
        /// makes them.
        case refused(JobError, StandIn)

        /// Where the line is run; nil when it is not.
        var routed: (job: Job, pool: Pool)? {
            guard case .job(let job, let pool) = self else { return nil }
            return (job, pool)
        }
    }

    /// What is known of a line without a job.
    struct StandIn: Sendable {
        var customID = ""
        var model = ""
    }

    func read(_ line: InputReader.Line) -> Reading {
        var known = StandIn()
        do throws(RequestRefusal) {
            let inspected = try BatchLineInspector.inspect(line.bytes, endpoint: batch.endpoint)
            known = StandIn(customID: inspected.customID, model: inspected.request.model)
            guard let pool = topology.pool(forModel: known.model), pool.serves(batch.endpoint) else {
                return .refused(LineEnd.unservable.error, known)
            }
            try batch.headers.check(model: known.model, at: batch.endpoint, in: pool)
            if batch.dialect.badLinesEndAlone { try RequestSize.check(inspected.request.estimate, in: pool) }
            return .job(job(of: inspected, line.number), in: pool)
        } catch {
            if known.customID.isEmpty { known.customID = BatchLineInspector.customID(in: line.bytes) ?? "" }
            return .refused(JobError(.callerInvalidRequest, error.text), known)
        }
    }

    private func job(of line: InspectedLine, _ number: Int) -> Job {
        Job(
            id: JobID(batch: batch.id, line: number),
            tenant: batch.tenant,
            jobClass: batch.jobClass,
            deadline: batch.expiresAt,
            createdAt: batch.createdAt,
            endpoint: batch.endpoint,
            model: line.request.model,
            estimate: line.request.estimate,
            tags: batch.tags,
            line: BatchLine(batch: batch.id, number: number, customID: line.customID),
            durability: .ledger,
            headers: batch.headers,
            body: .inline(line.body)
        )
    }
}

extension RequestRefusal {
    /// In one sentence.
    fileprivate var text: String { param.map { "\($0): \(message)" } ?? message }
}
