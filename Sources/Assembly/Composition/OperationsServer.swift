import Hummingbird
import Intake
import Logging
import NIOCore
import Redis
import ServiceLifecycle
import Telemetry

/// What every role serves to operators on a port of its own: `/metrics`, `/healthz` and `/readyz`.
struct OperationsServer: Service {
    let settings: OperationsSettings
    let health: Health
    let metrics: MetricsRegistry
    let logger: Logger

    func run() async throws {
        let listener = try Listener(
            "operations",
            maxConnections: settings.maxConnections,
            idleTimeout: .seconds(60),
            tls: settings.tls,
            logger: logger
        )
        try await listener.run { try await application(listener).run() }
    }

    private func application(_ listener: Listener) -> some ApplicationProtocol {
        let router = Router()
        router.get("/metrics") { [metrics, health] _, _ in
            let text = metrics.prometheusText() + health.snapshot().prometheusText
            return Self.response(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(text.utf8))
        }
        router.get("/healthz") { [health] _, _ in
            let report = health.snapshot()
            return Self.response(report.isAlive ? .ok : .serviceUnavailable, "application/json", report.json)
        }
        router.get("/readyz") { [health] _, _ in
            let report = health.snapshot()
            return Self.response(report.isReady ? .ok : .serviceUnavailable, "application/json", report.json)
        }
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        return Application(
            router: router,
            server: listener.builder,
            configuration: .init(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { [logger] channel in
                await listener.opened(channel)
                logger.info("operations port is open", [.port: .integer(channel.localAddress?.port ?? 0)])
            },
            logger: quiet
        )
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
