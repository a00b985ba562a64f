import Penstock
import Testing

extension LedgerConformance {
    static let webhookEndpoints = [
        LedgerCheck("a webhook endpoint comes back as it was put", endpointRoundTrip),
        LedgerCheck("a webhook endpoint is replaced at its version only", endpointVersions),
        LedgerCheck("32 writers at two ledgers: every change of an endpoint counts once", endpointRace),
        LedgerCheck("webhook endpoints of a tenant, newest first, in pages", endpointPaging),
    ]

    private static func endpointRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let plain = Sample.endpoint()
        var full = Sample.endpoint("nul \u{0} ä", at: 1)
        full.eventTypes = Set(WebhookEventType.allCases)
        full.previousSecret = Secret("whsec_b2xk")
        full.previousSecretUntil = Sample.time(2)
        full.updatedAt = Sample.time(3)
        full.disable(.failing, at: Sample.time(4))
        full.failingSince = Sample.time(3)
        full.version = 5
        for endpoint in [plain, full] {
            try await ledger.insert(endpoint)
            #expect(try await ledger.webhookEndpoint(endpoint.id) == endpoint)
        }
        // A repeated insert changes nothing.
        var changed = plain
        changed.name = "other"
        try await ledger.insert(changed)
        #expect(try await ledger.webhookEndpoint(plain.id) == plain)
        #expect(try await ledger.webhookEndpoint("whe_unknown") == nil)
    }

    private static func endpointVersions(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let endpoint = Sample.endpoint()
        #expect(try await ledger.replace(endpoint) == nil)
        try await ledger.insert(endpoint)
        var changed = endpoint
        changed.name = "renamed"
        changed.url = "https://example.com/elsewhere"
        changed.eventTypes = [.batchFailed]
        changed.previousSecret = changed.secret
        changed.previousSecretUntil = Sample.time(100)
        changed.secret = Secret("whsec_bmV3")
        changed.updatedAt = Sample.time(1)
        changed.disable(.gone, at: Sample.time(2))
        let stored = try #require(try await ledger.replace(changed))
        changed.version = 1
        #expect(stored == changed)
        #expect(try await ledger.replace(endpoint) == nil)
        #expect(try await ledger.webhookEndpoint(endpoint.id) == stored)
        #expect(try await ledger.deleteWebhookEndpoint(endpoint.id))
        #expect(try await !ledger.deleteWebhookEndpoint(endpoint.id))
        #expect(try await ledger.replace(stored) == nil)
    }

    private static func endpointRace(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let endpoint = Sample.endpoint("")
        try await ledgers[0].insert(endpoint)
        _ = try await concurrently(32) { index in
            while true {
                var current = try #require(try await ledgers[index % 2].webhookEndpoint(endpoint.id))
                current.name += "x"
                if try await ledgers[index % 2].replace(current) != nil { return }
            }
        }
        #expect(try await ledgers[1].webhookEndpoint(endpoint.id)?.name.count == 32)
    }

    private static func endpointPaging(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let endpoints = (0..<5).map { Sample.endpoint("\($0)", at: Int64($0)) }
        for endpoint in endpoints.shuffled() { try await ledger.insert(endpoint) }
        try await ledger.insert(Sample.endpoint(at: 2, tenant: Sample.other))
        let first = try await ledger.webhookEndpoints(of: Sample.tenant, after: nil, limit: 2)
        #expect(first == [endpoints[4], endpoints[3]])
        let rest = try await ledger.webhookEndpoints(of: Sample.tenant, after: endpoints[3].id, limit: 10)
        #expect(rest == [endpoints[2], endpoints[1], endpoints[0]])
        // A cursor that is deleted meanwhile keeps its place.
        #expect(try await ledger.deleteWebhookEndpoint(endpoints[3].id))
        #expect(try await ledger.webhookEndpoints(of: Sample.tenant, after: endpoints[3].id, limit: 10) == rest)
    }
}
