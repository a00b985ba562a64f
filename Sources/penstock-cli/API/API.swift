import Fetch
import JSON
import Logging

/// The server's HTTP API: authenticated exchanges with retries and decoded errors.
struct API: Sendable {
    /// Most bytes of a JSON answer; files are streamed and not bound by it.
    static let maxResponseBytes = 256 << 20

    let address: ServerAddress
    private let key: APIKey
    private let client: FetchClient
    private var retry: ExchangeRetry
    /// How long a JSON answer is waited for.
    private var patience = Duration.seconds(90)
    private let notes: TextChannel

    /// - Throws: `CLIError.local` when the process is out of resources.
    init(address: ServerAddress, key: APIKey, notes: TextChannel, retry: ExchangeRetry = ExchangeRetry()) throws {
        var configuration = FetchConfiguration()
        configuration.userAgent = "penstock-cli"
        var logger = Logger(label: "penstock", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .error
        do {
            client = try FetchClient(configuration: configuration, logger: logger)
        } catch {
            throw CLIError.local("cannot start the HTTP client: \(error.message)")
        }
        self.address = address
        self.key = key
        self.retry = retry
        self.notes = notes
    }

    func shutdown() async {
        await client.shutdown()
    }

    /// The same server, for what is only an addition: asked once, and not waited for long.
    var brief: API {
        var api = self
        api.retry = .never
        api.patience = .seconds(5)
        return api
    }

    func get(_ path: String, query: [(name: String, value: String)] = []) async throws -> Answer {
        try await exchange(request("GET", path, query: query), isRepeatable: true)
    }

    /// - Parameters:
    ///   - body: a JSON text, or nil for none.
    ///   - idempotencyKey: makes repeating harmless; without it the call is repeated only if it was never sent.
    func post(_ path: String, body: [UInt8]? = nil, idempotencyKey: String? = nil, isRepeatable: Bool = false)
        async throws -> Answer
    {
        var request = request("POST", path, body: body)
        if let idempotencyKey { request.headers.add("Idempotency-Key", idempotencyKey) }
        return try await exchange(request, isRepeatable: isRepeatable || idempotencyKey != nil)
    }

    func put(_ path: String, body: [UInt8]) async throws -> Answer {
        try await exchange(request("PUT", path, body: body), isRepeatable: true)
    }

    func delete(_ path: String) async throws -> Answer {
        try await exchange(request("DELETE", path), isRepeatable: true)
    }

    /// Changes part of an object; the same change twice is one change.
    func patch(_ path: String, body: [UInt8]) async throws -> Answer {
        try await exchange(request("PATCH", path, body: body), isRepeatable: true)
    }

    /// Sends a form; takes as long as it takes while bytes move.
    func upload(_ path: String, form: MultipartForm) async throws -> Answer {
        var request = request("POST", path)
        request.headers.add("Content-Type", form.contentType)
        request.body = form.bytes
        request.totalTimeout = .seconds(6 * 3600)
        request.idleTimeout = .seconds(120)
        return try await exchange(request, isRepeatable: false)
    }

    /// Starts the download of a file; the body follows in pieces.
    func download(_ path: String) async throws -> FetchStream {
        var request = request("GET", path)
        request.totalTimeout = .seconds(24 * 3600)
        request.idleTimeout = .seconds(60)
        request.maxResponseBytes = .max
        let stream = try await repeating(request, isRepeatable: true, busy: { Busy($0.status, $0.headers) }) {
            (request) async throws(FetchError) in try await client.stream(request)
        }
        guard stream.status == 200 else { throw try await failure(of: stream) }
        return stream
    }

    /// Runs an exchange's continuation, with a broken connection told in this client's terms.
    func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as FetchError {
            throw CLIError.unreachable(address: address.text, reason: error)
        }
    }

    private func failure(of stream: FetchStream) async throws -> CLIError {
        var body: [UInt8] = []
        try await reading {
            for try await chunk in stream.chunks where body.count < 1 << 16 { body += chunk }
        }
        return .server(
            ServerFailure(status: stream.status, headers: stream.headers, body: body, keyOrigin: key.origin)
        )
    }

    private func request(
        _ method: String,
        _ path: String,
        query: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) -> FetchRequest {
        var request = FetchRequest(method: method, url: address.url(path, query: query), body: body)
        request.headers.add("Authorization", "Bearer \(key.secret)")
        if body != nil { request.headers.add("Content-Type", "application/json") }
        request.totalTimeout = patience
        request.maxResponseBytes = Self.maxResponseBytes
        return request
    }

    private func exchange(_ request: FetchRequest, isRepeatable: Bool) async throws -> Answer {
        let response = try await repeating(
            request,
            isRepeatable: isRepeatable,
            busy: { Busy($0.status, $0.headers, body: $0.body) }
        ) { (request) async throws(FetchError) in try await client.fetch(request) }
        guard (200...299).contains(response.status) else {
            throw CLIError.server(ServerFailure(response, keyOrigin: key.origin))
        }
        return try Answer(response)
    }

    /// What an answer says about coming back.
    private struct Busy {
        let status: Int
        let retryAfter: String?
        /// Of the error envelope; only read where asking again may make sense.
        var error: JSONValue?

        init(_ status: Int, _ headers: FetchHeaders, body: [UInt8] = []) {
            self.status = status
            retryAfter = headers["retry-after"]
            error = status == 429 ? (try? JSONDocument(parsing: body))?.root["error"] : nil
        }

        var text: String { error?.text("message")?.printable ?? "The server is busy (HTTP \(status))." }
    }

    private func repeating<Response>(
        _ request: FetchRequest,
        isRepeatable: Bool,
        busy: (Response) -> Busy,
        _ send: (FetchRequest) async throws(FetchError) -> Response
    ) async throws -> Response {
        var tries = 1
        while true {
            let wait: Duration
            do {
                let response = try await send(request)
                let answer = busy(response)
                guard
                    let asked = retry.wait(
                        afterStatus: answer.status,
                        code: answer.error?.text("code"),
                        retryAfter: answer.retryAfter,
                        tries: tries,
                        isRepeatable: isRepeatable
                    )
                else { return response }
                wait = asked
                if wait > .seconds(2) { notes.note("\(answer.text) Next try in \(TimeText.span(wait)).") }
            } catch {
                guard let own = retry.wait(afterFailure: error, tries: tries, isRepeatable: isRepeatable) else {
                    throw CLIError.unreachable(address: address.text, reason: error)
                }
                wait = own
            }
            try await Task.sleep(for: wait)
            tries += 1
        }
    }
}
