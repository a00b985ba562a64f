import Penstock
import Testing

extension LedgerConformance {
    static let retention = [
        LedgerCheck("old single jobs go, with their rows only; costs stay", oldJobs),
        LedgerCheck("a batch goes with its rows and views, and nothing else does", wholeBatch),
        LedgerCheck("one row goes by its job's id", oneRow),
        LedgerCheck("ended deliveries go by age, pending ones stay", oldDeliveries),
        LedgerCheck("files whose time is over, and idempotency keys by age", filesAndKeys),
        LedgerCheck("batches of messages are paged both ways, others are none of them", messagePages),
        LedgerCheck("finished jobs by tags and time", selectedJobs),
        LedgerCheck("deliveries are listed, filtered and replayed", deliveryLog),
    ]

    private static func oldJobs(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = (0..<5).map { Sample.job(at: Int64($0) * 1000) }
        for job in jobs {
            _ = try await ledger.record(
                Completion(
                    attempt: Sample.attempt(of: job),
                    terminal: Sample.succeeded(job, at: job.createdAt.offset + 500)
                )
            )
        }
        _ = try await ledger.decide([Sample.succeeded(Sample.job(tenant: Sample.other), at: 1)])
        // Made before the moment, and ended after it: younger.
        let late = Sample.job(at: 100)
        _ = try await ledger.decide([Sample.succeeded(late, at: 60_000)])
        #expect(try await ledger.deleteFinishedJobs(of: Sample.tenant, before: Sample.time(2500), limit: 2) == 2)
        #expect(try await ledger.deleteFinishedJobs(of: Sample.tenant, before: Sample.time(2500), limit: 2) == 0)
        let left = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 10).map(\.job)
        #expect(Set(left) == Set([late.id] + jobs[2...].map(\.id)))
        #expect(try await ledger.attempts(of: jobs[0].id).count == 1)
        #expect(try await ledger.finishedJobs(of: Sample.other, state: nil, after: nil, limit: 10).count == 1)
    }

    private static func wholeBatch(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var batches = [Sample.batch(at: 1), Sample.batch(at: 2)]
        for index in batches.indices {
            let view = FileRecord(.output, of: batches[index], bytes: 5, createdAt: Sample.start, expiresAt: nil)
            batches[index].outputFile = view.id
            try await ledger.insert(view)
            try await ledger.insert(batches[index])
            let lines = (1...7).map { Sample.line(batches[index].id, $0) }
            _ = try await ledger.decide(lines.map { Sample.succeeded($0) })
        }
        try await ledger.delete(batches[0])
        #expect(try await ledger.batch(batches[0].id) == nil)
        #expect(try await ledger.batch(batches[1].id) != nil)
        #expect(try await ledger.rows(of: batches[0].id, .output, afterLine: 0, limit: 10).isEmpty)
        #expect(try await ledger.rows(of: batches[1].id, .output, afterLine: 0, limit: 10).count == 7)
        let views = [FileID(.output, of: batches[0].id), FileID(.output, of: batches[1].id)]
        #expect(try await ledger.file(views[0]) == nil)
        #expect(try await ledger.file(views[1]) != nil)
    }

    private static func oneRow(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = [Sample.job(at: 1), Sample.job(at: 2)]
        _ = try await ledger.decide(jobs.map { Sample.succeeded($0) })
        #expect(try await ledger.deleteRow(of: jobs[0].id))
        #expect(try await !ledger.deleteRow(of: jobs[0].id))
        #expect(try await ledger.terminalRow(of: jobs[0].id) == nil)
        #expect(try await ledger.terminalRow(of: jobs[1].id) != nil)
        // The call of a cancelled one may still be under way.
        let cancelled = Sample.job(at: 3)
        _ = try await ledger.decide([Sample.ended(cancelled, .cancelled)])
        #expect(try await ledger.deleteRow(of: cancelled.id))
        let late = Completion(attempt: Sample.attempt(of: cancelled), terminal: Sample.succeeded(cancelled))
        #expect(try await ledger.record(late) == .lost(to: .cancelled))
        let row = try #require(try await ledger.terminalRow(of: cancelled.id))
        #expect(row.isDeleted && row.response == nil && row.metadata.isEmpty)
        let listed = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 10)
        #expect(listed.map(\.job) == [jobs[1].id])
    }

    private static func oldDeliveries(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var ended = (0..<3).map { Sample.delivery("wh_\($0)") }
        for index in ended.indices {
            ended[index].createdAt = Sample.time(Int64(index) * 1000)
            ended[index].state = .delivered
        }
        let pending = Sample.delivery("wh_pending")
        try await ledger.dispatch([], as: ended + [pending])
        let gone = try await ledger.deleteEndedDeliveries(of: Sample.tenant, before: Sample.time(1500), limit: 10)
        #expect(gone == 2)
        #expect(try await ledger.delivery("wh_2") != nil)
        #expect(try await ledger.delivery("wh_pending") != nil)
    }

    private static func filesAndKeys(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let files = [Sample.file(at: 0), Sample.file(at: 5000)]
        for file in files { try await ledger.insert(file) }
        #expect(try await ledger.expiredFiles(at: Sample.time(1000), limit: 10) == [files[0].id])
        #expect(try await ledger.expiredFiles(at: Sample.time(999), limit: 10).isEmpty)
        func key(_ name: String) -> IdempotencyKey {
            IdempotencyKey(tenant: Sample.tenant, scope: "job", key: name, requestHash: "h")
        }
        _ = try await ledger.reserve(key("old"), for: "a", at: Sample.time(0))
        _ = try await ledger.reserve(key("new"), for: "b", at: Sample.time(1000))
        #expect(try await ledger.forgetIdempotencyKeys(before: Sample.time(500)) == 1)
        #expect(try await ledger.reserve(key("old"), for: "c", at: Sample.time(2000)) == .reserved)
        #expect(try await ledger.reserve(key("new"), for: "d", at: Sample.time(2000)) == .replay(of: "b"))
    }

    private static func messagePages(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batches = (0..<6).map { number in
            var batch = Sample.batch(at: Int64(number))
            if number != 3 { batch.dialect = .anthropic }
            return batch
        }
        for batch in batches { try await ledger.insert(batch) }
        var theirs = Sample.batch(at: 9, tenant: Sample.other)
        theirs.dialect = .anthropic
        try await ledger.insert(theirs)
        func page(_ page: BatchPage, _ limit: Int) async throws -> [BatchID] {
            try await ledger.messageBatches(of: Sample.tenant, page, limit: limit).map(\.id)
        }
        let ids = batches.map(\.id)
        #expect(try await page(.newest, 2) == [ids[5], ids[4]])
        #expect(try await page(.after(ids[4]), 10) == [ids[2], ids[1], ids[0]])
        #expect(try await page(.before(ids[1]), 2) == [ids[4], ids[2]])
        #expect(try await page(.before(ids[5]), 2).isEmpty)
    }

    private static func selectedJobs(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = (0..<4).map { number in
            var job = Sample.job(at: Int64(number) * 1000)
            job.tags = JobTags(feature: number.isMultiple(of: 2) ? "even" : "odd", customer: "c\(number)")
            return job
        }
        _ = try await ledger.decide(jobs.map { Sample.succeeded($0) })
        func found(_ selection: JobSelection) async throws -> [JobID] {
            try await ledger.finishedJobs(of: Sample.tenant, selection, after: nil, limit: 10).map(\.job)
        }
        #expect(try await found(JobSelection(tags: JobTags(feature: "even"))) == [jobs[2].id, jobs[0].id])
        #expect(try await found(JobSelection(tags: JobTags(customer: "c3"))) == [jobs[3].id])
        #expect(
            try await found(JobSelection(since: Sample.time(1000), until: Sample.time(3000))) == [
                jobs[2].id, jobs[1].id,
            ]
        )
        #expect(try await found(JobSelection(state: .failed, tags: JobTags(feature: "odd"))).isEmpty)
    }

    private static func deliveryLog(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var deliveries = (0..<3).map { Sample.delivery("wh_\($0)", to: "whe_\($0 % 2)") }
        for index in deliveries.indices { deliveries[index].createdAt = Sample.time(Int64(index)) }
        deliveries[2].state = .failed
        deliveries[2].attempts = 9
        try await ledger.dispatch([], as: deliveries)
        func listed(_ filter: DeliveryFilter, after cursor: String? = nil) async throws -> [String] {
            try await ledger.deliveries(of: Sample.tenant, filter, after: cursor, limit: 10).map(\.id)
        }
        #expect(try await listed(DeliveryFilter()) == ["wh_2", "wh_1", "wh_0"])
        #expect(try await listed(DeliveryFilter(), after: "wh_1") == ["wh_0"])
        #expect(try await listed(DeliveryFilter(endpoint: "whe_0")) == ["wh_2", "wh_0"])
        #expect(try await listed(DeliveryFilter(state: .failed)) == ["wh_2"])
        #expect(try await ledger.deliveries(of: Sample.other, DeliveryFilter(), after: nil, limit: 10).isEmpty)
        let replayed = try #require(try await ledger.replay("wh_2", at: Sample.time(70)))
        #expect(replayed.state == .pending && replayed.attempts == 0 && replayed.dueAt == Sample.time(70))
        #expect(replayed.body == deliveries[2].body)
        // What is being sent is left alone.
        _ = try await ledger.leaseDeliveries(
            to: "whe_0",
            token: "t",
            at: Sample.time(100),
            until: Sample.time(200),
            limit: 10
        )
        #expect(try await ledger.replay("wh_2", at: Sample.time(101))?.dueAt == Sample.time(200))
        #expect(try await ledger.replay("wh_never", at: Sample.start) == nil)
    }
}

extension Timestamp {
    /// Milliseconds after the tests' start.
    fileprivate var offset: Int64 { milliseconds - Sample.start.milliseconds }
}
