import JSON
import Penstock

/// A batch as OpenAI's API shows it, with its cost beside. What is not set is null.
enum BatchObject {
    /// - Parameter summary: what its rows add up to, by now or in the end.
    static func write(_ batch: BatchRecord, _ summary: BatchSummary, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", batch.id.text)
            writer.member("object", "batch")
            writer.member("endpoint", batch.endpoint.rawValue)
            writer.member("model", batch.model)
            writeErrors(batch.errors, to: &writer)
            writer.member("input_file_id", batch.inputFile.text)
            writer.member("completion_window", batch.completionWindow)
            writer.member("status", batch.state.rawValue)
            writer.member("output_file_id", file(.output, of: batch, rows: summary.counts.succeeded)?.text)
            writer.member("error_file_id", file(.errors, of: batch, rows: summary.counts.unsuccessful)?.text)
            writeTimes(batch, to: &writer)
            writeCounts(batch, summary.counts, to: &writer)
            writeSpending(batch, summary, to: &writer)
            writeTerms(batch, to: &writer)
            writer.key("metadata")
            if let metadata = batch.metadata {
                MetadataField.write(metadata, to: &writer)
            } else {
                writer.null()
            }
        }
    }

    /// While the batch runs, the file shows what is there by now.
    private static func file(_ kind: RowKind, of batch: BatchRecord, rows: Int) -> FileID? {
        guard batch.state.isTerminal else { return rows > 0 ? FileID(kind, of: batch.id) : nil }
        return kind == .output ? batch.outputFile : batch.errorFile
    }

    private static func writeErrors(_ errors: [BatchLineError], to writer: inout JSONWriter) {
        writer.key("errors")
        guard !errors.isEmpty else { return writer.null() }
        writer.object { writer in
            writer.member("object", "list")
            writer.key("data")
            writer.array { writer in
                for error in errors {
                    writer.object { writer in
                        writer.member("code", error.code)
                        writer.member("line", error.line)
                        writer.member("message", error.message)
                        writer.member("param", error.param)
                    }
                }
            }
        }
    }

    private static func writeTimes(_ batch: BatchRecord, to writer: inout JSONWriter) {
        writer.member("created_at", batch.createdAt.seconds)
        writer.member("in_progress_at", batch.inProgressAt?.seconds)
        writer.member("expires_at", batch.expiresAt.seconds)
        writer.member("finalizing_at", batch.finalizingAt?.seconds)
        writer.member("completed_at", batch.completedAt?.seconds)
        writer.member("failed_at", batch.failedAt?.seconds)
        writer.member("expired_at", batch.expiredAt?.seconds)
        writer.member("cancelling_at", batch.cancellingAt?.seconds)
        writer.member("cancelled_at", batch.cancelledAt?.seconds)
    }

    private static func writeCounts(_ batch: BatchRecord, _ counts: BatchCounts, to writer: inout JSONWriter) {
        writer.key("request_counts")
        writer.object { writer in
            writer.member("total", batch.total)
            writer.member("completed", counts.succeeded)
            writer.member("failed", counts.unsuccessful)
        }
    }

    /// What OpenAI's object has no word for.
    private static func writeTerms(_ batch: BatchRecord, to writer: inout JSONWriter) {
        writer.key("penstock")
        writer.object { writer in
            writer.member("class", batch.jobClass.rawValue)
            writer.member("paused_at", batch.pausedAt?.seconds)
            writer.member("max_cost_usd", batch.maxCost?.shortDollars)
        }
    }

    /// Usage is null as long as nothing can have been used.
    private static func writeSpending(_ batch: BatchRecord, _ summary: BatchSummary, to writer: inout JSONWriter) {
        writer.key("usage")
        if batch.inProgressAt == nil { writer.null() } else { UsageObject.write(summary.usage, to: &writer) }
        writer.member("cost_usd", summary.cost.dollars)
        writer.member("unknown_costs", summary.unknownCosts)
    }
}
