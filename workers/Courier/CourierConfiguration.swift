package import Penstock

/// How a courier process works.
package struct CourierConfiguration: Sendable {
    /// Attempts at once.
    package var concurrency: Int
    /// Attempts at once to one destination, once it takes what it gets.
    package var concurrencyPerDestination: Int
    /// How long a delivery belongs to the courier that took it; longer than the longest attempt.
    package var lease: Duration
    package var schedule: WebhookSchedule
    /// How long an endpoint may take nothing before it is disabled.
    package var patience: Duration
    /// How often an idle courier looks for work.
    package var interval: Duration
    /// How long attempts under way may go on after the stop signal; then they are handed back.
    package var drain: Duration

    package init(
        concurrency: Int = 256,
        concurrencyPerDestination: Int = 8,
        lease: Duration = .seconds(45),
        schedule: WebhookSchedule = WebhookSchedule(),
        patience: Duration = .seconds(5 * 86_400),
        interval: Duration = .seconds(1),
        drain: Duration = .seconds(5)
    ) {
        self.concurrency = concurrency
        self.concurrencyPerDestination = concurrencyPerDestination
        self.lease = lease
        self.schedule = schedule
        self.patience = patience
        self.interval = interval
        self.drain = drain
    }
}
