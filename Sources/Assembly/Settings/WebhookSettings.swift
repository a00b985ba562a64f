package import Penstock

/// The `webhooks` section, as far as sending goes; what may be registered is `IntakeConfiguration.webhooks`.
package struct WebhookSettings: Sendable {
    /// What an attempt's outcome may take to be written, on top of the attempt.
    private static let bookkeepingTime = Duration.seconds(25)

    package var couriers: Int
    package var allowsPrivateAddresses: Bool
    package var allowsHTTP: Bool
    package var timeout: Duration
    package var concurrency: Int
    package var concurrencyPerDestination: Int
    package var schedule: WebhookSchedule
    package var patience: Duration

    /// How long a delivery belongs to a courier.
    package var lease: Duration { timeout + Self.bookkeepingTime }
}

extension WebhookSettings {
    init(_ values: ScalarSettings) {
        couriers = values.integer("webhooks.couriers")
        allowsPrivateAddresses = values.flag("webhooks.allow_private_addresses")
        allowsHTTP = values.flag("webhooks.allow_http")
        timeout = .seconds(values.integer("webhooks.timeout_seconds"))
        concurrency = values.integer("webhooks.concurrency")
        concurrencyPerDestination = values.integer("webhooks.concurrency_per_destination")
        let scale = values.integer("webhooks.retry_scale_per_mille")
        schedule = WebhookSchedule(scale: Double(scale) / 1000)
        patience = .milliseconds(values.integer("webhooks.disable_after_hours") * 3600 * scale)
    }
}
