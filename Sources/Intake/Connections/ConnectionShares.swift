/// What of the connections one tenant, and one kind of request, may hold, so that some are left for everybody's short
/// requests: however many descriptors there are.
struct ConnectionShares: Sendable {
    /// Those of the whole server.
    let connections: Int

    /// Requests of any kind.
    func requests(_ configuration: IntakeConfiguration) -> TenantPlaces {
        TenantPlaces(
            perTenant: configuration.maxRequestsPerTenant ?? part(2),
            total: .max,
            code: "too_many_requests",
            message: "Your tenant has too many requests under way at once. Try again when some have ended.",
            retryAfter: 2
        )
    }

    /// Those that wait for the end of a job.
    func waits(_ configuration: IntakeConfiguration) -> TenantPlaces {
        TenantPlaces(
            perTenant: min(configuration.maxWaitsPerTenant, part(4)),
            total: min(configuration.maxWaits, part(2)),
            code: "too_many_waits",
            message: "Too many requests wait for the end of a job. Ask without `wait`, from time to time.",
            retryAfter: 5
        )
    }

    /// Event streams of one kind that are open: each looks at the queue or the ledger once a second.
    func streams() -> TenantPlaces {
        TenantPlaces(
            perTenant: min(100, part(8)),
            total: min(1000, part(8)),
            code: "too_many_event_streams",
            message: "Too many event streams are open. Close some, or look at the object from time to time.",
            retryAfter: 15
        )
    }

    private func part(_ divisor: Int) -> Int { max(connections / divisor, 1) }
}
