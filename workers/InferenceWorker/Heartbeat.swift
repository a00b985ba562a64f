import Logging
import Penstock
import Telemetry

/// Renews all leases of the process, whatever the length of their calls.
struct Heartbeat: Sendable {
    private static let step = "renew leases"

    let consumer: ConsumerName
    let queues: [any JobQueue]
    let leases: HeldLeases
    let lease: Duration
    let health: Health
    let outages: OutageLog

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
                outages.worked(Self.step)
            } catch {
                outages.failed(Self.step, because: Store.behind(error) ?? Self.step, error)
            }
        }
    }
}
