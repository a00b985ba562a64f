import Penstock

/// Finds destinations with something due: retries, what other couriers dispatched, and what dead ones left.
struct DueSweep: Sendable {
    private static let page = 500

    let ledger: any WebhookLedger
    let clock: WallClock
    let announce: @Sendable (String) -> Void

    /// Goes through all destinations once.
    func round() async throws {
        var cursor: String?
        while true {
            let page = try await ledger.dueDestinations(at: clock.now(), after: cursor, limit: Self.page)
            for destination in page { announce(destination) }
            guard page.count == Self.page else { return }
            cursor = page.last
        }
    }
}
