import Penstock
import Synchronization

/// Announcements that a test makes.
final class InMemoryEvents: CompletionEvents {
    private struct State {
        var waiters: [JobID: [Int: CheckedContinuation<Void, Never>]] = [:]
        var next = 0
        var arrivals: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func waitForEnd(of job: JobID, timeout: Duration) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let alarm = Task { [self] in
            try? await Task.sleep(for: timeout)
            wake(job, number)
        }
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let arrivals = state.withLock { state in
                    state.waiters[job, default: [:]][number] = continuation
                    defer { state.arrivals = [] }
                    return state.arrivals
                }
                for arrival in arrivals { arrival.resume() }
                if Task.isCancelled { wake(job, number) }
            }
        } onCancel: {
            wake(job, number)
        }
    }

    func announce(_ job: JobID) {
        let woken = state.withLock { $0.waiters.removeValue(forKey: job) } ?? [:]
        for waiter in woken.values { waiter.resume() }
    }

    /// Returns once somebody waits.
    func somebodyWaits() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiters.values.contains(where: { !$0.isEmpty }) { return true }
                state.arrivals.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func wake(_ job: JobID, _ number: Int) {
        state.withLock { $0.waiters[job]?.removeValue(forKey: number) }?.resume()
    }
}
