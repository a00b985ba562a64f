import JSON

/// A completion that the ledger could not take yet, as it waits in the queue's spool.
package enum CompletionRecord {
    package static func encode(_ completion: Completion) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let attempt = completion.attempt {
                writer.key("attempt")
                write(attempt, to: &writer)
            }
            if let row = completion.terminal {
                writer.key("terminal")
                write(row, to: &writer)
            }
        }
        return RecordFrame.join(writer, answer: completion.terminal?.response?.body)
    }

    package static func decode(_ record: [UInt8]) throws(DamagedRecord) -> Completion {
        let (header, answer) = try RecordFrame.split(record)
        var completion = Completion(attempt: nil, terminal: nil)
        if let attempt = header["attempt"] { completion.attempt = try Self.attempt(attempt) }
        if let row = header["terminal"] { completion.terminal = try terminal(row, answer) }
        return completion
    }

    // MARK: Attempt

    private static func write(_ row: AttemptRow, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", row.id.text)
            writer.member("job", row.job.text)
            writer.memberIfPresent("batch", row.batch?.text)
            writer.member("tenant", row.tenant.text)
            write(row.tags, to: &writer)
            writer.member("pool", row.pool.text)
            writer.member("target", row.target)
            writer.member("provider", row.provider)
            writer.member("model", row.model)
            writer.member("started_ms", row.startedAt.milliseconds)
            writer.member("duration_ms", row.durationMilliseconds)
            writer.member("outcome", row.outcome.text)
            writer.memberIfPresent("status", row.statusCode)
            AnswerParts.write(row.usage, to: &writer)
            writer.memberIfPresent("cost_nano", row.cost?.value)
            writer.member("prices", row.priceVersion)
        }
    }

    private static func attempt(_ value: JSONValue) throws(DamagedRecord) -> AttemptRow {
        AttemptRow(
            id: AttemptID(try value.text("id")),
            job: JobID(try value.text("job")),
            batch: try value.optional("batch", \.string).map { BatchID($0) },
            tenant: TenantID(trusted: try value.text("tenant")),
            tags: try tags(value),
            pool: PoolName(try value.text("pool")),
            target: try value.text("target"),
            provider: try value.text("provider"),
            model: try value.text("model"),
            startedAt: try value.time("started_ms"),
            durationMilliseconds: try value.required("duration_ms", \.int64),
            outcome: try value.required("outcome") { $0.string.flatMap(AttemptOutcome.init(text:)) },
            statusCode: try value.optional("status", \.int64).map { Int($0) },
            usage: try AnswerParts.usage(value),
            cost: try value.optional("cost_nano", \.int64).map { Nanodollars($0) },
            priceVersion: try value.text("prices")
        )
    }

    // MARK: Terminal row

    private static func write(_ row: TerminalRow, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("job", row.job.text)
            writer.member("tenant", row.tenant.text)
            writer.member("state", row.state.rawValue)
            writer.member("class", row.jobClass.rawValue)
            writer.member("endpoint", row.endpoint.rawValue)
            writer.member("model", row.model)
            if let line = row.line {
                writer.member("batch", line.batch.text)
                writer.member("line", line.number)
                writer.member("custom_id", line.customID)
            }
            write(row.tags, to: &writer)
            if !row.metadata.isEmpty {
                writer.key("metadata")
                writer.raw(row.metadata)
            }
            writer.member("created_ms", row.createdAt.milliseconds)
            writer.member("deadline_ms", row.deadline.milliseconds)
            writer.member("finished_ms", row.finishedAt.milliseconds)
            AnswerParts.write(row.response, to: &writer)
            AnswerParts.write(row.error, to: &writer)
            writer.member("attempts", row.attempts)
            writer.memberIfPresent("webhook_url", row.webhook?.url)
            writer.memberIfPresent("webhook_secret", row.webhook?.secret.revealed)
        }
    }

    private static func terminal(_ value: JSONValue, _ answer: [UInt8]) throws(DamagedRecord) -> TerminalRow {
        let job = Job(
            id: JobID(try value.text("job")),
            tenant: TenantID(trusted: try value.text("tenant")),
            jobClass: try value.required("class") { $0.string.flatMap(JobClass.init(rawValue:)) },
            deadline: try value.time("deadline_ms"),
            createdAt: try value.time("created_ms"),
            endpoint: try value.required("endpoint") { $0.string.flatMap(Endpoint.init(rawValue:)) },
            model: try value.text("model"),
            // Not part of a terminal row.
            estimate: TokenEstimate(input: 0, output: 0),
            tags: try tags(value),
            metadata: value["metadata"].map { Array($0.rawBytes) } ?? [],
            line: try line(value),
            webhook: try webhook(value),
            body: .inLedger
        )
        return TerminalRow(
            of: job,
            state: try value.required("state") { $0.string.flatMap(TerminalState.init(rawValue:)) },
            finishedAt: try value.time("finished_ms"),
            response: try AnswerParts.response(value, body: answer),
            error: try AnswerParts.error(value),
            attempts: try value.integer("attempts")
        )
    }

    private static func line(_ value: JSONValue) throws(DamagedRecord) -> BatchLine? {
        guard let batch = try value.optional("batch", \.string) else { return nil }
        let (number, customID) = (try value.integer("line"), try value.text("custom_id"))
        return BatchLine(batch: BatchID(batch), number: number, customID: customID)
    }

    private static func webhook(_ value: JSONValue) throws(DamagedRecord) -> WebhookTarget? {
        guard let url = try value.optional("webhook_url", \.string) else { return nil }
        return WebhookTarget(url: url, secret: Secret(try value.text("webhook_secret")))
    }

    // MARK: Tags

    private static func write(_ tags: JobTags, to writer: inout JSONWriter) {
        writer.memberIfPresent("feature", tags.feature)
        writer.memberIfPresent("customer", tags.customer)
    }

    private static func tags(_ value: JSONValue) throws(DamagedRecord) -> JobTags {
        JobTags(
            feature: try value.optional("feature", \.string),
            customer: try value.optional("customer", \.string)
        )
    }
}
