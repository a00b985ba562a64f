import CoreMetrics
import Queue
import Redis
import ServiceLifecycle
import Telemetry

/// Tells health and metrics whether Redis answers and takes work: neither must go unnoticed.
struct RedisWatch: Service {
    private static let interval = Duration.seconds(1)

    let redis: RedisClient
    let health: Health
    let factory: any MetricsFactory

    func run() async throws {
        let connected = Gauge(label: "penstock_redis_connected", factory: factory)
        let writable = Gauge(label: "penstock_redis_writable", factory: factory)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let state = await RedisReadiness.of(redis)
                health.set("redis", state.check)
                connected.record(state.isAnswering ? 1 : 0)
                writable.record(state == .ready ? 1 : 0)
                // Cancelled when the process stops, which ends the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}

extension RedisReadiness {
    fileprivate var isAnswering: Bool {
        if case .away = self { false } else { true }
    }

    fileprivate var check: Health.Check {
        switch self {
        case .ready: .ready
        case .refuses(let reason), .away(let reason): .notReady(reason)
        }
    }
}
