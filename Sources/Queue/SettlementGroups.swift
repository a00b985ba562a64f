import Penstock
import Redis
import Synchronization

/// Gathers the settlements of concurrent callers into calls of one script: while one is under way the next group forms,
/// and until `pause` is over since it began, unless that group is full by then. A lone settlement is sent at once.
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
        } catch let error as RedisError where error.serverError != nil {
            guard group.count > 1 else { return group[0].continuation.resume(throwing: error) }
            await sendOneByOne(group)
        } catch {
            fail(group, error)
        }
    }

    /// What is wrong with one of them is not the others' fault: the script reads all that it needs before it writes.
    private func sendOneByOne(_ group: [Pending]) async {
        for (place, pending) in group.enumerated() {
            do {
                pending.continuation.resume(returning: try await answers(to: [pending])[0])
            } catch let error as RedisError where error.serverError != nil {
                pending.continuation.resume(throwing: error)
            } catch {
                return fail(group[place...], error)
            }
        }
    }

    /// Redis does not answer: whoever waits is told so, as each would wait for as long.
    private func fail(_ group: some Sequence<Pending>, _ error: any Error) {
        let waiting = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for pending in Array(group) + waiting { pending.continuation.resume(throwing: error) }
    }

    private func answers(to group: [Pending]) async throws -> [Bool] {
        let digits = try await call(group.flatMap(\.arguments)).string ?? ""
        guard digits.utf8.count == group.count else { throw UnexpectedReply() }
        return digits.map { $0 != "0" }
    }
}
