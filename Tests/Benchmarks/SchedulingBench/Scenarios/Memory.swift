import Penstock
import Queue
import Redis

/// What 1,000,000 waiting jobs cost: bytes each, beyond their bodies, and what the next one costs.
enum Memory {
    private static let jobs = 1_000_000
    private static let tenants = 1000
    private static let few = 1000
    private static let kept = 0.05
    private static let body = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

    static func run(_ samples: Samples) async throws -> [Figures] {
        [try await lines(), try await singles()]
    }

    // MARK: Lines of batches

    private static func lines() async throws -> Figures {
        try await Bed.with(Bed.withoutRewrite) { bed in
            let lane = try await bed.lane(.bench("lines"))
            let before = try await bed.memory()
            let batches = (0..<100).map { _ in IDGenerator.batch(at: .present) }
            try await inParallel(batches.count, width: 4) { number in
                try await feed(batches[number], "tenant-\(number)", jobs / 100, lane)
            }
            let each = (try await bed.memory() - before) / Double(jobs) - Double(body.count)
            let lines = batches.flatMap { batch in (1...jobs / 100).map { JobID(batch: batch, line: $0) } }
            let drained = try await drain(lines, bed, lane, since: before)
            await lane.close()
            var figures = Figures("memory_lines")
            figures.add("jobs", jobs)
            figures.add("bytes_per_line", each, digits: 1)
            figures.add("left_after_drain", drained.left)
            figures.add("bytes_per_line_after_drain", drained.each, digits: 1)
            figures.judge(
                "≤ 250 bytes beyond the body; ≤ 600 after a random 95 % drain",
                each <= 250 && drained.each <= 600
            )
            return figures
        }
    }

    private static func feed(_ batch: BatchID, _ tenant: String, _ count: Int, _ lane: Lane) async throws {
        var cursor: FeedCursor?
        for first in stride(from: 1, through: count, by: 50) {
            let window = (first..<min(first + 50, count + 1)).map { number in
                var job = lane.job(tenant, CallPlan(tokens: 300), jobClass: .batch)
                job.id = JobID(batch: batch, line: number)
                job.line = BatchLine(batch: batch, number: number, customID: "request-\(number)")
                job.durability = .ledger
                job.body = .inline(body)
                return job
            }
            let next = FeedCursor(line: first + window.count, offset: Int64((first + window.count) * 250))
            guard try await lane.queue.feed(batch, lines: window, from: cursor, to: next) else {
                throw BenchError("a batch was fed by somebody else")
            }
            cursor = next
        }
    }

    // MARK: Single jobs

    private static func singles() async throws -> Figures {
        try await Bed.with(Bed.withoutRewrite) { bed in
            let lane = try await bed.lane(.bench("singles"))
            try await fill(0..<few, lane)
            let (enqueueFew, takeFew) = try await costs(bed, lane)
            let before = try await bed.memory()
            let ids = Shared<[JobID]>([])
            try await fill(few..<jobs, lane) { added in ids.change { $0 += added } }
            let each = (try await bed.memory() - before) / Double(jobs - few) - Double(body.count)
            let (enqueueMany, takeMany) = try await costs(bed, lane)
            let drained = try await drain(ids.value, bed, lane, since: before, besides: few)
            await lane.close()
            var figures = Figures("memory_singles")
            figures.add("jobs", jobs)
            figures.add("bytes_per_job", each, digits: 1)
            figures.add("bytes_per_job_after_drain", drained.each, digits: 1)
            figures.add("bytes_per_tombstone", drained.tombstone, digits: 1)
            figures.add("enqueue_us_at_1000", enqueueFew, digits: 1)
            figures.add("enqueue_us_at_1000000", enqueueMany, digits: 1)
            figures.add("take_us_at_1000", takeFew, digits: 1)
            figures.add("take_us_at_1000000", takeMany, digits: 1)
            let (enqueueRatio, takeRatio) = (enqueueMany / enqueueFew, takeMany / takeFew)
            figures.add("enqueue_ratio", enqueueRatio)
            figures.add("take_ratio", takeRatio)
            figures.judge(
                "≤ 350 bytes beyond the body; ≤ 600 after a random 95 % drain; costs ≤ 1.4 × those at 1,000",
                each <= 350 && drained.each <= 600 && enqueueRatio <= 1.4 && takeRatio <= 1.4
            )
            return figures
        }
    }

