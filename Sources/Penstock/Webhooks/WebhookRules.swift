/// What the settings allow callers to register.
package struct WebhookRules: Sendable, Equatable {
    /// Endpoints without TLS.
    package var allowsHTTP: Bool
    /// A webhook given with a single job or batch.
    package var allowsOwnTargets: Bool
    /// Most endpoints per tenant.
    package var maxEndpoints: Int

    package init(allowsHTTP: Bool = false, allowsOwnTargets: Bool = false, maxEndpoints: Int = 20) {
        self.allowsHTTP = allowsHTTP
        self.allowsOwnTargets = allowsOwnTargets
        self.maxEndpoints = maxEndpoints
    }
}
