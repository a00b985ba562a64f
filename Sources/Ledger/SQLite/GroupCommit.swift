import GRDB
import Logging
import Penstock
import Synchronization
import Telemetry

/// Gathers the writes of concurrent callers: while one transaction commits, the next group forms. There is no timer; a
/// lone write commits at once.
final class GroupCommit: Sendable {
    static let limit = GroupLimit(writes: 500, bytes: 4 << 20)
    private static let slow = Duration.seconds(1)

    private struct State {
        var pending: [PendingWrite] = []
        var isCommitting = false
    }

    private let pool: DatabasePool
    private let file: String
    private let logger: Logger
    private let state = Mutex(State())

    init(pool: DatabasePool, file: String, logger: Logger) {
        self.pool = pool
        self.file = file
        self.logger = logger
    }

    /// Returns what `change` returned, after its commit.
    func write<Value: Sendable>(
        bytes: Int,
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(PendingWrite(bytes: bytes, change: change, continuation: continuation))
        }
    }

    private func enqueue(_ write: PendingWrite) {
        let isFirst = state.withLock { state in
            state.pending.append(write)
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        if isFirst { scheduleCommit() }
    }

    private func scheduleCommit() {
        pool.asyncWriteWithoutTransaction { [self] db in
            commit(takeGroup(), in: db)
            let hasMore = state.withLock { state in
                state.isCommitting = !state.pending.isEmpty
                return state.isCommitting
            }
            if hasMore { scheduleCommit() }
        }
    }

    private func takeGroup() -> [PendingWrite] {
        state.withLock { state in
            let count = Self.limit.size(of: state.pending.lazy.map(\.bytes))
            defer { state.pending.removeFirst(count) }
            return Array(state.pending.prefix(count))
        }
    }

    private func commit(_ group: [PendingWrite], in db: Database) {
        let start = ContinuousClock.now
        let answers = WriteGroup(writes: group).commit(in: db)
        let duration = ContinuousClock.now - start
        // Before the answers, so that whoever sees the answer also sees the log.
        if duration > Self.slow { logSlow(duration, writes: group.count) }
        for answer in answers { answer() }
    }

    private func logSlow(_ duration: Duration, writes: Int) {
        logger.warning(
            "slow ledger commit",
            [.name: .text(file), .count: .integer(writes), .durationMs: .integer(Int(duration.wholeMilliseconds))]
        )
    }
}
