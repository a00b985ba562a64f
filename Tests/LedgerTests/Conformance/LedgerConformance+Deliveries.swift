import Penstock
import Testing

extension LedgerConformance {
    static let deliveries = [
        LedgerCheck("16 couriers at two ledgers: each delivery is leased once", exclusiveLeases),
        LedgerCheck("a lease that ends gives its delivery to the next courier", leaseEnd),
        LedgerCheck("an attempt's outcome is kept, and not without the lease", finishing),
        LedgerCheck("deliveries are leased earliest first, and not before they are due", dueOrder),
        LedgerCheck("destinations do not see each other", independentDestinations),
        LedgerCheck("deliveries to a destination that is gone end as failed", failing),
    ]

    private static func exclusiveLeases(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let ids = (0..<100).map { "wh_\($0)" }
        try await ledgers[0].dispatch([], as: ids.map { Sample.delivery($0) })
        let leased = try await concurrently(16) { index in
            var mine: [WebhookDelivery] = []
            while true {
                let some = try await ledgers[index % 2].lease(
                    to: "whe_1",
                    token: "t\(index)",
                    at: 0,
                    until: 100,
                    limit: 3
                )
                if some.isEmpty { return mine }
                #expect(some.allSatisfy { $0.leaseToken == "t\(index)" && $0.dueAt == Sample.time(100) })
                mine += some
            }
        }
        #expect(leased.flatMap { $0 }.map(\.id).sorted() == ids.sorted())
    }

    private static func leaseEnd(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await ledger.dispatch([], as: [Sample.delivery("wh_1")])
        let first = try #require(try await ledger.lease(to: "whe_1", token: "a", at: 0, until: 100).first)
        #expect(try await ledger.lease(to: "whe_1", token: "b", at: 99, until: 200).isEmpty)
        #expect(try await ledger.dueDestinations(at: Sample.time(99), after: nil, limit: 9).isEmpty)
        #expect(try await ledger.dueDestinations(at: Sample.time(100), after: nil, limit: 9) == ["whe_1"])
        let second = try #require(try await ledger.lease(to: "whe_1", token: "b", at: 100, until: 200).first)
        #expect(second.body == first.body && second.id == first.id && second.attempts == 0)
        #expect(try await !ledger.finish(ended(first, .delivered)))
        #expect(try await ledger.delivery("wh_1") == second)
        #expect(try await ledger.finish(ended(second, .delivered)))
    }

    private static func finishing(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await ledger.dispatch([], as: [Sample.delivery("wh_1")])
        #expect(try await !ledger.finish(ended(Sample.delivery("wh_1"), .delivered)))
        var leased = try #require(try await ledger.lease(to: "whe_1", token: "a", at: 0, until: 100).first)
        leased.attempts = 3
        leased.dueAt = Sample.time(50)
        leased.lastAttemptAt = Sample.time(7)
        leased.lastStatus = 503
        leased.lastError = "the receiver answered 503"
        #expect(try await ledger.finish(leased))
        #expect(try await !ledger.finish(leased))
        leased.leaseToken = nil
        #expect(try await ledger.delivery("wh_1") == leased)
        var last = try #require(try await ledger.lease(to: "whe_1", token: "b", at: 50, until: 100).first)
        last = ended(last, .delivered)
        #expect(try await ledger.finish(last))
        last.leaseToken = nil
        #expect(try await ledger.delivery("wh_1") == last)
        #expect(try await ledger.lease(to: "whe_1", token: "c", at: 1_000_000, until: 2_000_000).isEmpty)
        #expect(try await ledger.dueDestinations(at: Sample.time(1_000_000), after: nil, limit: 9).isEmpty)
    }

