import Penstock
import Testing

extension LedgerConformance {
    static let costs = [
        LedgerCheck("costs add up in every grouping", costGroupings),
        LedgerCheck("costs: since is included, until is not", costRange),
        LedgerCheck("costs of an empty ledger", noCosts),
    ]

    private static func costGroupings(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batch = BatchID("batch_c")
        var plain = Sample.job(tenant: Sample.other)
        plain.tags = JobTags()
        plain.model = "mail"
        // 1 700 000 000 s is 2023-11-14 22:13:20 UTC.
        let rows = [
            Sample.attempt(of: Sample.job(), at: 0, cost: Nanodollars(1)),
            Sample.attempt(of: Sample.line(batch, 1), at: 6_400_000, cost: Nanodollars(20)),
            Sample.attempt(of: plain, at: 6_400_000, outcome: .unknown, usage: nil, cost: nil),
        ]
        for row in rows { _ = try await ledger.record(Completion(attempt: row, terminal: nil)) }
        func lines(_ grouping: CostGrouping, _ tenant: TenantID? = nil) async throws -> [String] {
            try await ledger.costs(of: tenant, since: nil, until: nil, by: grouping)
                .map { "\($0.key):\($0.calls):\($0.usage.output):\($0.cost.value):\($0.unknownCosts)" }
        }
        #expect(try await lines(.total) == [":3:10:21:1"])
        #expect(try await lines(.tenant) == ["acme:2:10:21:0", "umbrella:1:0:0:1"])
        #expect(try await lines(.model) == ["mail:1:0:0:1", "prod.chat:2:10:21:0"])
        #expect(try await lines(.feature) == [":1:0:0:1", "search:2:10:21:0"])
        #expect(try await lines(.customer) == [":1:0:0:1", "c-1:2:10:21:0"])
        #expect(try await lines(.batch) == [":2:5:1:1", "batch_c:1:5:20:0"])
        #expect(try await lines(.day) == ["2023-11-14:1:5:1:0", "2023-11-15:2:5:20:1"])
        #expect(try await lines(.total, Sample.tenant) == [":2:10:21:0"])
        let total = try await ledger.costs(of: Sample.tenant, since: nil, until: nil, by: .total)
        #expect(total.first?.usage == Usage(input: 20, cachedInput: 8, cacheWrite: 6, output: 10, reasoning: 4))
    }

    private static func costRange(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for time in [100, 200, 300] as [Int64] {
            let row = Sample.attempt(of: Sample.job(at: time), at: time, cost: Nanodollars(time))
            _ = try await ledger.record(Completion(attempt: row, terminal: nil))
        }
        for tenant in [nil, Sample.tenant] {
            let lines = try await ledger.costs(of: tenant, since: Sample.time(100), until: Sample.time(300), by: .total)
            #expect(lines.map(\.cost) == [Nanodollars(300)])
            let open = try await ledger.costs(of: tenant, since: Sample.time(101), until: nil, by: .total)
            #expect(open.map(\.cost) == [Nanodollars(500)])
        }
    }

    private static func noCosts(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for grouping in CostGrouping.allCases {
            #expect(try await ledger.costs(of: nil, since: nil, until: nil, by: grouping) == [])
        }
    }
}