    private static func fill(
        _ range: Range<Int>,
        _ lane: Lane,
        _ added: @escaping @Sendable ([JobID]) -> Void = { _ in }
    ) async throws {
        try await inParallel((range.count + 49) / 50, width: 8) { batch in
            let first = range.lowerBound + batch * 50
            let jobs = (first..<min(first + 50, range.upperBound)).map { number in
                // Their deadlines are in no order, so neither is what is taken.
                let seconds = Int64(86_400 + number &* 7919 % 86_400)
                var job = lane.job("tenant-\(number % tenants)", CallPlan(tokens: 300), deadlineIn: .seconds(seconds))
                job.body = .inline(body)
                return job
            }
            try await lane.queue.enqueue(jobs)
            added(jobs.map(\.id))
        }
    }

    /// Microseconds of Redis CPU per enqueue and per take, at the present number of waiting jobs: as many come as go.
    /// After a drain it is what lets Redis finish the shrinking of its tables, a step with each command.
    private static func costs(_ bed: Bed, _ lane: Lane, rounds: Int = 20) async throws
        -> (enqueue: Double, take: Double)
    {
        let perRound = 500
        var enqueue = 0.0
        var take = 0.0
        for round in 0..<rounds {
            let start = try await bed.cpu()
            try await fill(round * perRound..<(round + 1) * perRound, lane)
            let filled = try await bed.cpu()
            var taken: [TakenJob] = []
            while taken.count < perRound {
                taken += try await lane.queue.take(50, for: ConsumerName("worker")).jobs
            }
            let done = try await bed.cpu()
            let held = taken
            try await inParallel(held.count, width: 50) { number in
                _ = try await lane.queue.settle(held[number].lease, .done(CallPlan(tokens: 300)))
            }
            enqueue += filled - start
            take += done - filled
        }
        let scale = 1e6 / Double(rounds * perRound)
        return (enqueue * scale, take * scale)
    }

    private struct Drained {
        var left: Int
        /// Bytes of each that is left, beyond its body.
        var each: Double
        /// Bytes of what is kept of an ended job for some minutes; not part of the other.
        var tombstone: Double
    }

    /// Removes all but a few, and lets the pool go on for a while.
    private static func drain(
        _ ids: [JobID],
        _ bed: Bed,
        _ lane: Lane,
        since before: Double,
        besides others: Int = 0
    ) async throws -> Drained {
        try await thin(ids, lane)
        _ = try await costs(bed, lane, rounds: 80)
        let done = PoolKeys(pool: lane.pool.name).all.first { $0.hasSuffix(":done") } ?? ""
        let tombstones = Double(try await bed.client.send("MEMORY", "USAGE", done, "SAMPLES", "0").int64 ?? 0)
        let count = Double(try await bed.client.send("ZCARD", done).int64 ?? 0)
        let rest = try await bed.memory() - before - tombstones
        let left = try await lane.queue.tick().waiting - others
        let each = rest / Double(left) - Double(body.count)
        return Drained(left: left, each: each, tombstone: tombstones / max(1, count))
    }

    /// Removes a random 95 % in random order, as the end of jobs elsewhere does.
    private static func thin(_ ids: [JobID], _ lane: Lane) async throws {
        var random = Random(seed: 12)
        let doomed = ids.filter { _ in Double.random(in: 0..<1, using: &random) >= kept }.shuffled(using: &random)
        let example = lane.job("tenant", CallPlan(tokens: 300))
        try await inParallel((doomed.count + 49) / 50, width: 8) { part in
            let ended = doomed[part * 50..<min((part + 1) * 50, doomed.count)].map { id in
                var job = example
                job.id = id
                return QueuedJob(job: job, entry: id.text, attempts: 0)
            }
            try await lane.queue.remove(ended)
        }
    }
}
