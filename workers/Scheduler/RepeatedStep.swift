import Logging
import Penstock
import Telemetry

/// One thing a scheduler does again and again. A failure is tried again, ever later while it lasts; a loop that
/// stops turning makes the process unhealthy.
struct RepeatedStep: Sendable {
    /// What comes after a turn.
    enum Next: Sendable {
        case again, end
    }

    let name: String
    let interval: Duration
    let health: Health
    let outages: OutageLog
    let body: @Sendable () async throws -> Next

    /// How long one turn may take.
    private static let patience = Duration.seconds(60)

    func run() async {
        health.beat(check, within: interval + Self.patience)
        defer { health.retire(check) }
        var backoff = Backoff(first: interval)
        while !Task.isCancelled {
            var wait = interval
            do {
                let next = try await body()
                outages.worked(name)
                backoff.reset()
                if next == .end { return }
            } catch is CancellationError {
                return
            } catch {
                outages.failed(name, because: Store.behind(error) ?? name, error)
                wait = backoff.wait()
            }
            health.beat(check, within: interval + Self.patience)
            // Cancelled when the process stops, which ends the loop.
            try? await Task.sleep(for: wait)
        }
    }

    private var check: String { "scheduler.\(name)" }
}

/// Makes the steps of one process.
struct StepMaker: Sendable {
    let health: Health
    let outages: OutageLog

    /// A step that goes on for ever.
    func step(_ name: String, every interval: Duration, _ body: @escaping @Sendable () async throws -> Void)
        -> RepeatedStep
    {
        ending(name, every: interval) {
            try await body()
            return .again
        }
    }

    /// A step whose body says when it ends.
    func ending(
        _ name: String,
        every interval: Duration,
        _ body: @escaping @Sendable () async throws -> RepeatedStep.Next
    ) -> RepeatedStep {
        RepeatedStep(name: name, interval: interval, health: health, outages: outages, body: body)
    }
}
