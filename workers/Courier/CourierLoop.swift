import Logging
import Penstock
import Telemetry

/// One thing a courier does again and again: at once while there is more, else after `interval`. A failure is logged and
/// tried again; a loop that stops turning makes the process unhealthy.
struct CourierLoop: Sendable {
    let name: String
    let interval: Duration
    let health: Health
    let logger: Logger
    /// - Returns: whether there is more to do at once.
    let body: @Sendable () async throws -> Bool

    func run() async {
        health.beat(name, within: interval + .seconds(60))
        defer { health.retire(name) }
        while !Task.isCancelled {
            var hasMore = false
            do {
                hasMore = try await body()
            } catch is CancellationError {
                return
            } catch {
                logger.error("courier step failed", [.name: .text(name)], error: error)
            }
            health.beat(name, within: interval + .seconds(60))
            if hasMore { continue }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }
}
