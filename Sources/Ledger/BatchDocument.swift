import JSON
import Penstock

/// A batch as JSON, the way the column `document` keeps it. Members that are nil or empty are left out, so a document of
/// an older version reads like one without the newer members. `version` is not in it: the row's column decides.
enum BatchDocument {
    static func encode(_ batch: BatchRecord) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writeRequest(batch, to: &writer)
            writeProgress(batch, to: &writer)
            writeResults(batch, to: &writer)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func writeRequest(_ batch: BatchRecord, to writer: inout JSONWriter) {
        writer.member("id", batch.id.text)
        writer.member("tenant", batch.tenant.text)
        writer.member("endpoint", batch.endpoint.rawValue)
        writer.member("dialect", batch.dialect.rawValue)
        writer.member("input_file", batch.inputFile.text)
        writer.member("completion_window", batch.completionWindow)
        writer.member("created_ms", batch.createdAt.milliseconds)
        writer.member("expires_ms", batch.expiresAt.milliseconds)
        writer.member("class", batch.jobClass.rawValue)
        writer.memberIfPresent("feature", batch.tags.feature)
        writer.memberIfPresent("customer", batch.tags.customer)
        if let webhook = batch.webhook {
            writer.key("webhook")
            writer.object { writer in
                writer.member("url", webhook.url)
                writer.member("secret", webhook.secret.revealed)
            }
        }
        writer.memberIfPresent("max_cost_nano", batch.maxCost?.value)
        writer.memberIfPresent("result_lifetime_ms", batch.resultLifetime?.wholeMilliseconds)
        writer.memberIfAny("headers", batch.headers)
        guard let metadata = batch.metadata else { return }
        writer.key("metadata")
        // Pairs, not members: a JSON object would not promise their order.
        writer.array { writer in
            for pair in metadata {
                writer.array { writer in
                    writer.string(pair.key)
                    writer.string(pair.value)
                }
            }
        }
    }

    private static func writeProgress(_ batch: BatchRecord, to writer: inout JSONWriter) {
        writer.member("state", batch.state.rawValue)
        writer.memberIfPresent("in_progress_ms", batch.inProgressAt?.milliseconds)
        writer.memberIfPresent("finalizing_ms", batch.finalizingAt?.milliseconds)
        writer.memberIfPresent("completed_ms", batch.completedAt?.milliseconds)
        writer.memberIfPresent("failed_ms", batch.failedAt?.milliseconds)
        writer.memberIfPresent("expired_ms", batch.expiredAt?.milliseconds)
        writer.memberIfPresent("cancelling_ms", batch.cancellingAt?.milliseconds)
        writer.memberIfPresent("cancelled_ms", batch.cancelledAt?.milliseconds)
        writer.memberIfPresent("paused_ms", batch.pausedAt?.milliseconds)
        writer.memberIfPresent("max_cost_reached_ms", batch.maxCostReachedAt?.milliseconds)
        writer.memberIfPresent("owner", batch.owner)
        writer.memberIfPresent("owned_until_ms", batch.ownedUntil?.milliseconds)
        guard let terms = batch.termsInQueues else { return }
        writer.key("terms_in_queues")
        writer.object { writer in
            writer.member("class", terms.jobClass.rawValue)
            writer.member("expires_ms", terms.expiresAt.milliseconds)
            writer.member("is_paused", terms.isPaused)
        }
    }

    private static func writeResults(_ batch: BatchRecord, to writer: inout JSONWriter) {
        writer.key("errors")
        writer.array { writer in
            for error in batch.errors { write(error, to: &writer) }
        }
        writer.member("total", batch.total)
        writer.key("lines_per_pool")
        writer.object { writer in
            for (pool, lines) in batch.linesPerPool.sorted(by: { $0.key.text < $1.key.text }) {
                writer.member(pool.text, lines)
            }
        }
        writer.memberIfPresent("model", batch.model)
        writer.memberIfPresent("dearest_line_nano", batch.dearestLine?.value)
        writer.memberIfPresent("output_file", batch.outputFile?.text)
        writer.memberIfPresent("error_file", batch.errorFile?.text)
        guard let summary = batch.summary else { return }
        writer.key("summary")
        write(summary, to: &writer)
    }

    private static func write(_ error: BatchLineError, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", error.code)
            writer.memberIfPresent("line", error.line)
            writer.member("message", error.message)
            writer.memberIfPresent("param", error.param)
        }
    }

    private static func write(_ summary: BatchSummary, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("succeeded", summary.counts.succeeded)
            writer.member("failed", summary.counts.failed)
            writer.member("expired", summary.counts.expired)
            writer.member("cancelled", summary.counts.cancelled)
            writer.member("input_tokens", summary.usage.input)
            writer.member("cached_tokens", summary.usage.cachedInput)
            writer.member("cache_write_tokens", summary.usage.cacheWrite)
            writer.member("output_tokens", summary.usage.output)
            writer.member("reasoning_tokens", summary.usage.reasoning)
            writer.member("cost_nano", summary.cost.value)
            writer.member("unknown_costs", summary.unknownCosts)
        }
    }
}
