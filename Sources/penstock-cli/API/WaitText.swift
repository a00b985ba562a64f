import JSON

/// What a job waits for, how many go before it, and when it will probably start, in words. Pure.
struct WaitText: Equatable {
    let reason: String
    /// Jobs of the same tenant and class that go before it.
    var position: Int?
    var expectedStart: Duration?

    /// - Returns: nil when the job does not wait.
    init?(_ job: JSONValue) {
        guard let reason = job.text("waiting_for") else { return nil }
        self.reason = reason
        position = job.int("position")
        expectedStart = Self.expectedStart(job)
    }

    /// `expected_start_in_seconds` of a job; nil when unknown.
    static func expectedStart(_ job: JSONValue) -> Duration? {
        guard let seconds = job["expected_start_in_seconds"]?.double, (0...longest).contains(seconds) else {
            return nil
        }
        return .seconds(seconds)
    }

    /// For one job: `tokens of the rate limit; 12 jobs of yours go before it; starts in about 40s`.
    var sentence: String {
        [
            WaitReason.words(reason), position.map(Self.before),
            expectedStart.map { "starts in about \(TimeText.span($0))" },
        ]
        .compactMap { $0 }.joined(separator: "; ")
    }

    /// For a row of a list: `tokens, 12 before it, about 40s`.
    var brief: String {
        [
            reason, position.flatMap { $0 > 0 ? "\($0.grouped) before it" : nil },
            expectedStart.map { "about \(TimeText.span($0))" },
        ].compactMap { $0 }.joined(separator: ", ")
    }

    /// Beyond this a number is none that anybody measured.
    private static let longest = 366.0 * 86_400

    private static func before(_ position: Int) -> String {
        switch position {
        case ..<1: "none of yours goes before it"
        case 1: "1 job of yours goes before it"
        default: "\(position.grouped) jobs of yours go before it"
        }
    }
}

/// The server's reasons for waiting, as they follow "waits for".
enum WaitReason {
    static func words(_ reason: String) -> String {
        switch reason {
        case "tenant_share": "its tenant's turn (tenant_share)"
        case "requests": "requests of the rate limit (requests)"
        case "tokens": "tokens of the rate limit (tokens)"
        case "slots": "a free slot: as many calls as allowed are running (slots)"
        case "provider_blocked": "the provider, which asked for a pause (provider_blocked)"
        case "retry_delay": "the pause before the next try (retry_delay)"
        case "no_worker": "a worker: none is running (no_worker)"
        case "ledger": "the ledger, which is away: workers wait until it takes results again (ledger)"
        case "paused": "a resume: its pool, target, tenant or batch is paused (paused)"
        default: reason
        }
    }
}
