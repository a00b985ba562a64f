import JSON
import Penstock

/// When a batch will probably have ended, by how fast its requests ended so far. Pure.
struct BatchForecast: Equatable {
    let finished: Int
    /// Requests per second since it began to run; nil before the first one ended.
    let rate: Double?
    /// Until everything has ended; nil while that is not known.
    let remaining: Duration?

    init(_ batch: BatchRecord, _ counts: BatchCounts, at now: Timestamp) {
        finished = counts.finished
        guard !batch.state.isTerminal, let start = batch.inProgressAt, counts.finished > 0 else {
            rate = nil
            remaining = batch.state.isTerminal ? .zero : nil
            return
        }
        let rate = Double(counts.finished) / max(0.001, now.since(start).inSeconds)
        self.rate = rate
        let left = Double(max(0, batch.total - counts.finished)) / rate
        // What is not done by its deadline ends then.
        let untilDeadline = max(.zero, batch.expiresAt.since(now))
        remaining = batch.pausedAt == nil ? min(.seconds(left), untilDeadline) : nil
    }

    /// Whether all will be done in time, as far as that can be told.
    func makesIt(_ batch: BatchRecord, at now: Timestamp) -> Bool? {
        guard let remaining, !batch.state.isTerminal else { return nil }
        return now.adding(remaining) < batch.expiresAt
    }

    func write(of batch: BatchRecord, at now: Timestamp, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("object", "batch.eta")
            writer.member("batch_id", batch.id.text)
            writer.member("status", batch.state.rawValue)
            writer.member("total", batch.total)
            writer.member("finished", finished)
            if let rate {
                writer.member("requests_per_second", number: rate)
            } else {
                writer.member("requests_per_second", nil as Int?)
            }
            writer.member("remaining_seconds", remaining.map { Int64($0.inSeconds.rounded(.up)) })
            writer.member("ends_at", remaining.map { now.adding($0).seconds })
            writer.member("deadline_at", batch.expiresAt.seconds)
            writer.member("makes_deadline", makesIt(batch, at: now))
        }
    }
}
