package import JSON

/// How a line of a batch ended: what callers read of its terminal row in the batch's results.
package struct BatchResult: Sendable, Equatable {
    package var line: BatchLine
    package var state: TerminalState
    /// The provider's answer, also when it is an error; nil when no provider answered.
    package var response: ProviderResponse?
    /// Why it did not succeed; nil when it did.
    package var error: JobError?

    package init(line: BatchLine, state: TerminalState, response: ProviderResponse?, error: JobError?) {
        self.line = line
        self.state = state
        self.response = response
        self.error = error
    }

    /// The result as one line of the batch's output or error file, without the line feed.
    package func outputLine() -> [UInt8] {
        var writer = JSONWriter()
        writeOutputLine(to: &writer)
        return writer.bytes
    }

    /// Appends what `outputLine` returns.
    package func writeOutputLine(to writer: inout JSONWriter) {
        writer.onOneLine { writer in writer.object(writeMembers) }
    }

    private func writeMembers(to writer: inout JSONWriter) {
        writer.member("id", JobID(batch: line.batch, line: line.number).text)
        writer.member("custom_id", line.customID)
        writer.key("response")
        writeResponse(to: &writer)
        writer.key("error")
        writeError(to: &writer)
    }

    private func writeResponse(to writer: inout JSONWriter) {
        guard let response, state == .succeeded || state == .failed else { return writer.null() }
        writer.object { writer in
            writer.member("status_code", response.statusCode)
            writer.member("request_id", response.requestID)
            writer.key("body")
            writer.raw(response.body)
        }
    }

    private func writeError(to writer: inout JSONWriter) {
        // A provider's error answer stands in `response`, as OpenAI does it; `error` is for lines without an answer.
        guard state != .succeeded, response == nil || state != .failed else { return writer.null() }
        writer.object { writer in
            writer.member("code", batchErrorCode)
            writer.member("message", batchErrorMessage)
        }
    }

    private var batchErrorCode: String {
        switch state {
        case .expired: "batch_expired"
        case .cancelled where error?.errorClass == .penstockMaxCostReached: ErrorClass.penstockMaxCostReached.rawValue
        case .cancelled: "batch_cancelled"
        case .succeeded, .failed: error?.errorClass.rawValue ?? ErrorClass.penstockInternal.rawValue
        }
    }

    private var batchErrorMessage: String {
        switch state {
        case .expired: "This request could not be executed before the completion window expired."
        case .cancelled where error?.errorClass == .penstockMaxCostReached: error?.message ?? ""
        case .cancelled: "This request was cancelled before it finished."
        case .succeeded, .failed: error?.message ?? "This request failed."
        }
    }
}

extension TerminalRow {
    /// The file of its batch in which this row is a line: rows with a 2xx answer, or the rest.
    package var kind: RowKind { state == .succeeded ? .output : .errors }

    /// What its batch's results tell of it; nil for a single job.
    package var result: BatchResult? {
        line.map { BatchResult(line: $0, state: state, response: response, error: error) }
    }
}
