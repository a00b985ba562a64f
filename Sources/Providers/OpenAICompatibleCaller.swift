import Fetch
import JSON
import Penstock

/// Calls targets that speak the OpenAI dialect: the body goes out as it came, with the model spliced in.
struct OpenAICompatibleCaller: ProviderCaller {
    private let client: FetchClient
    private let clock: WallClock

    init(client: FetchClient, clock: WallClock) {
        self.client = client
        self.clock = clock
    }

    func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport {
        guard let body = Self.body(body, for: target) else { return CallReport(.noObject) }
        do {
            let request = FetchRequest.post(
                target.baseURL + endpoint.pathBelowVersion,
                body,
                bearer: target.apiKey,
                headers: FetchHeaders().joined(with: headers),
                within: timeout
            )
            let response = try await client.fetch(request)
            let now = clock.now()
            let outcome = AnswerReader.read(
                status: response.status,
                body: response.body,
                at: now,
                header: { response.headers[$0] }
            )
            return CallReport(outcome, response, at: now)
        } catch {
            return CallReport(.failed(CallFailure(error)))
        }
    }

    /// The body with the target's model in place of the alias, everything else byte-identical.
    static func body(_ body: [UInt8], for target: Target) -> [UInt8]? {
        guard let document = try? JSONDocument(parsing: body), let model = document.root["model"] else { return nil }
        guard let name = target.model, name != model.string else { return body }
        var writer = JSONWriter()
        writer.string(name)
        return document.replacing(model, with: writer.bytes)
    }
}

extension FetchRequest {
    /// Longest answer that is accepted.
    private static let maxResponseBytes = 32 << 20

    /// A call of a provider with a JSON body.
    static func post(
        _ url: String,
        _ body: [UInt8],
        bearer: Secret?,
        headers: FetchHeaders,
        within timeout: Duration
    ) -> FetchRequest {
        var headers = headers
        headers.add("Content-Type", "application/json")
        headers.add("Accept", "application/json")
        if let bearer { headers.add("Authorization", "Bearer \(bearer.revealed)") }
        return FetchRequest(
            method: "POST",
            url: url,
            headers: headers,
            body: body,
            totalTimeout: timeout,
            maxResponseBytes: maxResponseBytes
        )
    }
}

extension FetchHeaders {
    /// With a caller's headers. What is there under the same name comes first, as in one list.
    func joined(with passed: ProviderHeaders) -> FetchHeaders {
        let joined = fields.map { field in
            let more = passed.values[field.name.lowercased()]
            return (name: field.name, value: more.map { "\(field.value),\($0)" } ?? field.value)
        }
        return FetchHeaders(joined + passed.fields.filter { self[$0.name] == nil })
    }
}

extension CallReport {
    /// The report of a call that was answered.
    ///
    /// - Parameter now: when the answer came.
    init(_ outcome: CallOutcome, _ response: FetchResponse, at now: Timestamp) {
        self.init(
            outcome,
            signals: RateSignalReader.read({ response.headers[$0] }, at: now),
            firstByte: response.timing.firstByte,
            serviceTime: response.timing.total
        )
    }
}

extension CallOutcome {
    /// A request that cannot be sent at all.
    static var noObject: CallOutcome {
        let error = JobError(.callerInvalidRequest, "The request's body is not a JSON object.")
        return .failed(CallFailure(error: error, mayHaveBeenSent: false))
    }
}

extension CallFailure {
    /// A call that got no answer.
    init(_ error: FetchError) {
        let errorClass: ErrorClass =
            switch error.code {
            case .timedOut, .idleTimedOut: .providerTimeout
            case .responseTooLarge, .protocolError: .providerInvalidAnswer
            case .cancelled: .callerCancelled
            case .invalidRequest: .penstockInternal
            default: .providerConnectionFailed
            }
        let what =
            errorClass == .providerInvalidAnswer
            ? "The provider's answer could not be read" : "The provider could not be reached"
        self.init(
            error: JobError(errorClass, "\(what): \(error.message)"),
            mayHaveBeenSent: error.requestMayHaveBeenSent
        )
    }
}
