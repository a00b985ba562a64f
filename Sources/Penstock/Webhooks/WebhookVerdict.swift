/// What an attempt came to.
package enum WebhookVerdict: Sendable, Equatable {
    case delivered
    /// - Parameter hold: until when nothing at all is sent to the destination, because it asked for that.
    case retry(at: Timestamp, hold: Timestamp?)
    /// The last attempt failed.
    case exhausted
    /// The receiver wants no more webhooks, ever.
    case gone

    /// Longest time a receiver can ask for: one that says more is asked again then.
    private static let longestHold = Duration.seconds(3600)
    /// Statuses whose `Retry-After` speaks of the receiver, not of this one message.
    private static let throttling: Set<Int> = [429, 502, 503, 504]

    /// - Parameters:
    ///   - attempts: attempts that ended, this one included.
    ///   - jitter: 0 to 1.
    package init(
        _ answer: WebhookAnswer,
        attempts: Int,
        schedule: WebhookSchedule,
        now: Timestamp,
        jitter: Double
    ) {
        if let status = answer.status {
            if (200...299).contains(status) {
                self = .delivered
                return
            }
            if status == 410 {
                self = .gone
                return
            }
        }
        guard let wait = schedule.wait(afterAttempts: attempts, jitter: jitter) else {
            self = .exhausted
            return
        }
        let hold = Self.hold(answer).map { now.adding($0) }
        let next = now.adding(wait)
        self = .retry(at: hold.map { max($0, next) } ?? next, hold: hold)
    }

    private static func hold(_ answer: WebhookAnswer) -> Duration? {
        guard let status = answer.status, throttling.contains(status), let asked = answer.retryAfter, asked > .zero
        else { return nil }
        return min(asked, longestHold)
    }
}

extension WebhookDelivery {
    /// The delivery after an attempt that ended with `answer` and therefore `verdict`.
    package func after(_ answer: WebhookAnswer, _ verdict: WebhookVerdict, at now: Timestamp) -> WebhookDelivery {
        var next = self
        next.attempts += 1
        next.lastAttemptAt = now
        next.lastStatus = answer.status
        next.lastError = answer.failure ?? answer.status.map { "the receiver answered \($0)" }
        switch verdict {
        case .delivered:
            next.state = .delivered
            next.lastError = nil
        case .retry(let moment, _): next.dueAt = moment
        case .exhausted, .gone: next.state = .failed
        }
        return next
    }

    /// The delivery that is not attempted any more, without an attempt.
    package func givenUp(_ reason: String) -> WebhookDelivery {
        var next = self
        next.state = .failed
        next.lastError = reason
        return next
    }

    /// The delivery as it was before it was leased: an attempt that was broken off does not count.
    package func handedBack(at now: Timestamp) -> WebhookDelivery {
        var next = self
        next.dueAt = now
        return next
    }
}
