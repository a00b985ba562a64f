package import Penstock
import Redis

extension RedisJobQueue {
    /// Jobs and leases per script, so that none runs longer than 2 ms.
    private static let renewalsPerCall = 100
    private static let takesPerCall = 12

    package func take(_ limit: Int, for consumer: ConsumerName) async throws -> TakeResult {
        let tokens = (0..<min(limit, Self.takesPerCall)).map { _ in IDGenerator.attempt().text }
        let reply = try ReplyReader(try await run(QueueScripts.take, [consumer.text, program] + tokens))
        return TakeResult(jobs: try reply.lists(from: 1).map(takenJob), wait: try reply.optionalMilliseconds(0))
    }

    package func held(by consumer: ConsumerName, after key: String?, limit: Int) async throws -> [TakenJob] {
        let arguments: [any RedisArgument] = [
            consumer.text, key.map { "(\($0)" } ?? "-", min(limit, Self.jobsPerLook),
        ]
        return try ReplyReader(try await run(QueueScripts.held, arguments)).lists().map(takenJob)
    }

    /// key, token, target, then the job.
    private func takenJob(_ item: ReplyReader) throws -> TakenJob {
        let queued = try item.queuedJob(at: 3)
        return TakenJob(
            job: queued.job,
            lease: Lease(pool: pool, key: try item.text(0), token: AttemptID(try item.text(1))),
            target: try item.text(2),
            earlierAttempts: queued.attempts,
            deaths: try item.deaths(at: 3)
        )
    }

    package func renew(_ leases: [Lease], for consumer: ConsumerName) async throws -> [LeaseLoss] {
        var losses: [LeaseLoss] = []
        for start in stride(from: 0, to: leases.count, by: Self.renewalsPerCall) {
            let chunk = Array(leases[start..<min(start + Self.renewalsPerCall, leases.count)])
            let arguments = [consumer.text] + chunk.flatMap { [$0.key, $0.token.text] }
            let letters = try await run(QueueScripts.renew, arguments).string ?? ""
            guard letters.utf8.count == chunk.count else { throw UnexpectedReply() }
            for (lease, letter) in zip(chunk, letters) where letter != "k" {
                losses.append(LeaseLoss(lease: lease, reason: letter == "x" ? .cancelled : .lost))
            }
        }
        return losses
    }

    package func settle(_ lease: Lease, _ settlement: Settlement) async throws -> Bool {
        try await settle(lease, settlement, retry: nil)
    }

    package func retry(
        _ lease: Lease,
        _ settlement: Settlement,
        after delay: Duration,
        countsAttempt: Bool
    ) async throws -> Bool {
        try await settle(lease, settlement, retry: (delay, countsAttempt))
    }

    /// Done now, or done before by a call whose reply was lost: both are the holder's doing.
    private func settle(
        _ lease: Lease,
        _ settlement: Settlement,
        retry: (delay: Duration, countsAttempt: Bool)?
    ) async throws -> Bool {
        let arguments = SettlementCodec.arguments(lease, settlement, retry: retry)
        return try await translated { try await settlements.settle(arguments) }
    }
}
