import JSON
import Penstock

/// One provider call as the API shows it.
enum AttemptObject {
    static func write(_ attempt: AttemptRow, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", attempt.id.text)
            writer.member("object", "attempt")
            writer.member("target", attempt.target)
            writer.member("provider", attempt.provider)
            writer.member("model", attempt.model)
            writer.member("started_at", attempt.startedAt.seconds)
            writer.member("duration_ms", attempt.durationMilliseconds)
            writer.member("outcome", attempt.outcome.text)
            writer.member("status_code", attempt.statusCode)
            writer.key("usage")
            UsageObject.write(attempt.usage, to: &writer)
            writer.member("cost_usd", attempt.cost?.dollars)
        }
    }
}
