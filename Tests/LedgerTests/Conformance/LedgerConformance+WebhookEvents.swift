import Penstock
import Testing

extension LedgerConformance {
    static let webhookEvents = [
        LedgerCheck("64 callers at two ledgers: one event, of the decision that won", oneEvent),
        LedgerCheck("a job's event carries its own webhook; lines of a batch have no event", eventsOfJobs),
        LedgerCheck("a batch's event is kept by the write that ends it, once", eventsOfBatches),
        LedgerCheck("a dispatched event is forgotten and its deliveries are put once", dispatching),
        LedgerCheck("events are read oldest first, so many as asked for", eventOrder),
    ]

    private static func oneEvent(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let job = Sample.job()
        let rows = (0..<64).map { index in
            index.isMultiple(of: 2)
                ? Sample.succeeded(job, at: Int64(index)) : Sample.ended(job, .cancelled, at: Int64(index))
        }
        let decisions = try await concurrently(64) { index in
            try await ledgers[index % 2].record(Completion(attempt: nil, terminal: rows[index]))
        }
        let winner = rows[try #require(decisions.firstIndex(of: .won))]
        #expect(try await ledgers[0].undispatchedEvents(limit: 10) == [try #require(WebhookEvent(winner))])
        try await ledgers[1].dispatch([try #require(WebhookEvent(winner))], as: [])
        // The winner repeats what it got no answer to: it has won, and is not told of again.
        #expect(try await ledgers[0].decide([winner]) == [.won])
        #expect(try await ledgers[0].undispatchedEvents(limit: 10).isEmpty)
    }

    private static func eventsOfJobs(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var job = Sample.job()
        job.webhook = Sample.target
        let line = Sample.line(BatchID("batch_1"), 1)
        let plain = Sample.job(at: 1)
        let rows = [Sample.succeeded(line), Sample.ended(plain, .expired, at: 1), Sample.ended(job, .failed, at: 2)]
        _ = try await ledger.decide(rows)
        let events = try await ledger.undispatchedEvents(limit: 10)
        #expect(events == [try #require(WebhookEvent(rows[1])), try #require(WebhookEvent(rows[2]))])
        #expect(events.map(\.target) == [nil, Sample.target])
        #expect(events.map(\.type) == [.jobExpired, .jobFailed])
        // A job that waits for Redis to come back keeps its webhook.
        var accepted = Sample.job(at: 5)
        accepted.webhook = Sample.target
        try await ledger.accept(accepted, body: [1], pool: Sample.pool)
        #expect(try await ledger.acceptedJob(accepted.id)?.webhook == Sample.target)
    }

    private static func eventsOfBatches(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var batch = Sample.batch()
        batch.webhook = Sample.target
        try await ledger.insert(batch)
        batch.start(total: 1, linesPerPool: [Sample.pool: 1], model: nil, at: Sample.time(1))
        var running = try #require(try await ledger.replace(batch))
        #expect(running.webhook == Sample.target)
        #expect(try await ledger.undispatchedEvents(limit: 10).isEmpty)
        running.fail([], at: Sample.time(2))
        var late = running
        late.version -= 1
        #expect(try await ledger.replace(late) == nil)
        #expect(try await ledger.undispatchedEvents(limit: 10).isEmpty)
        let ended = try #require(try await ledger.replace(running))
        let event = try #require(WebhookEvent(ended))
        #expect(event.type == .batchFailed && event.target == Sample.target)
        #expect(try await ledger.undispatchedEvents(limit: 10) == [event])
        try await ledger.dispatch([event], as: [])
        // Whoever writes once more finds the batch ended already.
        #expect(try await ledger.replace(ended) != nil)
        #expect(try await ledger.undispatchedEvents(limit: 10).isEmpty)
    }

    private static func dispatching(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let rows = (0..<3).map { Sample.succeeded(Sample.job(at: Int64($0)), at: Int64($0)) }
        _ = try await ledgers[0].decide(rows)
        let events = rows.compactMap { WebhookEvent($0) }
        var delivery = Sample.delivery("wh_1")
        delivery.endpoint = nil
        delivery.target = Sample.target
        _ = try await concurrently(8) { [delivery] index in
            try await ledgers[index % 2].dispatch(Array(events.prefix(2)), as: [delivery, Sample.delivery("wh_2")])
        }
        #expect(try await ledgers[1].undispatchedEvents(limit: 10) == [events[2]])
        #expect(try await ledgers[1].delivery("wh_1") == delivery)
        #expect(try await ledgers[1].delivery("wh_2") == Sample.delivery("wh_2"))
        #expect(try await ledgers[1].delivery("wh_3") == nil)
        // An event that is dispatched again leaves a delivery alone that went on meanwhile.
        let leased = try await ledgers[0].lease(to: "whe_1", token: "a", at: 0, until: 100)
        #expect(leased.count == 2)
        try await ledgers[1].dispatch(events, as: [delivery])
        #expect(try await ledgers[1].delivery("wh_1")?.leaseToken == "a")
        #expect(try await ledgers[1].undispatchedEvents(limit: 10).isEmpty)
    }

    private static func eventOrder(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let rows = (0..<5).map { Sample.succeeded(Sample.job(at: Int64(9 - $0)), at: Int64($0)) }
        _ = try await ledger.decide(rows.shuffled())
        let events = rows.compactMap { WebhookEvent($0) }
        #expect(try await ledger.undispatchedEvents(limit: 3) == Array(events.prefix(3)))
        #expect(try await ledger.webhookBacklog(at: Sample.start).events == 5)
    }
}
