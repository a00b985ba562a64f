import Penstock
import Testing

struct RetryPolicyTests {
    private let policy = RetryPolicy(maxAttempts: 3, firstWait: .seconds(1), longestWait: .seconds(10))

    private func verdict(
        _ errorClass: ErrorClass,
        attempts: Int = 1,
        deadlineIn: Duration = .seconds(3600),
        asked: Duration? = nil,
        jitter: Double = 1,
        policy: RetryPolicy? = nil
    ) -> RetryVerdict {
        (policy ?? self.policy).verdict(
            after: CallFailure(error: JobError(errorClass, "no"), retryAfter: asked, mayHaveBeenSent: true),
            attempts: attempts,
            deadline: Samples.now.adding(deadlineIn),
            now: Samples.now,
            jitter: jitter
        )
    }

    @Test func onlyWhatMayGetBetterIsRepeated() {
        let retried: Set<ErrorClass> = [
            .providerRateLimited, .providerQuotaExhausted, .providerOverloaded, .providerServerError,
            .providerTimeout, .providerConnectionFailed, .providerInvalidAnswer, .penstockOutcomeUnknown,
            .callerCancelled,
        ]
        for errorClass in ErrorClass.allCases {
            let isRetried = verdict(errorClass) != .finish(.failed)
            #expect(isRetried == retried.contains(errorClass), "\(errorClass)")
        }
    }

    @Test func aProviderMayRefuseARetry() {
        let failure = CallFailure(
            error: JobError(.providerServerError, "no"),
            refusesRetry: true,
            mayHaveBeenSent: true
        )
        let deadline = Samples.now.adding(.seconds(3600))
        let verdict = policy.verdict(after: failure, attempts: 1, deadline: deadline, now: Samples.now, jitter: 1)
        #expect(verdict == .finish(.failed))
    }

    @Test func attemptsAreCounted() {
        #expect(verdict(.providerServerError, attempts: 2) == .retry(after: .seconds(2), countsAttempt: true))
        #expect(verdict(.providerServerError, attempts: 3) == .finish(.failed))
    }

    /// Neither an attempt nor its place, whatever the provider asks: the queue holds the target back.
    @Test(arguments: [ErrorClass.providerRateLimited, .providerQuotaExhausted])
    func whatAnAccountMayNotUseCostsTheJobNothing(_ errorClass: ErrorClass) {
        #expect(
            verdict(errorClass, attempts: 99, deadlineIn: .seconds(1), asked: .seconds(3))
                == .retry(after: .zero, countsAttempt: false)
        )
        let refusing = CallFailure(error: JobError(errorClass, "no"), refusesRetry: true, mayHaveBeenSent: true)
        #expect(
            policy.verdict(after: refusing, attempts: 1, deadline: Samples.now, now: Samples.now, jitter: 1)
                == .retry(after: .zero, countsAttempt: false)
        )
    }

    @Test func anAbortedCallDecidesNothing() {
        #expect(
            verdict(.callerCancelled, attempts: 99, deadlineIn: .zero) == .retry(after: .zero, countsAttempt: false)
        )
    }

    @Test func waitsDoubleUpToABound() {
        let patient = RetryPolicy(maxAttempts: 100, firstWait: .seconds(1), longestWait: .seconds(10))
        for (attempts, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (60, 10)] {
            #expect(
                verdict(.providerServerError, attempts: attempts, policy: patient)
                    == .retry(after: .seconds(seconds), countsAttempt: true)
            )
        }
        #expect(verdict(.providerServerError, jitter: 0) == .retry(after: .zero, countsAttempt: true))
    }

    @Test func neverSoonerThanAsked() {
        #expect(
            verdict(.providerOverloaded, asked: .seconds(30), jitter: 0)
                == .retry(after: .seconds(30), countsAttempt: true)
        )
    }

    @Test func aRetryThatComesTooLateIsNotWaitedFor() {
        #expect(verdict(.providerServerError, deadlineIn: .seconds(1)) == .finish(.expired))
        #expect(
            verdict(.providerServerError, deadlineIn: .milliseconds(1001))
                == .retry(after: .seconds(1), countsAttempt: true)
        )
    }
}