    private static func dueOrder(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let deliveries = (0..<5).map { Sample.delivery("wh_\(9 - $0)", dueAt: Int64($0 * 10)) }
        try await ledger.dispatch([], as: deliveries.shuffled())
        let nothing = WebhookBacklog(events: 0, due: 0, oldestDueAt: nil)
        #expect(try await ledger.webhookBacklog(at: Sample.time(-1)) == nothing)
        let backlog = WebhookBacklog(events: 0, due: 3, oldestDueAt: Sample.time(0))
        #expect(try await ledger.webhookBacklog(at: Sample.time(29)) == backlog)
        let two = try await ledger.lease(to: "whe_1", token: "a", at: 29, until: 1000, limit: 2)
        #expect(two.map(\.id) == ["wh_9", "wh_8"])
        #expect(try await ledger.lease(to: "whe_1", token: "a", at: 29, until: 1000).map(\.id) == ["wh_7"])
        #expect(try await ledger.lease(to: "whe_1", token: "a", at: 29, until: 1000).isEmpty)
    }

    private static func independentDestinations(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let names = ["whe_1", "whe_2", "whe_3", "whe_4"]
        for (number, name) in names.enumerated() {
            let deliveries = (0..<3).map { Sample.delivery("\(name)_\($0)", to: name, dueAt: number == 2 ? 50 : 0) }
            try await ledger.dispatch([], as: deliveries)
        }
        #expect(try await ledger.dueDestinations(at: Sample.start, after: nil, limit: 2) == ["whe_1", "whe_2"])
        #expect(try await ledger.dueDestinations(at: Sample.start, after: "whe_2", limit: 2) == ["whe_4"])
        #expect(try await ledger.dueDestinations(at: Sample.start, after: "whe_4", limit: 2).isEmpty)
        #expect(try await ledger.lease(to: "whe_1", token: "a", at: 0, until: 100).count == 3)
        #expect(try await ledger.dueDestinations(at: Sample.start, after: nil, limit: 9) == ["whe_2", "whe_4"])
        #expect(try await ledger.dueDestinations(at: Sample.time(50), after: nil, limit: 9) == Array(names.dropFirst()))
    }

    private static func failing(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await ledger.dispatch([], as: (0..<3).map { Sample.delivery("wh_\($0)", dueAt: Int64($0)) })
        try await ledger.dispatch([], as: [Sample.delivery("wh_other", to: "whe_2")])
        let leased = try await ledger.lease(to: "whe_1", token: "a", at: 1, until: 100)
        #expect(try await ledger.finish(ended(leased[0], .delivered)))
        #expect(try await ledger.failDeliveries(to: "whe_1", reason: "gone") == 2)
        #expect(try await ledger.failDeliveries(to: "whe_1", reason: "gone") == 0)
        #expect(try await ledger.delivery("wh_0")?.state == .delivered)
        // One that is on its way ends too; its courier finds the lease gone.
        #expect(try await !ledger.finish(ended(leased[1], .delivered)))
        for id in ["wh_1", "wh_2"] {
            let failed = try #require(try await ledger.delivery(id))
            #expect(failed.state == .failed && failed.lastError == "gone" && failed.leaseToken == nil)
        }
        #expect(try await ledger.delivery("wh_other")?.state == .pending)
        #expect(try await ledger.dueDestinations(at: Sample.time(1000), after: nil, limit: 9) == ["whe_2"])
    }

    private static func ended(_ delivery: WebhookDelivery, _ state: WebhookDelivery.State) -> WebhookDelivery {
        var ended = delivery
        ended.state = state
        ended.attempts += 1
        ended.lastAttemptAt = Sample.time(60)
        ended.lastStatus = 200
        ended.lastError = nil
        return ended
    }
}

extension WebhookLedger {
    /// `leaseDeliveries`, with times in milliseconds after `Sample.start`.
    func lease(to destination: String, token: String, at now: Int64, until end: Int64, limit: Int = 10) async throws
        -> [WebhookDelivery]
    {
        try await leaseDeliveries(
            to: destination,
            token: token,
            at: Sample.time(now),
            until: Sample.time(end),
            limit: limit
        )
    }
}
