import JSON
import Penstock
import Testing

struct BatchTransitionTests {
    private let later = Samples.now.adding(.seconds(60))

    private func running() -> BatchRecord {
        var batch = Samples.batch()
        batch.own(by: "s1", until: later)
        batch.start(total: 3, linesPerPool: [PoolName("p"): 3], model: "m", at: Samples.now)
        return batch
    }

    private func summary(_ counts: BatchCounts) -> BatchSummary {
        BatchSummary(counts: counts, usage: .zero, cost: Nanodollars(0), unknownCosts: 0)
    }

    @Test func theStraightWay() {
        var batch = running()
        #expect(batch.state == .inProgress && batch.total == 3 && batch.inProgressAt == Samples.now)
        batch.beginFinalizing(at: later)
        #expect(batch.state == .finalizing && batch.finalizingAt == later)
        batch.finish(summary(BatchCounts(succeeded: 2, failed: 1)), output: FileID("o"), errors: nil, at: later)
        #expect(batch.state == .completed && batch.completedAt == later && batch.outputFile == FileID("o"))
        #expect(batch.owner == nil && batch.ownedUntil == nil && batch.state.isTerminal)
    }

    @Test func aBadFileFails() {
        var batch = Samples.batch()
        batch.own(by: "s1", until: later)
        batch.fail([BatchLineError(code: "c", line: 1, message: "m")], at: later)
        #expect(batch.state == .failed && batch.failedAt == later && batch.owner == nil && batch.errors.count == 1)
    }

    @Test func cancellingWins() {
        var batch = running()
        #expect(batch.outcomeForRest(at: Samples.now) == nil)
        let isCancelled = batch.cancel(at: later)
        #expect(isCancelled && batch.state == .cancelling)
        #expect(batch.outcomeForRest(at: Samples.now) == .cancelled)
        let again = batch.cancel(at: later.adding(.seconds(1)))
        #expect(again && batch.cancellingAt == later)
        batch.beginFinalizing(at: later)
        batch.finish(summary(BatchCounts(succeeded: 3)), output: nil, errors: nil, at: later)
        #expect(batch.state == .cancelled && batch.cancelledAt == later)
        let cancelledTwice = batch.cancel(at: later)
        #expect(cancelledTwice)
    }

    @Test func aCancellationDuringValidationIsKept() {
        var batch = Samples.batch()
        _ = batch.cancel(at: later)
        batch.start(total: 1, linesPerPool: [:], model: nil, at: later)
        #expect(batch.state == .cancelling)
    }

    @Test(arguments: [BatchState.failed, .completed, .expired])
    func anEndedBatchIsNotCancelled(_ state: BatchState) {
        var batch = running()
        batch.state = state
        let isCancelled = batch.cancel(at: later)
        #expect(!isCancelled && batch.state == state)
    }

    @Test func theWindowEnds() {
        var batch = running()
        #expect(batch.outcomeForRest(at: Timestamp(milliseconds: batch.expiresAt.milliseconds - 1)) == nil)
        #expect(batch.outcomeForRest(at: batch.expiresAt) == .expired)
        batch.finish(summary(BatchCounts(succeeded: 2, expired: 1)), output: nil, errors: nil, at: batch.expiresAt)
        #expect(batch.state == .expired)
        var late = running()
        late.finish(summary(BatchCounts(succeeded: 3)), output: nil, errors: nil, at: late.expiresAt)
        #expect(late.state == .completed)
    }

    @Test func oneSchedulerDrives() {
        var batch = running()
        #expect(batch.mayBeDriven(by: "s1", at: Samples.now))
        #expect(!batch.mayBeDriven(by: "s2", at: Samples.now))
        #expect(batch.mayBeDriven(by: "s2", at: later))
        batch.state = .completed
        #expect(!batch.mayBeDriven(by: "s1", at: later))
    }
}

struct BatchResultTests {
    private func line(_ row: TerminalRow) -> String { String(decoding: row.result?.outputLine() ?? [], as: UTF8.self) }

    private func row(_ state: TerminalState, _ response: ProviderResponse? = nil, _ error: JobError? = nil)
        -> TerminalRow
    {
        let line = BatchLine(batch: BatchID("batch_b"), number: 4, customID: "é\"4")
        return TerminalRow(
            of: Samples.job(line: line),
            state: state,
            finishedAt: Samples.now,
            response: response,
            error: error,
            attempts: 1
        )
    }

    @Test func aSuccessHasItsAnswerByteByByte() {
        let response = ProviderResponse(statusCode: 200, requestID: "r", body: Array(#"{ "a": 1.0 }"#.utf8))
        #expect(
            line(row(.succeeded, response))
                == #"{"id":"batch_req_b_4","custom_id":"é\"4","response":{"status_code":200,"request_id":"r","#
                + #""body":{ "a": 1.0 }},"error":null}"#
        )
        #expect(row(.succeeded, response).kind == .output)
    }

    /// Readers such as Python's `str.splitlines` break at these characters, too.
    @Test(arguments: ["\u{2028}", "\u{2029}", "\u{85}"])
    func aLineBreaksNowhere(_ separator: String) throws {
        let content = "first\(separator)second\(separator)"
        let response = ProviderResponse(statusCode: 200, requestID: "r", body: Array("{\"a\":\"\(content)\"}".utf8))
        var answered = row(.succeeded, response)
        answered.line = BatchLine(batch: BatchID("batch_b"), number: 4, customID: content)
        let failed = row(.failed, nil, JobError(.callerInvalidRequest, content))
        for text in [line(answered), line(failed)] {
            #expect(!text.contains { $0.isNewline })
        }
        let root = try JSONDocument(parsing: Array(line(answered).utf8)).root
        #expect(root["custom_id"]?.string == content)
        #expect(root.path("response", "body", "a")?.string == content)
        #expect(try JSONDocument(parsing: Array(line(failed).utf8)).root.path("error", "message")?.string == content)
    }

    @Test func aProvidersErrorStandsInTheResponse() {
        let response = ProviderResponse(statusCode: 400, requestID: "r", body: Array("{}".utf8))
        let failed = row(.failed, response, JobError(.callerInvalidRequest, "no"))
        #expect(line(failed).contains(#""status_code":400"#) && line(failed).hasSuffix(#""error":null}"#))
        #expect(failed.kind == .errors)
    }

    @Test(arguments: [
        (TerminalState.failed, "provider_timeout"), (.expired, "batch_expired"), (.cancelled, "batch_cancelled"),
    ])
    func aLineWithoutAnswerSaysWhy(_ state: TerminalState, _ code: String) throws {
        let text = line(row(state, nil, JobError(.providerTimeout, "late")))
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(root["response"]?.isNull == true)
        #expect(root.path("error", "code")?.string == code)
        #expect(root.path("error", "message")?.string?.isEmpty == false)
    }

    @Test func anExpiredLineShowsNoAnswer() {
        let response = ProviderResponse(statusCode: 429, requestID: "r", body: Array("{}".utf8))
        #expect(line(row(.expired, response)).contains(#""response":null"#))
    }

    @Test func countsAddUp() {
        var counts = BatchCounts()
        for (number, state) in TerminalState.allCases.enumerated() { counts.add(number + 1, state) }
        #expect(counts == BatchCounts(succeeded: 1, failed: 2, expired: 3, cancelled: 4))
        #expect(counts.finished == 10 && counts.unsuccessful == 9)
    }
}
