import Logging
import Penstock
import Telemetry

/// One thing a courier does again and again: at once while there is more, else after `interval`. A failure is
/// tried again, and the process is not ready until then; a loop that stops turning makes the process unhealthy.
struct CourierLoop: Sendable {
    private static let check = "ledger"

    let name: String
    let interval: Duration
    let health: Health
    let outages: OutageLog
    /// - Returns: whether there is more to do at once.
    let body: @Sendable () async throws -> Bool

    func run() async {
        health.beat(name, within: interval + .seconds(60))
        defer { health.retire(name) }
        var backoff = Backoff(first: interval)
        while !Task.isCancelled {
            var hasMore = false
            var wait = interval
            do {
                hasMore = try await body()
                health.set(Self.check, .ready)
                outages.worked(name)
                backoff.reset()
            } catch is CancellationError {
                return
            } catch {
                health.set(Self.check, .notReady("the ledger does not answer"))
                outages.failed(name, because: Store.behind(error) ?? name, error)
                wait = backoff.wait()
            }
            health.beat(name, within: interval + .seconds(60))
            if hasMore { continue }
            do { try await Task.sleep(for: wait) } catch { return }
        }
    }
}
