import HTTPTypes
import Hummingbird
import JSON
import Penstock

/// `/v1/jobs`.
struct JobsController: Sendable {
    let ledger: any Ledger
    let submission: JobSubmission
    let finder: JobFinder
    let wait: JobWait
    let listing: JobListing
    let cancellation: JobCancellation
    let backlog: BacklogCancellation
    let alteration: JobAlteration
    let requeuing: JobRequeue
    let webhooks: WebhookRules
    let providerHeaders: ProviderHeaderReader
    let maxBodyBytes: Int
    let clock: WallClock
    let metrics: IntakeMetrics
    /// Event streams that are open.
    let streams: TenantPlaces

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/jobs", use: create)
        section.on(.get, "/v1/jobs", use: list)
        section.on(.get, "/v1/jobs/{id}", use: retrieve)
        section.on(.patch, "/v1/jobs/{id}", use: change)
        section.on(.get, "/v1/jobs/{id}/attempts", use: attempts)
        section.on(.get, "/v1/jobs/{id}/events", use: events)
        section.on(.post, "/v1/jobs/cancel", use: cancelAll)
        section.on(.post, "/v1/jobs/{id}/cancel", use: cancel)
        section.on(.post, "/v1/jobs/{id}/requeue", use: requeue)
    }

    @Sendable
    private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let bytes = try await context.body.collect(upTo: maxBodyBytes)
        let now = clock.now()
        var order = try JobRequest(bytes, headerKey: key, webhooks: webhooks, at: now)
        order.headers = try providerHeaders.read(request.headers, for: order, context.exchange)
        try context.caller.require(order.jobClass, param: "class")
        let accepted = try await submission.submit(
            order,
            as: "job",
            body: bytes,
            headers: request.headers,
            at: now,
            for: context
        )
        let view: JobView =
            switch accepted {
            case .new(let job, let expectedStart): JobView(waiting: job, expectedStart: expectedStart)
            case .earlier(let found): try await self.view(found)
            }
        return Self.response(.accepted, view, isLocated: true)
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...100, default: 20)
        let page = try await listing.jobs(
            of: context.tenant,
            try JobFilter(query),
            after: try query.cursor().map(JobID.init),
            limit: limit,
            context.exchange.admission
        )
        // At once, before anything else is waited for.
        try context.exchange.holdAnswer(page.elements.reduce(0) { $0 + ($1.response?.body.count ?? 0) })
        var views = try await requeuing.marked(page.elements, of: context.tenant)
        for index in views.indices { views[index] = try await withSpending(views[index]) }
        return .list(ListPage(views, hasMore: page.hasMore), id: \.id.text, write: JobObject.write)
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let seconds = try Query(request.uri.query).int("wait", in: 0...60, default: 0)
        let id = JobID(try context.pathParameter("id"))
        let found = try await wait.find(
            id,
            of: context.tenant,
            within: .seconds(seconds),
            for: context.exchange.attendance,
            context.exchange.admission
        )
        try context.exchange.holdAnswer(found.answerBytes)
        return Self.response(.ok, try await view(found))
    }

    @Sendable
    private func attempts(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = JobID(try context.pathParameter("id"))
        _ = try await finder.find(id, of: context.tenant, context.exchange.admission)
        let rows = try await ledger.attempts(of: id)
        return .list(ListPage(rows, hasMore: false), id: \.id.text, write: AttemptObject.write)
    }

    /// Tells of every change of state, of what it waits for and of its place, until the end.
    @Sendable
    private func events(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = JobID(try context.pathParameter("id"))
        let tenant = context.tenant
        let stream = try EventStream(streams, for: context, lastID: request.headers[.lastEventID]) {
            let view = try await view(try await finder.find(id, of: tenant, context.exchange.admission))
            var writer = JSONWriter()
            JobObject.write(view, to: &writer)
            let waits = [view.waitingFor?.rawValue, view.position.map { "\($0)" }].compactMap { $0 }
            return EventStream.Event(
                id: ([view.state, "\(view.attempts)"] + waits).joined(separator: "-"),
                name: "job",
                data: writer.bytes,
                isLast: view.finishedAt != nil
            )
        }
        return try await stream.response()
    }

    @Sendable
    private func cancel(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = JobID(try context.pathParameter("id"))
        let found = try await finder.find(id, of: context.tenant, context.exchange.admission)
        let row = try await cancellation.cancel(found)
        return Self.response(.ok, try await view(.finished(row)))
    }

    /// Cancels a portion of what the tenant has waiting and running.
    @Sendable
    private func cancelAll(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let jobClass = try CancellationFields.read(try await context.body.collect(upTo: maxBodyBytes))
        return .cancellation(try await backlog.cancel(of: context.tenant, jobClass))
    }

    /// Makes a quarantined job anew; again is fine and answers the same new job.
    @Sendable
    private func requeue(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = JobID(try context.pathParameter("id"))
        switch try await requeuing.requeue(id, by: context.caller) {
        case .new(let job, let expectedStart):
            metrics.acceptedJob(job.jobClass)
            return Self.response(.accepted, JobView(waiting: job, expectedStart: expectedStart), isLocated: true)
        case .earlier(let found):
            return Self.response(.accepted, try await view(found), isLocated: true)
        case .refused(let refusal, let deadline):
            metrics.refusedJob(refusal.reason)
            throw APIError(refusal, deadline: deadline)
        }
    }

    /// Changes class and deadline of a job that waits.
    @Sendable
    private func change(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let change = try ChangeFields.read(try await context.body.collect(upTo: maxBodyBytes), at: clock.now())
        if let jobClass = change.jobClass { try context.caller.require(jobClass, param: "class") }
        let id = JobID(try context.pathParameter("id"))
        let found = try await alteration.apply(change, to: id, of: context.tenant)
        return Self.response(.ok, try await view(found))
    }

    private func view(_ found: FoundJob) async throws -> JobView {
        switch found {
        case .finished(let row):
            try await withSpending(try await requeuing.marked([JobView(finished: row)], of: row.tenant)[0])
        case .live(let status): try await withSpending(JobView(live: status))
        case .accepted(let job): JobView(waiting: job)
        }
    }

    private func withSpending(_ view: JobView) async throws -> JobView {
        guard view.attempts > 0 else { return view }
        var view = view
        view.spending = Spending(try await ledger.attempts(of: view.id))
        return view
    }

    private static func response(_ status: HTTPResponse.Status, _ view: JobView, isLocated: Bool = false) -> Response {
        let headers: HTTPFields = isLocated ? [.location: "/v1/jobs/\(view.id)"] : [:]
        return .json(status, headers: headers) { JobObject.write(view, to: &$0) }
    }
}
