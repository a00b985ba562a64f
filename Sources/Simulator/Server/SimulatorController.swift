import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import Penstock
import ServiceLifecycle
import Synchronization

/// The routes. Decisions are `SimulatorCore`'s; here they are waited for and carried out.
final class SimulatorController: Sendable {
    private let configuration: SimulatorConfiguration
    private let clock: WallClock
    private let core: Mutex<SimulatorCore>

    init(_ configuration: SimulatorConfiguration, clock: WallClock) {
        self.configuration = configuration
        self.clock = clock
        core = Mutex(SimulatorCore(configuration))
    }

    func router() -> Router<SimulatorContext> {
        let router = Router(context: SimulatorContext.self)
        router.add(middleware: ErrorEnvelope())
        for endpoint in SimulatedAPI.allCases {
            router.post(RouterPath(endpoint.rawValue)) { request, context in
                try await self.call(request, context, endpoint: endpoint)
            }
        }
        router.get("/v1/models") { request, _ in self.models(request) }
        router.get("/simulator/statistics") { _, _ in
            ProviderResponse.json(self.core.withLock { $0.statistics.body })
        }
        router.get("/simulator/calls") { request, _ in
            let after = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
            return ProviderResponse.json(self.core.withLock { $0.log.body(after: after) })
        }
        router.get("/simulator/controls") { _, _ in
            ProviderResponse.json(self.core.withLock { $0.controls.body })
        }
        router.patch("/simulator/controls") { request, _ in try await self.change(request) }
        return router
    }

    private func change(_ request: Request) async throws -> Response {
        var request = request
        let body = try await Array(request.collectBody(upTo: 1 << 16).readableBytesView)
        do throws(ProviderError) {
            return ProviderResponse.json(
                try core.withLock { (core) throws(ProviderError) in
                    try core.change(body, at: .now)
                    return core.controls.body
                }
            )
        } catch {
            return ProviderResponse.error(error)
        }
    }

    private func models(_ request: Request) -> Response {
        let reader = CallReader(configuration: configuration, clock: clock)
        if let refusal = reader.refusal(key: CallReader.bearerToken(request.headers)) {
            return ProviderResponse.error(refusal)
        }
        return ProviderResponse.json(ModelsAnswer.body(configuration.models))
    }

    private func call(_ request: Request, _ context: SimulatorContext, endpoint: SimulatedAPI) async throws -> Response
    {
        var request = request
        let reader = CallReader(configuration: configuration, clock: clock)
        let call = try await reader.read(&request, endpoint: endpoint)
        let verdict = core.withLock { $0.receive(call, at: .now, time: clock.now()) }
        defer { if verdict.isAtWork { core.withLock { $0.finish() } } }
        await Self.wait(verdict.latency)
        let headers =
            endpoint == .messages
            ? MessagesResponse.headers(verdict) : ProviderResponse.headers(verdict)
        switch verdict.action {
        case .answer(let answer): return ProviderResponse.json(answer.body, headers: headers)
        case .malformed(let answer):
            return ProviderResponse.json(Array(answer.body.prefix(answer.body.count / 2)), headers: headers)
        case .error(let error) where endpoint == .messages:
            let translated = MessagesError(error, model: call.request?.model)
            return MessagesResponse.error(translated, retryAfter: error.retryAfter, verdict)
        case .error(let error): return ProviderResponse.error(error, headers: headers)
        case .reset: return try await Self.reset(context.channel)
        case .hang: return try await hang(request, context.channel)
        }
    }

    /// Waits that long; a simulator that is told to stop gives the answers that it owes at once.
    private static func wait(_ duration: Duration) async {
        guard duration > .zero else { return }
        _ = await cancelWhenGracefulShutdown {
            do {
                try await Task.sleep(for: duration)
            } catch {
                // Stopping: the rest of the wait is left out.
            }
        }
    }

    /// Breaks the connection. The response goes nowhere.
    private static func reset(_ channel: any Channel) async throws -> Response {
        // Without lingering, closing sends RST in place of FIN.
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close()
        return Response(status: .internalServerError)
    }

    /// Holds the connection without an answer until the caller gives up, the limit is reached or the simulator stops.
    private func hang(_ request: Request, _ channel: any Channel) async throws -> Response {
        let limit = configuration.hangLimit
        do {
            _ = try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: limit) }
            }
        } catch is CancellationError {
            // The caller is gone, or the simulator stops.
        }
        return try await Self.reset(channel)
    }
}

/// Answers what no route takes as OpenAI does.
private struct ErrorEnvelope: RouterMiddleware {
    typealias Context = SimulatorContext

    @concurrent
    func handle(
        _ request: Request,
        context: SimulatorContext,
        next: @concurrent (Request, SimulatorContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            guard error.status == .notFound else { throw error }
            return ProviderResponse.error(.unknownURL(request.method.rawValue, request.uri.path))
        }
    }
}
