import Penstock
import Synchronization

/// The process' places for attempts. Whoever waits is served in turn, but no tenant has more than its share: receivers
/// that keep their places for long hold up their own tenant, and nobody else.
final class SendSlots: Sendable {
    /// Places that a tenant may have even where a quarter of all is less.
    private static let leastShare = 8

    private struct Waiter {
        let id: Int
        let tenant: TenantID
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        let share: Int
        var held: [TenantID: Int] = [:]
        /// While a place is free, only tenants that have their share wait.
        var waiting: [Waiter] = []
        var lastID = 0

        /// Takes up to `most` places, as far as they are free and within the share.
        mutating func take(atMost most: Int, for tenant: TenantID) -> Int {
            let taken = max(0, min(most, free, share - held[tenant, default: 0]))
            free -= taken
            if taken > 0 { held[tenant, default: 0] += taken }
            return taken
        }

        mutating func giveBack(_ count: Int, of tenant: TenantID) {
            free += count
            let rest = held[tenant, default: 0] - count
            held[tenant] = rest > 0 ? rest : nil
        }

        /// Gives free places to those who wait, in turn.
        mutating func serve() -> [Waiter] {
            var served: [Waiter] = []
            var index = 0
            while free > 0, index < waiting.count {
                if take(atMost: 1, for: waiting[index].tenant) == 1 {
                    served.append(waiting.remove(at: index))
                } else {
                    index += 1
                }
            }
            return served
        }
    }

    private let state: Mutex<State>

    init(_ total: Int) {
        state = Mutex(State(free: total, share: max(min(total, Self.leastShare), total / 4)))
    }

    /// Waits for one place, and takes up to `most` when they are free.
    ///
    /// - Returns: 0 only when the calling task was cancelled.
    func take(atMost most: Int, for tenant: TenantID) async -> Int {
        let taken = state.withLock { $0.take(atMost: most, for: tenant) }
        if taken > 0 { return taken }
        return await waitForOne(tenant) ? 1 : 0
    }

    func release(_ count: Int, of tenant: TenantID) {
        guard count > 0 else { return }
        let served = state.withLock { state in
            state.giveBack(count, of: tenant)
            return state.serve()
        }
        for waiter in served { waiter.continuation.resume(returning: true) }
    }

    private func waitForOne(_ tenant: TenantID) async -> Bool {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.take(atMost: 1, for: tenant) == 1 { return true }
                    state.waiting.append(Waiter(id: id, tenant: tenant, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
