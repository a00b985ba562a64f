import CoreMetrics
import Redis
import ServiceLifecycle
import Telemetry

/// Tells health and metrics whether Redis answers: a lost connection must not go unnoticed.
struct RedisWatch: Service {
    private static let interval = Duration.seconds(1)

    let redis: RedisClient
    let health: Health
    let factory: any MetricsFactory

    func run() async throws {
        let connected = Gauge(label: "penstock_redis_connected", factory: factory)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let problem = await self.problem()
                health.set("redis", problem.map { .notReady($0) } ?? .ready)
                connected.record(problem == nil ? 1 : 0)
                // Cancelled when the process stops, which ends the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func problem() async -> String? {
        do {
            _ = try await redis.send("PING", timeout: .seconds(2))
            return nil
        } catch {
            return error.description
        }
    }
}
