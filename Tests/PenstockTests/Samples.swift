import Penstock

/// Things that these tests need in passing.
enum Samples {
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
    static let price = TokenPrice(input: Picodollars(1_000_000), output: Picodollars(2_000_000))

    static func job(line: BatchLine? = nil, deadlineIn: Duration = .seconds(3600)) -> Job {
        Job(
            id: line.map { JobID(batch: $0.batch, line: $0.number) } ?? JobID("job_1"),
            tenant: TenantID(trusted: "acme"),
            jobClass: .standard,
            deadline: now.adding(deadlineIn),
            createdAt: now,
            endpoint: .chatCompletions,
            model: "gpt-small",
            estimate: TokenEstimate(input: 1, output: 2),
            tags: JobTags(feature: "search"),
            line: line,
            body: .inline([])
        )
    }

    static func taken(_ job: Job = job(), earlierAttempts: Int = 0) -> TakenJob {
        TakenJob(
            job: job,
            lease: Lease(pool: PoolName("p"), key: "1-1", token: AttemptID("attempt-1")),
            target: "t1",
            earlierAttempts: earlierAttempts,
            deaths: 0
        )
    }

    static func target(price: TokenPrice? = price) -> Target {
        Target(
            name: "t1",
            provider: "openai",
            baseURL: "http://127.0.0.1/v1",
            apiKey: nil,
            model: nil,
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(1),
            price: price
        )
    }

    static func batch() -> BatchRecord {
        BatchRecord(
            id: BatchID("batch_b"),
            tenant: TenantID(trusted: "acme"),
            endpoint: .chatCompletions,
            inputFile: FileID("file-1"),
            completionWindow: "1h",
            createdAt: now,
            expiresAt: now.adding(.seconds(3600)),
            jobClass: .batch,
            tags: JobTags(),
            metadata: nil
        )
    }
}
