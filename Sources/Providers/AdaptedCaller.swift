import Fetch
import JSON
import Penstock
import Threads

/// Calls targets whose family has an adapter: the request goes through it, and so does the answer.
struct AdaptedCaller: Sendable {
    private let client: FetchClient
    private let library: AdapterLibrary
    private let threads: JQThreads
    private let clock: WallClock

    /// - Throws: when the system has no more threads.
    init(client: FetchClient, library: AdapterLibrary, clock: WallClock) throws(SystemCallError) {
        self.client = client
        self.library = library
        self.clock = clock
        threads = try JQThreads()
    }

    func call(_ target: Target, endpoint: Endpoint, body: [UInt8], within timeout: Duration) async -> CallReport {
        guard let family = library.family(target.adapter), let path = family.paths[endpoint] else {
            let message = "The target `\(target.name)` does not serve \(endpoint.rawValue)."
            return Self.notSent(JobError(.callerInvalidRequest, message))
        }
        guard let named = OpenAICompatibleCaller.body(body, for: target) else { return CallReport(.noObject) }
        let run = AdapterRun(family: family, threads: threads)
        do throws(Untranslated) {
            let translated = try await run.request(named)
            return await send(request(target, family, path, translated, timeout), through: run)
        } catch {
            return Self.notSent(error.error)
        }
    }

    private func send(_ request: FetchRequest, through run: AdapterRun) async -> CallReport {
        do {
            let response = try await client.fetch(request)
            let now = clock.now()
            let outcome = await Self.read(
                status: response.status,
                body: response.body,
                through: run,
                at: now,
                header: { response.headers[$0] }
            )
            return CallReport(outcome, response, at: now)
        } catch {
            return CallReport(.failed(CallFailure(error)))
        }
    }

    /// The outcome of an HTTP answer. What the family's program cannot make sense of is read as it came.
    static func read(
        status: Int,
        body: [UInt8],
        through run: AdapterRun,
        at now: Timestamp,
        header: @Sendable (String) -> String?
    ) async -> CallOutcome {
        let root = (try? JSONDocument(parsing: body, limits: AnswerReader.limits))?.root
        guard let root, root.kind == .object else {
            return AnswerReader.read(status: status, body: body, at: now, header: header)
        }
        guard (200...299).contains(status) else {
            let translated = await run.failure(status: status, body: body) ?? body
            return AnswerReader.read(status: status, body: translated, original: root, at: now, header: header)
        }
        do throws(Untranslated) {
            let (translated, usage) = try await run.response(body)
            let requestID = AnswerReader.requestID(header)
            return .succeeded(
                ProviderResponse(statusCode: status, requestID: requestID, body: translated),
                usage: usage
            )
        } catch {
            return .failed(CallFailure(error: error.error, mayHaveBeenSent: true))
        }
    }

    private func request(
        _ target: Target,
        _ family: AdapterFamily,
        _ path: String,
        _ body: [UInt8],
        _ timeout: Duration
    ) -> FetchRequest {
        var headers = FetchHeaders(family.headers)
        if let key = target.apiKey, let name = family.keyHeader { headers.add(name, key.revealed) }
        let bearer = family.keyHeader == nil ? target.apiKey : nil
        return .post(target.baseURL + path, body, bearer: bearer, headers: headers, within: timeout)
    }

    private static func notSent(_ error: JobError) -> CallReport {
        CallReport(.failed(CallFailure(error: error, mayHaveBeenSent: false)))
    }
}
