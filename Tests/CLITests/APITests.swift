import JSON
import Testing

@testable import penstock

struct APITests {
    private func json(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://penstock.example/", "https://penstock.example"),
        ("https://penstock.example/v1", "https://penstock.example"), ("http://h/base/v1/", "http://h/base"),
    ]) func addresses(given: String, used: String) {
        #expect(ServerAddress(given)?.text == used)
    }

    @Test(arguments: ["", "127.0.0.1:8080", "ftp://h", "http://", "http://u:p@h", "http://h?x=1", "http://h h"])
    func otherAddressesAreRefused(given: String) {
        #expect(ServerAddress(given) == nil)
    }

    @Test func queriesAreEncoded() {
        let url = ServerAddress("http://h")?.url("/v1/jobs", query: [("a", "x&y=z é"), ("b", "1-._~")])
        #expect(url == "http://h/v1/jobs?a=x%26y%3Dz%20%C3%A9&b=1-._~")
    }

    @Test func idsThatCouldLeaveTheirPathAreRefused() {
        #expect(ObjectID("batch_1")?.isBatch == true)
        #expect(ObjectID("batch_req_1_2")?.isBatch == false)
        #expect(ObjectID("job_1")?.isBatch == false)
        for text in ["", "..", "a/b", "a?b", "a%2F", "é"] { #expect(ObjectID(text) == nil) }
    }

    @Test func keysAreOneWord() throws {
        #expect(try APIKey(text: " psk_1\n", origin: "f").secret == "psk_1")
        #expect("\(try APIKey(text: "psk_1", origin: "f"))" == "API key from f")
        for text in ["", " \n", "a b", "k\u{7F}"] {
            #expect(throws: CLIError.self) { try APIKey(text: text, origin: "f") }
        }
    }

    @Test func busyAnswersAreRepeatedAsTheServerAsks() {
        let retry = ExchangeRetry(waits: [.seconds(1), .seconds(2)])
        func wait(_ status: Int, _ asked: String?, _ tries: Int, repeatable: Bool = true) -> Duration? {
            retry.wait(afterStatus: status, retryAfter: asked, tries: tries, isRepeatable: repeatable)
        }
        #expect(wait(503, nil, 1) == .seconds(1))
        #expect(wait(429, nil, 2) == .seconds(2))
        #expect(wait(429, nil, 3) == nil)
        #expect(wait(429, "7", 1) == .seconds(7))
        #expect(wait(429, "0", 1) == .seconds(1))
        #expect(wait(429, "61", 1) == nil)
        #expect(wait(503, "1", 1, repeatable: false) == nil)
        for status in [200, 400, 401, 404, 409, 500] { #expect(wait(status, nil, 1) == nil) }
    }

    @Test(arguments: [
        ("completed", 0, CommandStatus.success), ("completed", 1, .partlyFailed), ("expired", 0, .partlyFailed),
        ("cancelled", 0, .partlyFailed), ("failed", 0, .invalidInput),
    ]) func exitCodeOfABatch(status: String, failed: Int, expected: CommandStatus) throws {
        let batch = try Batch(json(Samples.batch(status, completed: 2 - failed, failed: failed)))
        #expect(batch.isTerminal)
        #expect(batch.verdict == expected)
    }

    @Test(arguments: ["validating", "in_progress", "finalizing", "cancelling"]) func otherBatchesGoOn(status: String)
        throws
    {
        #expect(try !Batch(json(Samples.batch(status))).isTerminal)
    }

    @Test(arguments: [
        ("succeeded", CommandStatus.success), ("failed", .partlyFailed), ("expired", .partlyFailed),
        ("cancelled", .partlyFailed),
    ]) func exitCodeOfAJob(state: String, expected: CommandStatus) throws {
        let job = try JobView(json(Samples.job(state)))
        #expect(job.isTerminal)
        #expect(job.verdict == expected)
    }

    @Test func whatIsNoBatchIsRefused() throws {
        #expect(throws: CLIError.self) { try Batch(json(#"{"id":"batch_1"}"#)) }
        #expect(throws: CLIError.self) { try JobView(json(#"{"state":"failed"}"#)) }
    }

    @Test(arguments: [
        ("deadline_unmeetable", "Give it a later deadline, queue it anyway (--queue-anyway), or come back in 12s."),
        ("pool_jobs_limit", "It is not taken in now; come back in 12s."),
    ]) func refusalsAtTheDoorSayWhenToComeBack(code: String, hint: String) {
        let failure = ServerFailure(
            status: 429,
            message: "Full.",
            code: code,
            param: nil,
            requestID: nil,
            keyOrigin: "x",
            retryAfter: .seconds(12)
        )
        #expect(failure.text == "Full.\n\(hint)\n(HTTP 429, \(code))")
    }

    @Test func errorsSayWhatHelps() {
        let failure = ServerFailure(
            status: 401,
            message: "No such key.\u{1B}[2J",
            code: "invalid_api_key",
            param: nil,
            requestID: "req_9",
            keyOrigin: "PENSTOCK_API_KEY"
        )
        #expect(
            CLIError.server(failure).text == """
                No such key.\u{FFFD}[2J
                The API key came from PENSTOCK_API_KEY. Check it, or set PENSTOCK_API_KEY or --api-key-file.
                (HTTP 401, invalid_api_key, request req_9)
                """
        )
    }

    @Test func aBatchThatWillMissItsDeadlineIsToldEarly() throws {
        func forecast(finished: Int, now: Int) throws -> BatchForecast? {
            let times = #""in_progress_at":1000,"expires_at":2000"#
            let counts = #""request_counts":{"total":100,"completed":\#(finished),"failed":0}"#
            let batch = try Batch(json(#"{"id":"batch_1","status":"in_progress",\#(times),\#(counts)}"#))
            return BatchForecast(batch, now: now)
        }
        #expect(try forecast(finished: 0, now: 1100) == nil)
        #expect(try forecast(finished: 100, now: 1100) == nil)
        #expect(try forecast(finished: 10, now: 1100)?.remaining == .seconds(900))
        #expect(try forecast(finished: 10, now: 1100)?.isTooLate == false)
        #expect(try forecast(finished: 9, now: 1100)?.isTooLate == true)
        #expect(try forecast(finished: 9, now: 1100)?.text.hasSuffix("it will miss its deadline") == true)
    }

    @Test(arguments: [
        (#""position":12,"expected_start_in_seconds":39.2"#, "; 12 jobs of yours go before it; starts in about 40s"),
        (#""position":1,"expected_start_in_seconds":0"#, "; 1 job of yours goes before it; starts in about 0s"),
        (#""position":0,"expected_start_in_seconds":3700"#, "; none of yours goes before it; starts in about 1h 01m"),
        (#""position":null,"expected_start_in_seconds":null"#, ""), (#""x":1"#, ""),
        (#""position":2,"expected_start_in_seconds":1e300"#, "; 2 jobs of yours go before it"),
        (#""expected_start_in_seconds":-5"#, ""),
    ]) func waitingIsToldInWords(facts: String, words: String) throws {
        let wait = try #require(WaitText(json(#"{"waiting_for":"tokens",\#(facts)}"#)))
        #expect(wait.sentence == "tokens of the rate limit (tokens)" + words)
        #expect(try WaitText(json(#"{"waiting_for":null,\#(facts)}"#)) == nil)
    }

    @Test func waitingInAListIsBrief() throws {
        let facts = #""position":1234,"expected_start_in_seconds":40"#
        #expect(try WaitText(json(#"{"waiting_for":"slots",\#(facts)}"#))?.brief == "slots, 1,234 before it, about 40s")
        #expect(try WaitText(json(#"{"waiting_for":"paused","position":0}"#))?.brief == "paused")
    }

    @Test func aDeadlineThatCannotBeMetIsTheCallersDecision() {
        let retry = ExchangeRetry(waits: [.seconds(1)])
        func wait(_ code: String?) -> Duration? {
            retry.wait(afterStatus: 429, code: code, retryAfter: "7", tries: 1, isRepeatable: true)
        }
        #expect(wait("deadline_unmeetable") == nil)
        #expect(wait("tenant_jobs_limit") == .seconds(7))
        #expect(wait(nil) == .seconds(7))
    }

    @Test(arguments: [
        ("15m", DeadlineArgument.text("15m")), ("1700000000", .seconds(1_700_000_000)),
        ("2026-11-22T10:00:00Z", .text("2026-11-22T10:00:00Z")),
    ]) func deadlinesAreDurationsOrMoments(text: String, expected: DeadlineArgument) {
        #expect(DeadlineArgument(argument: text) == expected)
    }

    @Test(arguments: ["", "soon", "-5", "0", "0m", "2026-11-22", "tomorrowT10:00:00Z00000"])
    func otherDeadlinesAreRefused(text: String) {
        #expect(DeadlineArgument(argument: text) == nil)
    }

    @Test func unknownReasonsForWaitingAreShownAsTheyAre() {
        #expect(WaitReason.words("tokens") == "tokens of the rate limit (tokens)")
        #expect(WaitReason.words("something_new") == "something_new")
    }

    @Test func formIsFramedByItsBoundary() throws {
        var chunks = ["{\"a\":1}\n", "{\"a\":2}\n"].map { Array($0.utf8) }
        let form = try MultipartForm(
            fields: [("purpose", "batch")],
            filename: "a\"b\r\n.jsonl",
            sizeHint: 16,
            boundary: "XX"
        ) { () throws(SystemError) in chunks.isEmpty ? [] : chunks.removeFirst() }
        let expected = [
            "--XX", "Content-Disposition: form-data; name=\"purpose\"", "", "batch", "--XX",
            "Content-Disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A.jsonl\"",
            "Content-Type: application/jsonl", "", "{\"a\":1}\n{\"a\":2}\n", "--XX--", "",
        ]
        #expect(String(decoding: form.bytes, as: UTF8.self) == expected.joined(separator: "\r\n"))
        #expect(form.contentType == "multipart/form-data; boundary=XX")
    }

    @Test func costsWithoutPricesAreUnknown() throws {
        let rows = try json(#"[{"key":null,"calls":1234,"input_tokens":5,"cost_usd":"0.5","unknown_costs":2}]"#)
        let table = CostTable.table(Array(rows.elements), total: nil, by: "feature")
        #expect(
            table.lines(width: nil, colour: false)[1]
                == "(none)   1,234      5       -       -          -  $0.5000        2"
        )
    }
}
