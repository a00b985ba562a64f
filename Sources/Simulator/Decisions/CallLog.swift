import JSON
import Penstock

/// The latest calls, in the order they were received.
struct CallLog: Sendable {
    /// Calls in one answer of `GET /simulator/calls`.
    static let pageSize = 1000

    /// One call.
    struct Entry: Sendable, Equatable {
        /// From 1, without gaps.
        var sequence: Int
        /// Of the body, in hexadecimal.
        var hash: String
        /// The how-many-eth call with this body.
        var occurrence: Int
        var endpoint: SimulatedAPI
        var model: String?
        var status: Int?
        /// The status, or what happened in its place: `reset`, `hang`, `malformed`.
        var outcome: String
        var tag: String?
        var headers: ProviderHeaders
        /// What the limit of tokens was charged.
        var inputTokens: Int
        var outputTokens: Int
        /// When the call was received.
        var time: Timestamp
        var latency: Duration
    }

    /// A ring once it is full.
    private var entries: [Entry] = []
    private var count = 0
    private let capacity: Int

    /// - Parameter capacity: calls to keep, at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    mutating func append(_ call: ReceivedCall, _ verdict: Verdict, occurrence: Int) {
        count += 1
        let entry = Entry(
            sequence: count,
            hash: String(call.dice.seed, radix: 16),
            occurrence: occurrence,
            endpoint: call.endpoint,
            model: call.request?.model,
            status: verdict.action.status,
            outcome: verdict.action.label,
            tag: call.request?.instructions.tag,
            headers: call.headers,
            inputTokens: verdict.charged.input,
            outputTokens: verdict.charged.output,
            time: verdict.time,
            latency: verdict.latency
        )
        if entries.count < capacity { entries.append(entry) } else { entries[(count - 1) % capacity] = entry }
    }

    /// The oldest kept calls with a sequence number above `sequence`, at most a page.
    func entries(after sequence: Int) -> [Entry] {
        let first = max(sequence, 0, count - entries.count)
        guard first < count else { return [] }
        return (first..<min(count, first + Self.pageSize)).map { entries[$0 % capacity] }
    }

    /// The answer of `GET /simulator/calls?after=SEQUENCE`.
    func body(after sequence: Int) -> [UInt8] {
        let page = entries(after: sequence)
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("calls")
            writer.array { writer in
                for entry in page { writer.callLogEntry(entry) }
            }
            writer.member("last_sequence", page.last?.sequence ?? sequence)
            writer.member("has_more", (page.last?.sequence ?? count) < count)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func callLogEntry(_ entry: CallLog.Entry) {
        object { writer in
            writer.member("sequence", entry.sequence)
            writer.member("hash", entry.hash)
            writer.member("occurrence", entry.occurrence)
            writer.member("endpoint", entry.endpoint.rawValue)
            writer.member("model", entry.model)
            writer.member("status", entry.status)
            writer.member("outcome", entry.outcome)
            writer.member("tag", entry.tag)
            writer.key("headers")
            writer.raw(entry.headers.json)
            writer.member("input_tokens", entry.inputTokens)
            writer.member("output_tokens", entry.outputTokens)
            writer.member("time_ms", entry.time.milliseconds)
            writer.member("latency_ms", entry.latency.wholeMilliseconds)
        }
    }
}
