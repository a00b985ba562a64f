import Hummingbird
import Logging
import NIOCore
import Redis
import ServiceLifecycle
import Telemetry

/// What every role serves to operators on a port of its own: `/metrics`, `/healthz` and `/readyz`.
struct OperationsServer: Service {
    let host: String
    let port: Int
    let health: Health
    let metrics: MetricsRegistry
    let logger: Logger

    func run() async throws {
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
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { [logger] channel in
                logger.info("operations port is open", [.port: .integer(channel.localAddress?.port ?? 0)])
            },
            logger: quiet
        )
        try await application.run()
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
