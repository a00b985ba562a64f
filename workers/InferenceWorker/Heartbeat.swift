import Logging
import Penstock
import Telemetry

/// Renews all leases of the process, whatever the length of their calls.
struct Heartbeat: Sendable {
    let consumer: ConsumerName
    let queues: [any JobQueue]
    let leases: HeldLeases
    let lease: Duration
    let health: Health
    let logger: Logger

    func run() async {
        while !Task.isCancelled {
            await beat()
            health.beat("worker.heartbeat", within: lease * 3)
            // Cancelled when the worker is done.
            try? await Task.sleep(for: lease / 3)
        }
    }

    private func beat() async {
        for queue in queues {
            let held = leases.all.filter { $0.pool == queue.pool }
            guard !held.isEmpty else { continue }
            let moment = ContinuousClock.now
            do {
                let losses = try await queue.renew(held, for: consumer)
                let lost = Set(losses.map(\.lease))
                leases.renewed(held.filter { !lost.contains($0) }, at: moment)
                for loss in losses { leases.lose(loss.lease) }
            } catch {
                logger.error("leases could not be renewed", [.error: .text("\(error)"), .count: .integer(held.count)])
            }
        }
    }
}
