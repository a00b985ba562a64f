import JSON

/// Cancels a tenant's backlog part by part, until nothing of it is left.
struct BacklogCancel {
    /// Between two looks while the last lines of a batch come to their end.
    private static let pause = Duration.seconds(1)

    let api: API
    /// Nil is the tenant of the API key.
    let tenant: ObjectID?

    func run(json: Bool) async throws {
        var (jobs, batches) = (0, 0)
        while true {
            let answer = try await api.post(path, isRepeatable: true).root
            guard let moreJobs = answer.int("jobs"), let moreBatches = answer.int("batches"),
                let hasMore = answer["has_more"]?.bool
            else { throw CLIError.unexpectedAnswer("the server's answer has no counts") }
            jobs += moreJobs
            batches += moreBatches
            guard hasMore else { break }
            if moreJobs + moreBatches == 0 { try await Task.sleep(for: Self.pause) }
        }
        try TextChannel.output.line(json ? #"{"jobs":\#(jobs),"batches":\#(batches)}"# : Self.text(jobs, batches))
    }

    private var path: String { tenant.map { "/v1/admin/tenants/\($0)/cancel" } ?? "/v1/jobs/cancel" }

    private static func text(_ jobs: Int, _ batches: Int) -> String {
        "cancelled: \(jobs.grouped) jobs, \(batches.grouped) batches; nothing is left"
    }
}
