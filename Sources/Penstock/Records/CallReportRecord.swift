import JSON

/// A call's report as a process that made the call writes it for the one that asked for it.
package enum CallReportRecord {
    package static func encode(_ report: CallReport) -> [UInt8] {
        var writer = JSONWriter()
        var answer: [UInt8]?
        writer.object { writer in
            switch report.outcome {
            case .succeeded(let response, let usage):
                answer = response.body
                AnswerParts.write(response, to: &writer)
                AnswerParts.write(usage, to: &writer)
            case .failed(let failure):
                answer = failure.response?.body
                write(failure, to: &writer)
            }
            write(report.signals, to: &writer)
            writer.memberIfPresent("first_byte_ms", report.firstByte?.wholeMilliseconds)
            writer.memberIfPresent("service_ms", report.serviceTime?.wholeMilliseconds)
        }
        return RecordFrame.join(writer, answer: answer)
    }

    package static func decode(_ record: [UInt8]) throws(DamagedRecord) -> CallReport {
        let (header, answer) = try RecordFrame.split(record)
        return CallReport(
            try outcome(header, answer),
            signals: try header.optional("signals") { levels($0) },
            firstByte: try duration(header, "first_byte_ms"),
            serviceTime: try duration(header, "service_ms")
        )
    }

    // MARK: Failure

    private static func write(_ failure: CallFailure, to writer: inout JSONWriter) {
        AnswerParts.write(failure.error, to: &writer)
        AnswerParts.write(failure.response, to: &writer)
        writer.memberIfPresent("retry_after_ms", failure.retryAfter?.wholeMilliseconds)
        writer.member("refuses_retry", failure.refusesRetry)
        writer.member("may_have_been_sent", failure.mayHaveBeenSent)
    }

    private static func outcome(_ header: JSONValue, _ answer: [UInt8]) throws(DamagedRecord) -> CallOutcome {
        let response = try AnswerParts.response(header, body: answer)
        if let error = try AnswerParts.error(header) {
            return .failed(
                CallFailure(
                    error: error,
                    response: response,
                    retryAfter: try duration(header, "retry_after_ms"),
                    refusesRetry: try header.required("refuses_retry", \.bool),
                    mayHaveBeenSent: try header.required("may_have_been_sent", \.bool)
                )
            )
        }
        guard let response else { throw DamagedRecord() }
        return .succeeded(response, usage: try AnswerParts.usage(header))
    }

    private static func duration(_ header: JSONValue, _ key: String) throws(DamagedRecord) -> Duration? {
        try header.optional(key, \.int64).map { .milliseconds($0) }
    }

    // MARK: Signals

    private static var dimensions: [(key: String, path: WritableKeyPath<RateSignals, RateSignals.Level?>)] {
        [("requests", \.requests), ("tokens", \.tokens), ("input", \.inputTokens), ("output", \.outputTokens)]
    }

    private static func write(_ signals: RateSignals?, to writer: inout JSONWriter) {
        guard let signals else { return }
        writer.key("signals")
        writer.object { writer in
            for (key, path) in dimensions {
                guard let level = signals[keyPath: path] else { continue }
                writer.key(key)
                writer.object { writer in
                    writer.memberIfPresent("limit", level.limit)
                    writer.memberIfPresent("remaining", level.remaining)
                    writer.memberIfPresent("reset_ms", level.reset?.wholeMilliseconds)
                }
            }
        }
    }

    private static func levels(_ value: JSONValue) -> RateSignals {
        var signals = RateSignals()
        for (key, path) in dimensions {
            guard let level = value[key] else { continue }
            signals[keyPath: path] = RateSignals.Level(
                limit: level["limit"]?.int64.map { Int($0) },
                remaining: level["remaining"]?.int64.map { Int($0) },
                reset: level["reset_ms"]?.int64.map { .milliseconds($0) }
            )
        }
        return signals
    }
}
