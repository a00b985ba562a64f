import JSON
import Penstock

/// What came in since the start.
struct CallStatistics: Sendable, Equatable {
    /// Tags beyond so many are not counted.
    private static let maxTags = 10_000

    var calls = 0
    var inFlight = 0
    var maxConcurrent = 0
    var byStatus: [String: Int] = [:]
    var distinctBodies = 0
    /// Calls whose body had been seen before.
    var repeatedCalls = 0
    var maxCallsPerBody = 0
    /// Usage of all answers that were, or are to be, given.
    var inputTokens = 0
    var outputTokens = 0
    var tags: [String: Int] = [:]

    mutating func count(_ verdict: Verdict, occurrence: Int, tag: String?) {
        calls += 1
        byStatus[verdict.action.label, default: 0] += 1
        if occurrence == 1 { distinctBodies += 1 } else { repeatedCalls += 1 }
        maxCallsPerBody = max(maxCallsPerBody, occurrence)
        if verdict.isAtWork { inFlight += 1 }
        maxConcurrent = max(maxConcurrent, inFlight)
        if case .answer(let answer) = verdict.action {
            inputTokens += answer.usage.input
            outputTokens += answer.usage.output
        }
        if let tag, tags[tag] != nil || tags.count < Self.maxTags { tags[tag, default: 0] += 1 }
    }

    /// The answer of `GET /simulator/statistics`.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("calls", calls)
            writer.member("in_flight", inFlight)
            writer.member("max_concurrent", maxConcurrent)
            writer.counts("by_status", byStatus)
            writer.member("distinct_bodies", distinctBodies)
            writer.member("repeated_calls", repeatedCalls)
            writer.member("max_calls_per_body", maxCallsPerBody)
            writer.member("input_tokens", inputTokens)
            writer.member("output_tokens", outputTokens)
            writer.counts("tags", tags)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func counts(_ name: String, _ counts: [String: Int]) {
        key(name)
        object { writer in
            for (key, count) in counts.sorted(by: { $0.key < $1.key }) { writer.member(key, count) }
        }
    }
}
