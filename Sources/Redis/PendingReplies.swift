import NIOCore

/// What one connection owes: requests that were written and whose replies have not all come, in order.
struct PendingReplies<Promise> {
    /// What a reply meant.
    enum Receipt {
        /// Its request waits for more.
        case partial
        /// The last reply of a request; without promise when its caller has gone.
        case complete(Promise?, [RedisValue])
        /// Nobody asked: the connection is out of step.
        case unexpected
    }

    private struct Entry {
        let id: UInt64
        let deadline: NIODeadline
        let replyCount: Int
        var promise: Promise?
    }

    private var entries = CircularBuffer<Entry>()
    /// What has come for the first entry so far.
    private var replies: [RedisValue] = []

    var isEmpty: Bool { entries.isEmpty }

    /// The moment at which the connection is to be given up. Counts requests of cancelled callers too, since a server
    /// that owes replies is stuck whoever asked.
    var earliestDeadline: NIODeadline? { entries.lazy.map(\.deadline).min() }

    mutating func append(_ request: Request<Promise>) {
        entries.append(
            Entry(id: request.id, deadline: request.deadline, replyCount: request.replyCount, promise: request.promise)
        )
    }

    mutating func receive(_ reply: RedisValue) -> Receipt {
        guard let entry = entries.first else { return .unexpected }
        replies.append(reply)
        guard replies.count == entry.replyCount else { return .partial }
        entries.removeFirst()
        defer { replies = [] }
        return .complete(entry.promise, replies)
    }

    /// Takes the promise out and leaves a tombstone: the replies still have to be read past.
    mutating func cancel(_ id: UInt64) -> Promise? {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
        defer { entries[index].promise = nil }
        return entries[index].promise
    }

    /// Empties the queue when the connection is lost; `isLate` tells the requests whose own time was up at `now`.
    mutating func removeAll(at now: NIODeadline) -> [(promise: Promise, isLate: Bool)] {
        defer {
            entries.removeAll()
            replies = []
        }
        return entries.compactMap { entry in entry.promise.map { ($0, entry.deadline <= now) } }
    }
}
