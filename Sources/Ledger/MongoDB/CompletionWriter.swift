import Logging
import Mongo
import Penstock
import Synchronization
import Telemetry

/// Gathers the completions of concurrent callers into bulk writes: while some are under way, the next group forms.
/// There is no timer; a lone completion is written at once.
final class CompletionWriter: Sendable {
    private static let slow = Duration.seconds(1)

    private struct Pending {
        let draft: CompletionDraft
        let continuation: CheckedContinuation<Decision, any Error>
    }

    private struct State {
        var pending: [Pending] = []
        var inFlight = 0
    }

    private let client: MongoClient
    private let limit: GroupLimit
    private let maxInFlight: Int
    private let logger: Logger
    private let state = Mutex(State())

    init(client: MongoClient, limit: GroupLimit, inFlight: Int, logger: Logger) {
        self.client = client
        self.limit = limit
        self.maxInFlight = inFlight
        self.logger = logger
    }

    /// Returns once the completion is durable.
    func write(_ draft: CompletionDraft) async throws -> Decision {
        try await withCheckedThrowingContinuation { continuation in
            let mayStart = state.withLock { state in
                state.pending.append(Pending(draft: draft, continuation: continuation))
                guard state.inFlight < maxInFlight else { return false }
                state.inFlight += 1
                return true
            }
            if mayStart { writeNextGroup() }
        }
    }

    /// Holds one of the places in flight, and gives it back when nothing waits.
    private func writeNextGroup() {
        let isTaken = client.submit { [self] session in
            let group = takeGroup()
            commit(group, session)
            let hasMore = state.withLock { state in
                if state.pending.isEmpty { state.inFlight -= 1 }
                return !state.pending.isEmpty
            }
            if hasMore { writeNextGroup() }
        }
        if !isTaken { refuseAll() }
    }

    private func takeGroup() -> [Pending] {
        state.withLock { state in
            let count = limit.size(of: state.pending.lazy.map(\.draft.bytes))
            defer { state.pending.removeFirst(count) }
            return Array(state.pending.prefix(count))
        }
    }

    private func commit(_ group: [Pending], _ session: borrowing MongoSession) {
        // Another group in flight may have taken everything.
        guard !group.isEmpty else { return }
        let start = ContinuousClock.now
        let outcomes = CompletionGroup.commit(group.map(\.draft), session)
        let duration = ContinuousClock.now - start
        // Before the answers, so that whoever sees the answer also sees the log.
        if duration > Self.slow { logSlow(duration, writes: group.count) }
        for (pending, outcome) in zip(group, outcomes) { pending.continuation.resume(with: outcome) }
    }

    private func refuseAll() {
        let refused = state.withLock { state in
            state.inFlight -= 1
            defer { state.pending = [] }
            return state.pending
        }
        for pending in refused { pending.continuation.resume(throwing: LedgerUnavailable("the ledger is closed")) }
    }

    private func logSlow(_ duration: Duration, writes: Int) {
        logger.warning(
            "slow ledger commit",
            [.name: "mongodb", .count: .integer(writes), .durationMs: .integer(Int(duration.wholeMilliseconds))]
        )
    }
}
