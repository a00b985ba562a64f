import Penstock
import ServiceLifecycle
import Telemetry

/// Tells health whether results that wait for the ledger have filled a pool's spool: its workers take nothing then.
struct SpoolWatch: Service {
    private static let interval = Duration.seconds(2)
    /// The load is asked for as of now; what falls due is of no interest.
    private static let horizons = [Duration.seconds(1)]

    let queues: [any JobQueue]
    let most: Int
    let health: Health

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await turn()
                // Cancelled when the process stops, which ends the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func turn() async {
        var full: [String] = []
        for queue in queues {
            // A queue that does not answer is told of by its own check.
            guard let load = try? await queue.load(due: Self.horizons) else { return }
            if Self.isFull(load.spooledBytes, of: most) { full.append(queue.pool.text) }
        }
        let reason = "the ledger is away and the spool is full: \(full.joined(separator: ", "))"
        health.set("spool", full.isEmpty ? .ready : .notReady(reason))
    }

    /// The next result hardly ever fits exactly.
    static func isFull(_ bytes: Int, of most: Int) -> Bool { bytes >= most - most / 10 }
}
