import JSON

/// All that a tenant has waiting and running.
struct Backlog {
    /// Between two requests of which the first found nothing to cancel: batches take a moment to empty.
    private static let nap = Duration.seconds(1)

    let api: API
    /// Nil for the key's own.
    let tenant: ObjectID?
    /// Nil for all.
    let jobClass: ClassArgument?

    var description: String {
        let owner = tenant.map { "tenant \($0)" } ?? "your tenant"
        return "all \(jobClass.map { "\($0.rawValue) " } ?? "")jobs and batches of \(owner) that have not ended"
    }

    /// Asks the server until nothing is left.
    func cancel(json: Bool) async throws {
        var jobs = 0
        var batches = 0
        while true {
            let portion = try await api.post(path, body: body, isRepeatable: true).root
            guard let cancelled = portion.int("cancelled"), let cancelling = portion.int("batches_cancelling"),
                let hasMore = portion["has_more"]?.bool
            else { throw CLIError.unexpectedAnswer("the server's answer does not say what was cancelled") }
            if json { try TextChannel.output.json(portion) }
            jobs += cancelled
            batches += cancelling
            guard hasMore else { break }
            if cancelled == 0 { try await Task.sleep(for: Self.nap) }
        }
        if json { return }
        try TextChannel.output.line("\(jobs.grouped) jobs and \(batches.grouped) batches were cancelled")
    }

    private var path: String { tenant.map { "/v1/admin/tenants/\($0)/cancel" } ?? "/v1/jobs/cancel" }

    private var body: [UInt8]? {
        guard let jobClass else { return nil }
        var writer = JSONWriter()
        writer.object { $0.member("class", jobClass.rawValue) }
        return writer.bytes
    }
}
