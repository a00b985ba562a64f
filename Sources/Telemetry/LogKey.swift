/// Every metadata key that this project logs. Closed, so that a key cannot be misspelt and means one thing everywhere.
package enum LogKey: String, Sendable, CaseIterable {
    case address = "net.address"
    case attempt = "attempt.id"
    case batchID = "batch.id"
    case bytes = "bytes"
    case childPID = "child.pid"
    case childRole = "child.role"
    case configKey = "config.key"
    case count = "count"
    case countBefore = "count.before"
    case durationMs = "duration.ms"
    case error = "error"
    case errorClass = "error.class"
    case exitSignal = "exit.signal"
    case exitStatus = "exit.status"
    case fileID = "file.id"
    case generation = "generation"
    case inputs = "inputs"
    case jobID = "job.id"
    case limit = "limit"
    case method = "http.method"
    case model = "model.alias"
    case name = "name"
    case outcome = "outcome"
    /// The route's template, never the path that was asked for.
    case path = "http.route"
    case pool = "pool.name"
    case port = "net.port"
    case provider = "provider.name"
    case queue = "queue.name"
    case reason = "reason"
    case requestID = "request.id"
    case script = "script.name"
    case signal = "signal"
    case state = "job.state"
    case status = "http.status"
    case target = "target.name"
    case tenant = "tenant.id"
    case version = "version"
    case webhookID = "webhook.id"
    case workerID = "worker.id"
    /// Workers that serve the same pools: a pool's name, or `*` for all.
    case workerSet = "worker.set"
}

/// The value of one log field.
package enum LogValue: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
}
