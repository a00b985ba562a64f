package import Penstock
package import Redis
import Synchronization

/// Wakes those who wait for a job's end, through one subscription per process.
package final class RedisCompletionEvents: CompletionEvents {
    private struct Waiters {
        var next = 0
        var byJob: [String: [Int: CheckedContinuation<Void, Never>]] = [:]
    }

    private let client: RedisClient
    private let channels: [String]
    private let waiters = Mutex(Waiters())

    package init(client: RedisClient, pools: [PoolName]) {
        self.client = client
        channels = pools.map { PoolKeys(pool: $0).ended }
    }

    /// Listens until cancelled.
    package func run() async throws {
        try await client.subscribe(
            channels,
            // Announcements may have been missed while the connection was away.
            onSubscribed: { [self] in wakeAll() },
            onMessage: { [self] _, id in wake(String(decoding: id, as: UTF8.self)) }
        )
    }

    package func waitForEnd(of job: JobID, timeout: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.announcement(of: job) }
            // Cancelled when the job ended first.
            group.addTask { try? await Task.sleep(for: timeout) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when the job's end is announced, may have been missed, or when the task is cancelled.
    private func announcement(of job: JobID) async {
        let number = waiters.withLock { waiters in
            waiters.next += 1
            return waiters.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.withLock { $0.byJob[job.text, default: [:]][number] = continuation }
                // Either the handler sees the waiter, or the waiter sees the cancellation.
                if Task.isCancelled { wake(job.text, number) }
            }
        } onCancel: { [self] in
            wake(job.text, number)
        }
    }

    private func wake(_ id: String) {
        let woken = waiters.withLock { $0.byJob.removeValue(forKey: id) } ?? [:]
        for continuation in woken.values { continuation.resume() }
    }

    private func wake(_ id: String, _ number: Int) {
        let continuation = waiters.withLock { waiters in
            let continuation = waiters.byJob[id]?.removeValue(forKey: number)
            if waiters.byJob[id]?.isEmpty == true { waiters.byJob[id] = nil }
            return continuation
        }
        continuation?.resume()
    }

    private func wakeAll() {
        let woken = waiters.withLock { waiters in
            defer { waiters.byJob = [:] }
            return waiters.byJob.values.flatMap(\.values)
        }
        for continuation in woken { continuation.resume() }
    }
}
