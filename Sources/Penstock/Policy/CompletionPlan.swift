/// What a worker writes and tells the queue after a call: the ledger first, then the queue.
package struct CompletionPlan: Sendable {
    /// What becomes of the job in the queue.
    package enum Next: Sendable, Equatable {
        case settle
        case retry(after: Duration, countsAttempt: Bool)
    }

    package var completion: Completion
    package var settlement: Settlement
    package var next: Next
}

extension CompletionPlan {
    /// - Parameters:
    ///   - report: what came of the call.
    ///   - jitter: 0 to 1.
    package init(
        for taken: TakenJob,
        on target: Target,
        pool: PoolName,
        report: CallReport,
        startedAt: Timestamp,
        now: Timestamp,
        priceVersion: String,
        retries: RetryPolicy,
        jitter: Double
    ) {
        let attempts = taken.earlierAttempts + 1
        var attempt = AttemptRow(
            of: taken,
            on: target,
            pool: pool,
            startedAt: startedAt,
            now: now,
            priceVersion: priceVersion
        )
        switch report.outcome {
        case .succeeded(var response, let usage):
            response.fillRequestID(from: taken)
            attempt.outcome = .succeeded
            attempt.statusCode = response.statusCode
            attempt.usage = usage
            attempt.cost = usage.flatMap { target.price?.cost(of: $0) }
            let row = TerminalRow(
                of: taken.job,
                state: .succeeded,
                finishedAt: now,
                response: response,
                attempts: attempts
            )
            self.init(
                completion: Completion(attempt: attempt, terminal: row),
                settlement: Settlement(
                    usage: usage,
                    mayHaveBeenSent: true,
                    chargesTenant: true,
                    target: .answered,
                    serviceTime: report.serviceTime,
                    firstByte: report.firstByte
                ),
                next: .settle
            )
        case .failed(var failure):
            failure.response?.fillRequestID(from: taken)
            attempt.record(failure)
            let verdict = retries.verdict(
                after: failure,
                attempts: attempts,
                deadline: taken.job.deadline,
                now: now,
                jitter: jitter
            )
            self.init(taken, attempt, failure, verdict, attempts: attempts, now: now)
        }
        settlement.signals = report.signals
    }

    private init(
        _ taken: TakenJob,
        _ attempt: AttemptRow,
        _ failure: CallFailure,
        _ verdict: RetryVerdict,
        attempts: Int,
        now: Timestamp
    ) {
        completion = Completion(attempt: attempt, terminal: nil)
        settlement = Settlement(
            // What was refused for a limit used nothing of it but the request.
            usage: failure.error.errorClass.costsAttempt ? nil : .zero,
            mayHaveBeenSent: failure.mayHaveBeenSent,
            chargesTenant: false,
            target: TargetVerdict(after: failure)
        )
        switch verdict {
        case .retry(let wait, let countsAttempt):
            next = .retry(after: wait, countsAttempt: countsAttempt)
        case .finish(let state):
            next = .settle
            completion.terminal = TerminalRow(
                of: taken.job,
                state: state,
                finishedAt: now,
                response: failure.response,
                error: failure.error,
                attempts: attempts
            )
        }
    }
}

extension ProviderResponse {
    /// Where the provider names no request, the attempt's id stands for it.
    fileprivate mutating func fillRequestID(from taken: TakenJob) {
        if requestID.isEmpty { requestID = taken.lease.token.text }
    }
}

extension AttemptRow {
    /// A row for a call that was made under `taken`'s lease, its outcome still unknown.
    package init(
        of taken: TakenJob,
        on target: Target,
        pool: PoolName,
        startedAt: Timestamp,
        now: Timestamp,
        priceVersion: String
    ) {
        self.init(
            id: taken.lease.token,
            job: taken.job.id,
            batch: taken.job.line?.batch,
            tenant: taken.job.tenant,
            tags: taken.job.tags,
            pool: pool,
            target: target.name,
            provider: target.provider,
            model: taken.job.model,
            startedAt: startedAt,
            durationMilliseconds: now.milliseconds - startedAt.milliseconds,
            outcome: .unknown,
            statusCode: nil,
            usage: nil,
            cost: nil,
            priceVersion: priceVersion
        )
    }

    /// A failed call is billed nothing when the provider says so by an error answer or was never reached; a call that
    /// was sent and not answered costs an unknown amount.
    fileprivate mutating func record(_ failure: CallFailure) {
        outcome = .failed(failure.error.errorClass)
        statusCode = failure.response?.statusCode
        let isFree = failure.response.map { $0.statusCode >= 400 } ?? !failure.mayHaveBeenSent
        usage = isFree ? .zero : nil
        cost = isFree ? Nanodollars(0) : nil
    }
}
