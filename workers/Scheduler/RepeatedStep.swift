import Logging
import Penstock
import Telemetry

/// One thing a scheduler does again and again. A failure is logged and tried again at the next turn; a loop that
/// stops turning makes the process unhealthy.
struct RepeatedStep: Sendable {
    let name: String
    let interval: Duration
    let health: Health
    let logger: Logger
    let body: @Sendable () async throws -> Void

    func run() async {
        while !Task.isCancelled {
            do {
                try await body()
            } catch is CancellationError {
                return
            } catch {
                logger.error("scheduler step failed", [.name: .text(name), .error: .text("\(error)")])
            }
            health.beat("scheduler.\(name)", within: interval + .seconds(60))
            // Cancelled when the process stops, which ends the loop.
            try? await Task.sleep(for: interval)
        }
    }
}
