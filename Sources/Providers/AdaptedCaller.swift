import Fetch
import JSON
import Penstock
import Threads

/// Calls targets whose family has an adapter: the request goes through it, and so does the answer, unless the provider
/// speaks the endpoint by itself.
struct AdaptedCaller: Sendable {
    private let client: FetchClient
    private let library: AdapterLibrary
    private let threads: JQThreads
    private let clock: WallClock

    init(client: FetchClient, library: AdapterLibrary, threads: JQThreads, clock: WallClock) {
        self.client = client
        self.library = library
        self.threads = threads
        self.clock = clock
    }

    /// Whether the target's provider speaks an endpoint by itself.
    func isNative(_ endpoint: Endpoint, at target: Target) -> Bool {
        library.family(target.adapter)?.nativePaths[endpoint] != nil
    }

    /// - Parameter headers: are left out where the request is translated.
    func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport {
        let family = library.family(target.adapter)
        if let family, let path = family.nativePaths[endpoint] {
            return await callNatively(target, family, path, body, headers, timeout)
        }
        guard let family, let path = family.paths[endpoint] else {
            let message = "The target `\(target.name)` does not serve \(endpoint.rawValue)."
            return Self.notSent(JobError(.callerInvalidRequest, message))
        }
        guard let named = OpenAICompatibleCaller.body(body, for: target) else { return CallReport(.noObject) }
        let run = AdapterRun(family: family, threads: threads)
        do throws(Untranslated) {
            let translated = try await run.request(named)
            return await send(request(target, family, path, translated, ProviderHeaders(), timeout)) { response, now in
                await Self.read(
                    status: response.status,
                    body: response.body,
                    through: run,
                    at: now,
                    header: { response.headers[$0] }
                )
            }
        } catch {
            return Self.notSent(error.error)
        }
    }

    private func callNatively(
        _ target: Target,
        _ family: AdapterFamily,
        _ path: String,
        _ body: [UInt8],
        _ headers: ProviderHeaders,
        _ timeout: Duration
    ) async -> CallReport {
        guard let named = OpenAICompatibleCaller.body(body, for: target) else { return CallReport(.noObject) }
        let run = AdapterRun(family: family, threads: threads)
        return await send(request(target, family, path, named, headers, timeout)) { response, now in
            await Self.readNatively(
                status: response.status,
                body: response.body,
                through: run,
                at: now,
                header: { response.headers[$0] }
            )
        }
    }

    private func send(
        _ request: FetchRequest,
        reading read: (FetchResponse, Timestamp) async -> CallOutcome
    ) async -> CallReport {
        do {
            let response = try await client.fetch(request)
            let now = clock.now()
            return CallReport(await read(response, now), response, at: now)
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

    /// The outcome of an HTTP answer that its caller gets as it came: the family only says what it means.
    static func readNatively(
        status: Int,
        body: [UInt8],
        through run: AdapterRun,
        at now: Timestamp,
        header: @Sendable (String) -> String?
    ) async -> CallOutcome {
        guard (200...299).contains(status) else {
            let outcome = await read(status: status, body: body, through: run, at: now, header: header)
            guard case .failed(var failure) = outcome else { return outcome }
            if (try? JSONDocument(parsing: body, limits: AnswerReader.limits)) != nil { failure.response?.body = body }
            return .failed(failure)
        }
        let outcome = AnswerReader.read(status: status, body: body, at: now, header: header)
        guard case .succeeded(let response, _) = outcome else { return outcome }
        return .succeeded(response, usage: await run.usage(body))
    }

    private func request(
        _ target: Target,
        _ family: AdapterFamily,
        _ path: String,
        _ body: [UInt8],
        _ passed: ProviderHeaders,
        _ timeout: Duration
    ) -> FetchRequest {
        var headers = FetchHeaders(family.headers).joined(with: passed)
        if let key = target.apiKey, let name = family.keyHeader { headers.add(name, key.revealed) }
        let bearer = family.keyHeader == nil ? target.apiKey : nil
        return .post(target.baseURL + path, body, bearer: bearer, headers: headers, within: timeout)
    }

    private static func notSent(_ error: JobError) -> CallReport {
        CallReport(.failed(CallFailure(error: error, mayHaveBeenSent: false)))
    }
}