struct CompletionPlanTests {
    private func plan(
        _ outcome: CallOutcome,
        earlierAttempts: Int = 0,
        price: TokenPrice? = Samples.price
    ) -> CompletionPlan {
        plan(CallReport(outcome), earlierAttempts: earlierAttempts, price: price)
    }

    private func plan(
        _ report: CallReport,
        earlierAttempts: Int = 0,
        price: TokenPrice? = Samples.price
    ) -> CompletionPlan {
        CompletionPlan(
            for: Samples.taken(earlierAttempts: earlierAttempts),
            on: Samples.target(price: price),
            pool: PoolName("p"),
            report: report,
            startedAt: Samples.now,
            now: Samples.now.adding(.seconds(2)),
            priceVersion: "v1",
            retries: RetryPolicy(maxAttempts: 3),
            jitter: 1
        )
    }

    private func failure(
        _ errorClass: ErrorClass,
        status: Int? = nil,
        retryAfter: Duration? = nil,
        sent: Bool = true
    ) -> CallOutcome {
        let response = status.map { ProviderResponse(statusCode: $0, requestID: "r", body: Array("{}".utf8)) }
        return .failed(
            CallFailure(
                error: JobError(errorClass, "no"),
                response: response,
                retryAfter: retryAfter,
                mayHaveBeenSent: sent
            )
        )
    }

    private func success(_ usage: Usage?, requestID: String = "r") -> CallOutcome {
        .succeeded(ProviderResponse(statusCode: 200, requestID: requestID, body: Array("{}".utf8)), usage: usage)
    }

    @Test func aSuccess() throws {
        let plan = plan(success(Usage(input: 3, output: 4)), earlierAttempts: 1)
        #expect(plan.next == .settle)
        let attempt = try #require(plan.completion.attempt)
        #expect(attempt.outcome == .succeeded && attempt.statusCode == 200 && attempt.id.text == "attempt-1")
        #expect(attempt.cost == Nanodollars(11_000) && attempt.usage == Usage(input: 3, output: 4))
        #expect(attempt.durationMilliseconds == 2000 && attempt.priceVersion == "v1" && attempt.provider == "openai")
        let row = try #require(plan.completion.terminal)
        #expect(row.state == .succeeded && row.attempts == 2 && row.error == nil)
        #expect(plan.settlement.usage == Usage(input: 3, output: 4))
        #expect(plan.settlement.chargesTenant && plan.settlement.mayHaveBeenSent && plan.settlement.target == .answered)
    }

    @Test func whatIsUnknownIsNotZero() {
        #expect(plan(success(nil)).completion.attempt?.cost == nil)
        #expect(plan(success(Usage(input: 1, output: 1)), price: nil).completion.attempt?.cost == nil)
        // Sent, but no answer: it may have been billed.
        let unanswered = plan(failure(.providerTimeout)).completion.attempt
        #expect(unanswered?.cost == nil && unanswered?.usage == nil && unanswered?.statusCode == nil)
    }

    @Test(arguments: [true, false])
    func whatIsSurelyFreeCostsNothing(wasRefused: Bool) {
        let outcome =
            wasRefused ? failure(.providerServerError, status: 500) : failure(.providerConnectionFailed, sent: false)
        let attempt = plan(outcome).completion.attempt
        #expect(attempt?.cost == Nanodollars(0) && attempt?.usage == .zero)
    }

    @Test func aFailureIsTriedAgain() {
        let plan = plan(failure(.providerServerError, status: 500))
        #expect(plan.next == .retry(after: .seconds(1), countsAttempt: true))
        #expect(plan.completion.terminal == nil)
        #expect(plan.completion.attempt?.outcome == .failed(.providerServerError))
        #expect(!plan.settlement.chargesTenant && plan.settlement.usage == nil && plan.settlement.target == .none)
    }

    @Test func theLastFailureIsTheOutcome() {
        let plan = plan(failure(.providerServerError, status: 500), earlierAttempts: 2)
        #expect(plan.next == .settle)
        #expect(plan.completion.terminal?.state == .failed && plan.completion.terminal?.attempts == 3)
        #expect(plan.completion.terminal?.response?.statusCode == 500)
        #expect(plan.completion.terminal?.error?.errorClass == .providerServerError)
    }

