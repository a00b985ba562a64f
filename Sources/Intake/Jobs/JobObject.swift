import JSON
import Penstock

/// A job as the API shows it.
enum JobObject {
    static func write(_ job: JobView, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", job.id.text)
            writer.member("object", "job")
            writer.member("state", job.state)
            writer.member("model", job.model)
            writer.member("endpoint", job.endpoint.rawValue)
            writer.member("class", job.jobClass.rawValue)
            writer.member("durability", job.durability.rawValue)
            writer.member("created_at", job.createdAt.seconds)
            writer.member("deadline_at", job.deadline.seconds)
            writer.member("finished_at", job.finishedAt?.seconds)
            writer.member("batch_id", job.line?.batch.text)
            writer.member("custom_id", job.line?.customID)
            writeAnnotations(job, to: &writer)
            writer.member("attempts", job.attempts)
            writer.member("waiting_for", job.waitingFor?.rawValue)
            writer.member("position", job.position)
            writer.member("expected_start_in_seconds", seconds: job.expectedStart)
            writeResult(job.response, to: &writer)
            writeError(job.error, to: &writer)
            writer.member("requeued_as", job.requeuedAs?.text)
            writer.key("usage")
            UsageObject.write(job.spending.usage, to: &writer)
            writer.member("cost_usd", job.spending.cost?.dollars)
            writeLinks(job.id, to: &writer)
        }
    }

    private static func writeAnnotations(_ job: JobView, to writer: inout JSONWriter) {
        writer.key("tags")
        writer.object { writer in
            writer.memberIfPresent("feature", job.tags.feature)
            writer.memberIfPresent("customer", job.tags.customer)
        }
        writer.key("metadata")
        if job.metadata.isEmpty { writer.null() } else { writer.raw(job.metadata) }
    }

    private static func writeResult(_ response: ProviderResponse?, to writer: inout JSONWriter) {
        writer.key("result")
        guard let response else { return writer.null() }
        writer.object { writer in
            writer.member("status_code", response.statusCode)
            writer.member("request_id", response.requestID)
            writer.key("body")
            writer.raw(response.body)
        }
    }

    private static func writeError(_ error: JobError?, to writer: inout JSONWriter) {
        writer.key("error")
        guard let error else { return writer.null() }
        writer.object { writer in
            writer.member("code", error.errorClass.rawValue)
            writer.member("message", error.message)
        }
    }

    private static func writeLinks(_ id: JobID, to writer: inout JSONWriter) {
        writer.key("links")
        writer.object { writer in
            writer.member("self", "/v1/jobs/\(id)")
            writer.member("cancel", "/v1/jobs/\(id)/cancel")
            writer.member("attempts", "/v1/jobs/\(id)/attempts")
        }
    }
}
