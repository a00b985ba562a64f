import Penstock
import Redis
import Synchronization

/// Gathers the settlements of concurrent callers into calls of one script: while one is under way, and until `pause` is
/// over since it began, the next group forms. A lone settlement is sent at once.
final class SettlementGroups: Sendable {
    /// Settlements per script, so that none runs longer than 2 ms.
    static let most = 16
    /// What a script costs beside its settlements is as much as some of them.
    private static let pause = Duration.milliseconds(2)

    private struct Pending: Sendable {
        let arguments: [any RedisArgument]
        let continuation: CheckedContinuation<Bool, any Error>
    }

    private struct State {
        var pending: [Pending] = []
        var isSending = false
    }

    /// Calls the script with the arguments of some settlements.
    private let call: @Sendable ([any RedisArgument]) async throws -> RedisValue
    private let state = Mutex(State())

    init(_ call: @escaping @Sendable ([any RedisArgument]) async throws -> RedisValue) {
        self.call = call
    }

    /// - Parameter arguments: those of one settlement.
    /// - Returns: whether its lease was the caller's, now or before a reply that was lost.
    func settle(_ arguments: [any RedisArgument]) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.pending.append(Pending(arguments: arguments, continuation: continuation))
                defer { state.isSending = true }
                return !state.isSending
            }
            if isFirst { Task { await sendGroups() } }
        }
    }

    private func sendGroups() async {
        while let group = nextGroup() {
            let start = ContinuousClock.now
            await send(group)
            guard state.withLock({ $0.pending.count < Self.most }) else { continue }
            // Nothing cancels this task.
            try? await Task.sleep(until: start + Self.pause)
        }
    }

    private func nextGroup() -> [Pending]? {
        state.withLock { state in
            state.isSending = !state.pending.isEmpty
            guard state.isSending else { return nil }
            defer { state.pending.removeFirst(min(Self.most, state.pending.count)) }
            return Array(state.pending.prefix(Self.most))
        }
    }

    private func send(_ group: [Pending]) async {
        do {
            for (pending, isHeld) in zip(group, try await answers(to: group)) {
                pending.continuation.resume(returning: isHeld)
            }
        } catch let error as RedisError where error.serverError != nil && group.count > 1 {
            // What is wrong with one of them is not the others' fault; nothing was changed yet.
            for pending in group { await send([pending]) }
        } catch {
            // Whoever still waits is not sent in the meantime: each would wait for as long.
            for pending in group + takeAll() { pending.continuation.resume(throwing: error) }
        }
    }

    private func answers(to group: [Pending]) async throws -> [Bool] {
        let digits = try await call(group.flatMap(\.arguments)).string ?? ""
        guard digits.utf8.count == group.count else { throw UnexpectedReply() }
        return digits.map { $0 != "0" }
    }

    private func takeAll() -> [Pending] {
        state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
    }
}
