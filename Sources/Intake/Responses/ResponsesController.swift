import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Penstock

/// `/v1/responses`: OpenAI's background responses, each of which is a job.
struct ResponsesController: Sendable {
    let ledger: any Ledger
    let submission: JobSubmission
    let finder: JobFinder
    let cancellation: JobCancellation
    let webhooks: WebhookRules
    let providerHeaders: ProviderHeaderReader
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/responses", use: create)
        section.on(.get, "/v1/responses/{id}", use: retrieve)
        section.on(.delete, "/v1/responses/{id}", use: delete)
        section.on(.post, "/v1/responses/{id}/cancel", use: cancel)
    }

    @Sendable
    private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let body = try await context.body.collect(upTo: maxBodyBytes)
        let now = clock.now()
        let fields = try JSONFields(body: body)
        var order = try ResponseRequest.read(
            body,
            fields,
            previous: try await previous(fields, of: context.tenant, context.exchange.admission),
            headerKey: key,
            webhooks: webhooks,
            at: now
        )
        order.headers = try providerHeaders.read(request.headers, for: order, context.exchange)
        try context.caller.require(order.jobClass, param: "metadata.penstock_class")
        let accepted = try await submission.submit(
            order,
            as: "response",
            body: body,
            headers: request.headers,
            at: now,
            for: context
        )
        switch accepted {
        case .new(let job, _): return Self.response(ResponseObject.body(JobView(waiting: job), request: order.body))
        case .earlier(let found): return try await response(found)
        }
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        guard try !Query(request.uri.query).flag("stream") else {
            throw APIError.badRequest(
                "Responses are not streamed here: ask again until `status` says that it ended.",
                param: "stream",
                code: "unsupported_parameter"
            )
        }
        let found = try await find(context)
        try context.exchange.holdAnswer(found.answerBytes)
        return try await response(found)
    }

    /// Idempotent, as at OpenAI: one that has ended is answered as it ended.
    @Sendable
    private func cancel(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let found = try await find(context)
        do {
            return try await response(.finished(try await cancellation.cancel(found)))
        } catch let error as APIError where error.isFinal {
            return try await response(try await find(context))
        }
    }

    /// What is still to come is cancelled first.
    @Sendable
    private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        var found = try await find(context)
        if case .finished = found {
        } else {
            do {
                found = .finished(try await cancellation.cancel(found))
            } catch let error as APIError where error.isFinal {}
        }
        _ = try await ledger.deleteRow(of: found.id)
        return .json { writer in
            writer.object { writer in
                writer.member("id", ResponseID.text(of: found.id))
                writer.member("object", "response")
                writer.member("deleted", true)
            }
        }
    }

    /// The provider's name of the response that a request goes on from; nil where it names none.
    ///
    /// - Throws: 400 unless that response was made here and has an answer.
    private func previous(_ fields: JSONFields, of tenant: TenantID, _ admission: AnswerAdmission) async throws
        -> String?
    {
        guard let id = try fields.text(ResponseRequest.previous) else { return nil }
        guard let found = try await finder.find(ResponseID.parse(id), admission), found.tenant == tenant,
            found.endpoint == .responses, case .finished(let row) = found, row.state == .succeeded,
            let name = try? JSONDocument(parsing: row.response?.body ?? []).root["id"]?.string
        else {
            throw APIError.badRequest(
                "There is no such response that has ended.",
                param: ResponseRequest.previous,
                code: "previous_response_not_found"
            )
        }
        return name
    }

    /// - Throws: 404, also for another tenant's job and one that was not made here.
    private func find(_ context: AuthenticatedContext) async throws -> FoundJob {
        let id = ResponseID.parse(try context.pathParameter("id"))
        guard let found = try await finder.find(id, context.exchange.admission), found.tenant == context.tenant,
            found.endpoint == .responses
        else { throw APIError.notFound("response") }
        return found
    }

    private func response(_ found: FoundJob) async throws -> Response {
        Self.response(ResponseObject.body(JobView(found), request: try await request(of: found)))
    }

    /// The body of a request that has not ended.
    private func request(of found: FoundJob) async throws -> [UInt8]? {
        let job: Job
        switch found {
        case .finished: return nil
        case .live(let status): job = status.job
        case .accepted(let accepted): job = accepted
        }
        switch job.body {
        case .inline(let body): return body
        case .inLedger: return try await ledger.acceptedBody(of: job.id)
        }
    }

    private static func response(_ body: [UInt8]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
