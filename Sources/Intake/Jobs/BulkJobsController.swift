import HTTPTypes
import Hummingbird
import JSON
import Penstock

/// `/v1/jobs/bulk`: many single jobs in one request, each of which is taken in or refused by itself.
struct BulkJobsController: Sendable {
    private static let mostJobs = 1000
    /// Jobs that are taken in at once.
    private static let width = 32

    let submission: JobSubmission
    let finder: JobFinder
    let cancellation: JobCancellation
    let webhooks: WebhookRules
    let providerHeaders: ProviderHeaderReader
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/jobs/bulk", use: submit)
        section.on(.post, "/v1/jobs/bulk/cancel", use: cancel)
    }

    /// What became of one of the jobs.
    private enum Outcome: Sendable {
        case job(JobView)
        case refused(APIError)
    }

    /// The header's idempotency key stands for the whole: each job's own is made of it and its place.
    @Sendable
    private func submit(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(["jobs"])
        let bodies = try list(fields, "jobs").map { Array($0.rawBytes) }
        let outcomes = try await each(Array(bodies.enumerated())) { place, body in
            try await create(body, key: key.map { "\($0)/\(place)" }, request.headers, context)
        }
        return Self.response(outcomes)
    }

    @Sendable
    private func cancel(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(["ids"])
        let ids = try list(fields, "ids").map { value in
            guard let id = value.string else { throw fields.wrong("ids", "a list of ids") }
            return JobID(id)
        }
        let outcomes = try await each(ids) { id in
            let found = try await finder.find(id, of: context.tenant, context.exchange.admission)
            return JobView(finished: try await cancellation.cancel(found))
        }
        return Self.response(outcomes)
    }

    private func list(_ fields: JSONFields, _ name: String) throws -> [JSONValue] {
        guard let value = fields.value(name) else { throw fields.missing(name) }
        guard value.kind == .array, (1...Self.mostJobs).contains(value.count) else {
            throw fields.wrong(name, "a list of 1 to \(Self.mostJobs)")
        }
        return Array(value.elements)
    }

    private func create(
        _ body: [UInt8],
        key: String?,
        _ headers: HTTPFields,
        _ context: AuthenticatedContext
    ) async throws -> JobView {
        let now = clock.now()
        var order = try JobRequest(body, headerKey: key, webhooks: webhooks, at: now)
        order.headers = try providerHeaders.read(headers, for: order, context.exchange)
        try context.caller.require(order.jobClass, param: "class")
        // A mark of the SDKs speaks of the whole request; one without keys is not known again.
        let accepted = try await submission.submit(order, as: "job", body: body, headers: [:], at: now, for: context)
        switch accepted {
        case .new(let job, let expectedStart): return JobView(waiting: job, expectedStart: expectedStart)
        case .earlier(let found):
            // One that ended long ago has its answer; too many of them are refused one by one.
            try context.exchange.holdMore(found.answerBytes)
            return JobView(found)
        }
    }

    /// Runs a few at a time; the outcomes are in the order of the elements. What a store's failure leaves undone is a
    /// refusal like any other, so that a caller knows of each.
    private func each<Element: Sendable>(
        _ elements: [Element],
        _ body: @escaping @Sendable (Element) async throws -> JobView
    ) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: elements.count)
            var next = 0
            func start() {
                guard next < elements.count else { return }
                let place = next
                let element = elements[place]
                next += 1
                group.addTask {
                    do {
                        return (place, .job(try await body(element)))
                    } catch {
                        guard let known = APIError(mapping: error) else { throw error }
                        return (place, .refused(known))
                    }
                }
            }
            for _ in 0..<Self.width { start() }
            while let (place, outcome) = try await group.next() {
                outcomes[place] = outcome
                start()
            }
            return outcomes.compactMap { $0 }
        }
    }

    private static func response(_ outcomes: [Outcome]) -> Response {
        .json { writer in
            writer.object { writer in
                writer.member("object", "list")
                writer.key("data")
                writer.array { writer in
                    for outcome in outcomes { write(outcome, to: &writer) }
                }
            }
        }
    }

    private static func write(_ outcome: Outcome, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("job")
            if case .job(let job) = outcome { JobObject.write(job, to: &writer) } else { writer.null() }
            writer.key("error")
            guard case .refused(let error) = outcome else { return writer.null() }
            writer.object { writer in
                writer.member("status", error.status.code)
                writer.member("message", error.message)
                writer.member("type", error.type)
                writer.member("param", error.param)
                writer.member("code", error.code)
                writer.member("retry_after", error.retryAfter)
            }
        }
    }
}
