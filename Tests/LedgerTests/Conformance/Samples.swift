import Penstock

/// Values for tests: everything set, and short ways to vary what a test is about.
enum Sample {
    static let tenant = TenantID(trusted: "acme")
    static let other = TenantID(trusted: "umbrella")
    static let pool = PoolName("chat")
    static let epoch = PoolEpoch("e0e0e0")
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + milliseconds) }

    static func job(
        at milliseconds: Int64 = 0,
        tenant: TenantID = tenant,
        line: BatchLine? = nil,
        epoch: PoolEpoch = epoch
    ) -> Job {
        let id = line.map { JobID(batch: $0.batch, line: $0.number) }
        return Job(
            id: id ?? IDGenerator.job(epoch: epoch, at: time(milliseconds)),
            tenant: tenant,
            jobClass: .standard,
            deadline: time(milliseconds + 86_400_000),
            createdAt: time(milliseconds),
            endpoint: .chatCompletions,
            model: "prod.chat",
            estimate: TokenEstimate(input: 11, output: 22),
            tags: JobTags(feature: "search", customer: "c-1"),
            metadata: Array(#"{"a":"b"}"#.utf8),
            line: line,
            body: .inLedger
        )
    }

    static func line(_ batch: BatchID, _ number: Int, customID: String? = nil) -> Job {
        job(line: BatchLine(batch: batch, number: number, customID: customID ?? "line-\(number)"))
    }

    static func succeeded(_ job: Job, at milliseconds: Int64 = 5000, body: String = #"{"answer":42}"#) -> TerminalRow {
        TerminalRow(
            of: job,
            state: .succeeded,
            finishedAt: time(milliseconds),
            response: ProviderResponse(statusCode: 200, requestID: "req-1", body: Array(body.utf8)),
            attempts: 1
        )
    }

    static func ended(_ job: Job, _ state: TerminalState, at milliseconds: Int64 = 6000) -> TerminalRow {
        let error = JobError(.callerDeadlineExceeded, "too late")
        return TerminalRow(of: job, state: state, finishedAt: time(milliseconds), error: error, attempts: 0)
    }

    static func attempt(
        of job: Job,
        id: AttemptID = IDGenerator.attempt(),
        at milliseconds: Int64 = 1000,
        outcome: AttemptOutcome = .succeeded,
        usage: Usage? = Usage(input: 10, cachedInput: 4, cacheWrite: 3, output: 5, reasoning: 2),
        cost: Nanodollars? = Nanodollars(700)
    ) -> AttemptRow {
        AttemptRow(
            id: id,
            job: job.id,
            batch: job.line?.batch,
            tenant: job.tenant,
            tags: job.tags,
            pool: pool,
            target: "openai-eu",
            provider: "openai",
            model: job.model,
            startedAt: time(milliseconds),
            durationMilliseconds: 321,
            outcome: outcome,
            statusCode: outcome == .unknown ? nil : 200,
            usage: usage,
            cost: cost,
            priceVersion: "2026-01"
        )
    }

    static func batch(at milliseconds: Int64 = 0, tenant: TenantID = tenant, state: BatchState = .validating)
        -> BatchRecord
    {
        var batch = BatchRecord(
            id: IDGenerator.batch(at: time(milliseconds)),
            tenant: tenant,
            endpoint: .chatCompletions,
            inputFile: FileID("file-in"),
            completionWindow: "24h",
            createdAt: time(milliseconds),
            expiresAt: time(milliseconds + 86_400_000),
            jobClass: .batch,
            tags: JobTags(feature: "f"),
            metadata: nil
        )
        batch.state = state
        return batch
    }

    /// A batch in which nothing is nil or empty.
    static func fullBatch() -> BatchRecord {
        var batch = BatchRecord(
            id: BatchID("batch_full"),
            tenant: tenant,
            endpoint: .responses,
            inputFile: FileID("file-in"),
            completionWindow: "15m",
            createdAt: time(1),
            expiresAt: time(2),
            jobClass: .interactive,
            tags: JobTags(feature: "séarch \"x\"", customer: "line\nfeed\u{0}nul"),
            metadata: [
                MetadataPair(key: "z", value: "1"), MetadataPair(key: "a", value: ""),
                MetadataPair(key: "z", value: "2"),
            ],
            webhook: target,
            maxCost: Nanodollars(5_000_000_000)
        )
        batch.state = .cancelled
        batch.inProgressAt = time(3)
        batch.finalizingAt = time(4)
        batch.completedAt = time(5)
        batch.failedAt = time(6)
        batch.expiredAt = time(7)
        batch.cancellingAt = time(8)
        batch.cancelledAt = time(9)
        batch.headers = ProviderHeaders(["anthropic-beta": "a,b", "x-lab": "\"7\""])
        batch.pausedAt = time(11)
        batch.resultLifetime = .seconds(3600)
        batch.maxCostReachedAt = time(12)
        batch.dearestLine = Nanodollars(13)
        batch.termsInQueues = BatchTerms(jobClass: .batch, expiresAt: time(14), isPaused: true)
        batch.errors = [
            BatchLineError(code: "invalid_json", line: 3, message: "no", param: "body"),
            BatchLineError(code: "empty_file", line: nil, message: "", param: nil),
        ]
        batch.total = 50_000
        batch.linesPerPool = [PoolName("chat"): 49_999, PoolName("mail"): 1]
        batch.model = "prod.chat"
        batch.outputFile = FileID("file-out")
        batch.errorFile = FileID("file-err")
        batch.summary = BatchSummary(
            counts: BatchCounts(succeeded: 1, failed: 2, expired: 3, cancelled: 4),
            usage: Usage(input: 5, cachedInput: 6, cacheWrite: 9, output: 7, reasoning: 8),
            cost: Nanodollars(.max),
            unknownCosts: 9
        )
        batch.owner = "scheduler-1"
        batch.ownedUntil = time(10)
        batch.version = 7
        return batch
    }

    /// Every setting away from its default, and from every other.
    static let fullPolicy = TenantPolicy(
        weight: 7,
        maxRunning: 3,
        requestsPerMinute: 11,
        tokensPerMinute: 12,
        caps: LiveCaps(jobs: 13, bytes: 14, tokens: 15),
        isPaused: true
    )

    static func file(
        at milliseconds: Int64 = 0,
        tenant: TenantID = tenant,
        purpose: FilePurpose = .batch,
        content: FileContent = .rows(of: BatchID("batch_1"), .output),
        bytes: Int64 = 0
    ) -> FileRecord {
        FileRecord(
            id: IDGenerator.file(at: time(milliseconds)),
            tenant: tenant,
            filename: "in.jsonl",
            purpose: purpose,
            bytes: bytes,
            createdAt: time(milliseconds),
            expiresAt: time(milliseconds + 1000),
            content: content
        )
    }
}

/// Runs an operation many times at once.
func concurrently<Value: Sendable>(
    _ count: Int,
    _ operation: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        for index in 0..<count { group.addTask { (index, try await operation(index)) } }
        var values: [(Int, Value)] = []
        for try await value in group { values.append(value) }
        return values.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