    @Test(arguments: [(nil, 2), (7, 7), (9999, 300)] as [(Int?, Int)])
    func aRateLimitBlocksTheTargetNotTheJob(_ asked: Int?, _ block: Int) {
        let plan = plan(
            failure(.providerRateLimited, status: 429, retryAfter: asked.map { .seconds($0) }),
            earlierAttempts: 2
        )
        #expect(plan.next == .retry(after: .zero, countsAttempt: false))
        #expect(plan.settlement.target == .limited(for: .seconds(block)))
        #expect(plan.settlement.usage == .zero && plan.settlement.mayHaveBeenSent)
    }

    @Test func anOverloadBlocksOnlyWhenAsked() {
        #expect(plan(failure(.providerOverloaded, status: 503)).settlement.target == .overloaded(for: nil))
        #expect(
            plan(failure(.providerOverloaded, status: 503, retryAfter: .seconds(5))).settlement.target
                == .overloaded(for: .seconds(5))
        )
    }

    @Test func anEmptyAccountStopsTheTargetAndNotTheJob() {
        let plan = plan(failure(.providerQuotaExhausted, status: 429), earlierAttempts: 2)
        #expect(plan.settlement.target == .exhausted)
        #expect(plan.next == .retry(after: .zero, countsAttempt: false) && plan.completion.terminal == nil)
        #expect(plan.completion.attempt?.outcome == .failed(.providerQuotaExhausted))
    }

    @Test(
        arguments: [
            (ErrorClass.providerTimeout, nil, TargetVerdict.overloaded(for: nil)),
            (.providerConnectionFailed, nil, .overloaded(for: nil)), (.providerServerError, 502, .none),
            (.providerInvalidAnswer, nil, .none), (.providerAuthFailed, 401, .none), (.callerCancelled, nil, .none),
            (.callerInvalidRequest, 400, .answered), (.callerInvalidRequest, nil, .none),
            (.callerContextTooLong, 400, .answered), (.penstockInternal, nil, .none),
        ] as [(ErrorClass, Int?, TargetVerdict)]
    )
    func whatAFailureSaysAboutItsTarget(_ errorClass: ErrorClass, _ status: Int?, _ expected: TargetVerdict) {
        #expect(plan(failure(errorClass, status: status)).settlement.target == expected)
    }

    @Test func aServerThatAsksToBeLeftAloneIsOverloaded() {
        let asked = failure(.providerServerError, status: 500, retryAfter: .seconds(9999))
        #expect(plan(asked).settlement.target == .overloaded(for: .seconds(300)))
    }

    @Test func whatTheCallToldIsHandedOn() {
        let signals = RateSignals(requests: .init(limit: 10, remaining: 9, reset: .seconds(6)))
        func report(_ outcome: CallOutcome) -> CallReport {
            CallReport(outcome, signals: signals, firstByte: .milliseconds(20), serviceTime: .milliseconds(30))
        }
        let good = plan(report(success(nil))).settlement
        #expect(good.signals == signals)
        #expect(good.firstByte == .milliseconds(20) && good.serviceTime == .milliseconds(30))
        // A quick refusal is no service.
        let refused = plan(report(failure(.providerRateLimited, status: 429))).settlement
        #expect(refused.signals == signals && refused.firstByte == nil && refused.serviceTime == nil)
    }

    @Test func aCallThatWasNotSentGivesItsReservationBack() {
        #expect(!plan(failure(.providerConnectionFailed, sent: false)).settlement.mayHaveBeenSent)
    }

    @Test func anAbortedCallLeavesTheJobUndecided() {
        let plan = plan(failure(.callerCancelled), earlierAttempts: 2)
        #expect(plan.completion.terminal == nil && plan.completion.attempt?.cost == nil)
        #expect(plan.next == .retry(after: .zero, countsAttempt: false))
    }

    @Test func theAttemptStandsInForAMissingRequestID() {
        #expect(plan(success(nil, requestID: "")).completion.terminal?.response?.requestID == "attempt-1")
        #expect(plan(success(nil, requestID: "r")).completion.terminal?.response?.requestID == "r")
    }
}
