import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Penstock
import Telemetry

/// Takes a request from a connection and brings the answer back: request ids, errors, the access log, and whether the
/// connection can be used again.
///
/// It stands in for Hummingbird's `Application`, which neither answers `Expect: 100-continue` nor ever stops reading a
/// refused body.
struct Dispatcher: Sendable {
    let router: RouterResponder<IntakeContext>
    let clock: WallClock
    let pace: BodyPace
    let metrics: IntakeMetrics
    let budget: ByteBudget
    let outages: OutageLog
    let logger: Logger
    let dates = DateHeader()

    @Sendable
    func respond(to request: Request, writer: consuming ResponseWriter, connection: Connection) async throws {
        connection.beginRequest()
        let channel = connection.channel
        let held = HeldWriter(writer)
        let exchange = makeExchange(request, writer: held, presence: connection.presence)
        let context = IntakeContext(source: exchange)
        let dialect = APIDialect(of: request)
        var response = await answer(request, context, dialect)
        let closes = ConnectionFate.closes(after: request, body: exchange.body)
        response.headers[.requestID] = exchange.requestID
        if dialect == .anthropic { response.headers[.anthropicRequestID] = exchange.requestID }
        response.headers[values: .penstockWarning] = exchange.warnings
        response.headers[.date] = dates.value(at: clock.now())
        if closes { response.headers[.connection] = "close" }
        if request.method == .head { response = response.createHeadResponse() }
        // What is to be done for a client that gets its answer.
        var duty = response.status.kind == .successful ? exchange.duty : nil
        if duty != nil, await !ConnectionFate.isClientThere(channel) { duty = nil }
        do {
            try await held.write(response)
            // What is counted stands in memory until it was sent, whatever the writer has taken.
            if exchange.holdsAnswer { try await SendBeforeClose.sent(on: channel) }
        } catch {
            connection.endRequest()
            // Throwing closes the connection: the client sees that the answer broke off.
            finish(request, response, context, error: error)
            throw error
        }
        // What follows is owed to nobody: the connection may make room for another one.
        connection.endRequest()
        finish(request, response, context, error: nil)
        if let duty { await fulfil(duty, of: exchange, on: channel) }
        if closes {
            await ConnectionFate.close(channel, discarding: exchange.body)
        } else {
            await ConnectionFate.readRest(of: exchange.body, on: channel, within: pace.grace)
        }
    }

    /// An answer that its client did not get is as good as none; then the duty is left to time.
    private func fulfil(_ duty: @Sendable () async throws -> Void, of exchange: Exchange, on channel: any Channel) async
    {
        do {
            try await SendBeforeClose.sent(on: channel)
        } catch {
            return exchange.logger.info("the client went before its answer was sent")
        }
        do {
            try await duty()
        } catch {
            exchange.logger.warning("an answered request could not be forgotten", error: error)
        }
    }

    private func makeExchange(_ request: Request, writer: HeldWriter, presence: CallerPresence) -> Exchange {
        let id = IDGenerator.named("req_", at: clock.now())
        return Exchange(
            requestID: id,
            logger: logger.adding([.requestID: .text(id)]),
            body: BodyReader(of: request, pace: pace, writer: writer, budget: budget),
            presence: presence,
            budget: budget
        )
    }

    private func answer(_ request: Request, _ context: IntakeContext, _ dialect: APIDialect) async -> Response {
        let requestID = context.exchange.requestID
        do {
            try RequestHead.check(request)
            let response = try await router.respond(to: request, context: context)
            try count(response, to: request, context.exchange)
            outages.worked(route(of: context))
            return response
        } catch {
            if let known = APIError(mapping: error) {
                if known.status.kind == .serverError {
                    // Each has its line as a request; what is away is told of once.
                    outages.failed(route(of: context), because: known.code ?? "unknown", error)
                }
                return .error(known, dialect, requestID: requestID)
            }
            context.exchange.logger.error("unexpected error", [.path: .text(route(of: context))], error: error)
            return .error(.unexpected(requestID: requestID), dialect, requestID: requestID)
        }
    }

    /// Counts an answer that stands in memory until its client has read it.
    ///
    /// - Throws: 429 or 503 instead of one that is too much. What changed something is answered in any case.
    private func count(_ response: Response, to request: Request, _ exchange: Exchange) throws {
        guard !exchange.isStream, let bytes = response.body.contentLength else { return }
        guard !exchange.holdsAnswer else { return exchange.keepAnswer(bytes) }
        try exchange.holdAnswer(bytes, mayBeRefused: request.method == .get || request.method == .head)
    }

    private func finish(_ request: Request, _ response: Response, _ context: IntakeContext, error: (any Error)?) {
        let duration = context.exchange.startedAt.duration(to: .now)
        let route = route(of: context)
        metrics.answered(
            route: route,
            method: request.method,
            status: response.status.code,
            in: duration,
            bytes: context.exchange.body.received
        )
        var fields: LogFields = [
            .method: .text(IntakeMetrics.label(of: request.method)), .path: .text(route),
            .status: .integer(response.status.code), .durationMs: .number(duration.inSeconds * 1000),
            .bytes: .integer(context.exchange.body.received),
        ]
        fields[.tenant] = context.exchange.tenant.map { .text($0.text) }
        if error != nil { fields[.outcome] = "broken_off" }
        context.exchange.logger.info("request", fields)
    }

    /// The template of the route that answered.
    private func route(of context: IntakeContext) -> String { context.endpointPath ?? "none" }
}
