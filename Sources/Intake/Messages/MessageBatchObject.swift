import JSON
import Penstock

/// A batch as Anthropic's API shows it.
enum MessageBatchObject {
    static func write(_ batch: BatchRecord, to writer: inout JSONWriter) {
        let id = MessageBatchID.text(of: batch.id)
        writer.object { writer in
            writer.member("id", id)
            writer.member("type", "message_batch")
            writer.member("processing_status", status(of: batch.state))
            writeCounts(batch, to: &writer)
            writer.member("created_at", batch.createdAt.rfc3339)
            writer.member("expires_at", batch.expiresAt.rfc3339)
            writer.member("ended_at", batch.endedAt?.rfc3339)
            writer.member("cancel_initiated_at", batch.cancellingAt?.rfc3339)
            writer.member("archived_at", nil as String?)
            // A path, which clients resolve against their base URL: so it survives proxies.
            writer.member("results_url", batch.state.isTerminal ? "/v1/messages/batches/\(id)/results" : nil)
        }
    }

    private static func status(of state: BatchState) -> String {
        switch state {
        case .validating, .inProgress, .finalizing: "in_progress"
        case .cancelling: "canceling"
        case .failed, .completed, .expired, .cancelled: "ended"
        }
    }

    /// Everything is in `processing` until the end, as at Anthropic.
    private static func writeCounts(_ batch: BatchRecord, to writer: inout JSONWriter) {
        let ended = batch.state.isTerminal ? batch.summary?.counts ?? BatchCounts() : BatchCounts()
        writer.key("request_counts")
        writer.object { writer in
            writer.member("processing", batch.state.isTerminal ? 0 : batch.total)
            writer.member("succeeded", ended.succeeded)
            writer.member("errored", ended.failed)
            writer.member("canceled", ended.cancelled)
            writer.member("expired", ended.expired)
        }
    }
}
