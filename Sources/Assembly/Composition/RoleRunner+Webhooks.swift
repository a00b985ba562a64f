import Courier
import Logging
import Penstock
import Webhooks

extension RoleRunner {
    /// Without Redis: what is due is in the ledger, and is delivered while Redis is down.
    func runCourier() async throws {
        let opened = try OpenLedger(settings, logger: logger)
        let dependencies = CourierDependencies(
            ledger: opened.ledger,
            sender: try webhookSender(),
            clock: .system,
            health: health,
            metrics: metrics
        )
        let configuration = CourierConfiguration(
            concurrency: settings.webhooks.concurrency,
            concurrencyPerDestination: settings.webhooks.concurrencyPerDestination,
            lease: settings.webhooks.lease,
            schedule: settings.webhooks.schedule,
            patience: settings.webhooks.patience
        )
        try await serve([CourierService(configuration: configuration, dependencies: dependencies, logger: logger)])
        try await opened.close()
        logger.notice("stopped")
    }

    func webhookSender() throws -> any WebhookSender {
        try FetchWebhookSender(
            timeout: settings.webhooks.timeout,
            allowsHTTP: settings.webhooks.allowsHTTP,
            allowsPrivateAddresses: settings.webhooks.allowsPrivateAddresses,
            maxConnections: settings.webhooks.concurrency,
            userAgent: "Penstock-Webhooks/\(PenstockVersion.text)",
            logger: quiet
        )
    }
}
