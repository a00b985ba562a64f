import Penstock
import Testing

extension LedgerConformance {
    static let tenants = [
        LedgerCheck("tenants keep their date of creation when their settings change", tenantSettings),
        LedgerCheck("keys are found by hash, listed by tenant, revoked once", keys),
        LedgerCheck("a write that fails takes no neighbour with it", failingNeighbours),
    ]

    private static func tenantSettings(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let first = TenantRecord(id: Sample.tenant, policy: TenantPolicy(), createdAt: Sample.time(1))
        let second = TenantRecord(
            id: Sample.other,
            policy: Sample.fullPolicy,
            retentionDays: 7,
            createdAt: Sample.time(2)
        )
        try await ledger.put(second)
        try await ledger.put(first)
        #expect(try await ledger.tenants() == [first, second])
        let policy = TenantPolicy(weight: 5, maxRunning: 9)
        try await ledger.put(TenantRecord(id: Sample.tenant, policy: policy, createdAt: Sample.time(3)))
        let changed = TenantRecord(id: Sample.tenant, policy: policy, createdAt: Sample.time(1))
        #expect(try await ledger.tenant(Sample.tenant) == changed)
        #expect(try await ledger.tenant(TenantID(trusted: "nobody")) == nil)
        try await ledger.put(TenantRecord(id: Sample.other, policy: policy, createdAt: Sample.time(4)))
        #expect(try await ledger.tenant(Sample.other)?.policy == policy)
    }

    static func key(_ name: String, tenant: TenantID = Sample.tenant, hash: String? = nil) -> APIKeyRecord {
        APIKeyRecord(
            id: "key_\(name)",
            hash: hash ?? "hash-\(name)",
            tenant: tenant,
            name: "key \(name)",
            isAdmin: name == "a",
            classes: name == "a" ? [] : [.batch, .interactive],
            createdAt: Sample.time(name == "a" ? 2 : 1)
        )
    }

    private static func keys(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let records = [key("a"), key("b"), key("c", tenant: Sample.other)]
        for record in records { try await ledger.insert(record) }
        try await ledger.insert(records[0])
        for record in records { #expect(try await ledger.apiKey(hash: record.hash) == record) }
        #expect(try await ledger.apiKey(hash: "hash-unknown") == nil)
        #expect(try await ledger.apiKeys(of: Sample.tenant) == [records[1], records[0]])
        #expect(try await ledger.apiKeys(of: nil) == [records[1], records[2], records[0]])
        #expect(try await ledger.revokeAPIKey("key_a", at: Sample.time(50)))
        #expect(try await ledger.revokeAPIKey("key_a", at: Sample.time(60)))
        #expect(try await ledger.apiKey(hash: "hash-a")?.revokedAt == Sample.time(50))
        #expect(try await !ledger.revokeAPIKey("key_unknown", at: Sample.time(50)))
    }

    private static func failingNeighbours(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await ledger.insert(key("first", hash: "taken"))
        let isStored = try await concurrently(60) { index in
            do {
                try await ledger.insert(key("\(index)", hash: index.isMultiple(of: 5) ? "taken" : nil))
                return true
            } catch is LedgerUnavailable {
                return false
            }
        }
        #expect(isStored == (0..<60).map { !$0.isMultiple(of: 5) })
        #expect(try await ledger.apiKeys(of: nil).count == 49)
        #expect(try await ledger.apiKey(hash: "taken")?.id == "key_first")
    }
}
