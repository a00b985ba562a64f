import Logging
import Penstock
import Telemetry

/// Sends what is due to one destination, and ends when there is nothing more.
///
/// It begins with one attempt at a time, doubles with every success up to the limit, and halves with every failure. So a
/// receiver that is down or does not answer occupies one place, not its share.
struct Lane: Sendable {
    private static let step = "lease webhooks"

    let destination: String
    let ledger: any WebhookLedger
    let slots: SendSlots
    let board: LaneBoard
    let attempt: DeliveryAttempt
    let configuration: CourierConfiguration
    let clock: WallClock
    let outages: OutageLog

    func run() async {
        await withTaskGroup(of: Bool.self) { group in
            var underWay = 0
            var allowed = 1
            while true {
                // Half a load at least, so that not every attempt costs a lease of its own.
                if underWay * 2 <= allowed, board.takesMore(destination, at: clock.now()) {
                    for delivery in await lease(atMost: max(1, allowed - underWay)) {
                        underWay += 1
                        group.addTask { await send(delivery) }
                    }
                }
                guard underWay > 0 else {
                    if board.end(destination, at: clock.now()) { return }
                    continue
                }
                let isDelivered = await group.next() ?? false
                underWay -= 1
                allowed = isDelivered ? min(allowed * 2, configuration.concurrencyPerDestination) : max(1, allowed / 2)
            }
        }
    }

    private var tenant: TenantID { WebhookDelivery.tenant(of: destination) }

    private func send(_ delivery: WebhookDelivery) async -> Bool {
        defer { slots.release(1, of: tenant) }
        return await attempt.run(delivery)
    }

    /// Each delivery comes with a place, so that a lease never waits for one.
    private func lease(atMost most: Int) async -> [WebhookDelivery] {
        board.looks(for: destination)
        let places = await slots.take(atMost: most, for: tenant)
        // While it waited for a place, much may have happened.
        guard places > 0 else { return [] }
        let leased = board.isOpen(destination, at: clock.now()) ? await lease(exactly: places) : []
        slots.release(places - leased.count, of: tenant)
        if leased.count == places { board.foundPlenty(for: destination) }
        return leased
    }

    private func lease(exactly limit: Int) async -> [WebhookDelivery] {
        let now = clock.now()
        do {
            let leased = try await ledger.leaseDeliveries(
                to: destination,
                token: IDGenerator.attempt().text,
                at: now,
                until: now.adding(configuration.lease),
                limit: limit
            )
            outages.worked(Self.step)
            return leased
        } catch {
            // The next sweep finds the destination again.
            outages.failed(Self.step, because: Store.behind(error) ?? Self.step, error)
            return []
        }
    }
}
