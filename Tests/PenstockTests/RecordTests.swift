import Penstock
import Testing

@Suite struct RecordTests {
    @Test(arguments: [CallReport].all)
    func aCallsReportComesBackAsItWas(report: CallReport) throws {
        #expect(try CallReportRecord.decode(CallReportRecord.encode(report)) == report)
    }

    @Test func anOrderComesBackAsItWas() throws {
        let order = CallOrder(target: "t-1.a", endpoint: .responses, timeout: .seconds(90), body: [10, 10, 0, 255])
        #expect(try CallOrder.decode(order.encode()) == order)
        var withHeaders = order
        withHeaders.headers = ProviderHeaders(["openai-beta": "a=1, b=\"2\"", "x-note": ""])
        #expect(try CallOrder.decode(withHeaders.encode()) == withHeaders)
    }

    @Test(arguments: [#"["a"]"#, #"{"a":1}"#, #""a""#])
    func headersThatNobodyWroteAreDamage(json: String) {
        let text = #"{"target":"t","endpoint":"/v1/responses","timeout_ms":1,"headers":\#(json)}"# + "\n{}"
        #expect(throws: DamagedRecord.self) { try CallOrder.decode(Array(text.utf8)) }
    }

    @Test(arguments: [Completion].all)
    func aCompletionComesBackAsItWas(completion: Completion) throws {
        let again = try CompletionRecord.decode(CompletionRecord.encode(completion))
        #expect(again.attempt == completion.attempt && again.terminal == completion.terminal)
    }

    @Test(arguments: ["", "{}", "{\n", "nonsense\n", "{\"attempt\":{}}\n", "{\"terminal\":{\"job\":\"j\"}}\n"])
    func whatNobodyWroteIsNoCompletion(text: String) {
        #expect(throws: DamagedRecord.self) { try CompletionRecord.decode(Array(text.utf8)) }
    }

    @Test(arguments: ["", "{}\n", "{\"error\":\"no_such_class\",\"message\":\"m\"}\n"])
    func whatNobodyWroteIsNoReport(text: String) {
        #expect(throws: DamagedRecord.self) { try CallReportRecord.decode(Array(text.utf8)) }
    }
}

extension [CallReport] {
    fileprivate static var all: Self {
        let response = ProviderResponse(statusCode: 200, requestID: "req", body: [UInt8]("{\"a\":\"\n\"}\n\n".utf8))
        let usage = Usage(input: 10, cachedInput: 1, cacheWrite: 2, output: 5, reasoning: 3)
        let signals = RateSignals(
            requests: .init(limit: 10, remaining: 0, reset: .milliseconds(1500)),
            tokens: .init(),
            outputTokens: .init(remaining: 7)
        )
        let refusal = CallFailure(
            error: JobError(.providerRateLimited, "slow \"down\"\nplease"),
            response: response,
            retryAfter: .milliseconds(250),
            refusesRetry: true,
            mayHaveBeenSent: true
        )
        let silence = CallFailure(error: JobError(.providerTimeout, "nothing came"), mayHaveBeenSent: false)
        return [
            CallReport(
                .succeeded(response, usage: usage),
                signals: signals,
                firstByte: .seconds(1),
                serviceTime: .seconds(2)
            ),
            CallReport(.succeeded(response, usage: nil)),
            CallReport(.failed(refusal), signals: RateSignals()),
            CallReport(.failed(silence)),
        ]
    }
}

extension [Completion] {
    fileprivate static var all: Self {
        let plain = Samples.job()
        var rich = Samples.job(line: BatchLine(batch: BatchID("batch_b"), number: 7, customID: "ü \"x\"\n"))
        rich.metadata = [UInt8](#"{"k":"v \n"}"#.utf8)
        rich.tags = JobTags(feature: nil, customer: "c")
        rich.webhook = WebhookTarget(url: "https://example.com/hook", secret: Secret("whsec_x"))
        let response = ProviderResponse(statusCode: 200, requestID: "req", body: [UInt8]("{\n}\n".utf8))
        let won = TerminalRow(of: rich, state: .succeeded, finishedAt: Samples.now, response: response, attempts: 2)
        let lost = TerminalRow(
            of: plain,
            state: .failed,
            finishedAt: Samples.now,
            error: JobError(.penstockPoison, "gone"),
            attempts: 1
        )
        var attempt = AttemptRow(
            of: Samples.taken(rich),
            on: Samples.target(),
            pool: PoolName("p"),
            startedAt: Samples.now,
            now: Samples.now.adding(.seconds(2)),
            priceVersion: "v1"
        )
        let unknown = attempt
        attempt.outcome = .failed(.providerOverloaded)
        attempt.statusCode = 529
        attempt.usage = Usage(input: 1, output: 2)
        attempt.cost = Nanodollars(12)
        return [
            Completion(attempt: attempt, terminal: won), Completion(attempt: unknown, terminal: nil),
            Completion(attempt: nil, terminal: lost),
        ]
    }
}
