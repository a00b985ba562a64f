import JSON
import Logging
import Penstock
import ServiceLifecycle
import Telemetry
import TestTwins
import Testing

@testable import Intake

/// What an intake under test talks to.
struct Surroundings: Sendable {
    let ledger = InMemoryLedger()
    let queue = InMemoryQueue(PoolName("small"))
    let secondQueue = InMemoryQueue(PoolName("large"))
    let events = InMemoryEvents()
    let webhooks = ScriptedWebhookSender()
    let board = InMemoryFleetBoard()
    let health = Health(expecting: ["intake"])
    let log = CapturedLog()
    /// Of the pool `small`; the other one has none.
    var price: TokenPrice? = TokenPrice(input: Picodollars(1), output: Picodollars(1))
    /// Further aliases of the pool `small`.
    var aliases: [String] = []
    /// Of each target of the pool `small` whether it speaks Anthropic's Messages by itself.
    var speakMessages = [false]

    /// A request of 50,000 tokens is too large for the pool `small`.
    private var pools: [Pool] {
        let small = speakMessages.enumerated().map { number, speaks in
            var target = Samples.target("small-\(number + 1)", price: price)
            target.limitGroups = ["account"]
            if speaks { target.nativeEndpoints.insert(.messages) }
            return target
        }
        let limits = [LimitGroup(name: "account", tokensPerMinute: 50_000)]
        return [(queue.pool, small, limits), (secondQueue.pool, [Samples.target("large-1")], [])].map {
            Pool(name: $0, targets: $1, limitGroups: $2, classWeights: Pool.defaultClassWeights)
        }
    }

    var dependencies: IntakeDependencies {
        var routes = ["gpt-small": queue.pool, "gpt-large": secondQueue.pool]
        for alias in aliases { routes[alias] = queue.pool }
        return IntakeDependencies(
            ledger: ledger,
            queues: [queue.pool: queue, secondQueue.pool: secondQueue],
            events: events,
            webhooks: webhooks,
            topology: Topology(pools: pools, routes: routes),
            board: board,
            workerSets: [WorkerSet(name: .all, pools: [secondQueue.pool, queue.pool])],
            clock: WallClock { Self.now },
            health: health
        )
    }

    static var now: Timestamp {
        let time = WallTime.milliseconds
        return Timestamp(milliseconds: time)
    }
}

/// An intake that listens on a free port, and the keys of its callers.
@dynamicMemberLookup
struct TestIntake: Sendable {
    static let acme = "psk_acme"
    static let other = "psk_other"
    static let admin = "psk_admin"
    /// Belongs to acme and may only use the class `batch`.
    static let batchOnly = "psk_batch_only"

    let port: Int
    private let surroundings: Surroundings
    private let group: ServiceGroup

    subscript<Value>(dynamicMember path: KeyPath<Surroundings, Value>) -> Value { surroundings[keyPath: path] }

    /// Runs an intake for the time of `body`, then shuts it down gracefully.
    static func run(
        _ configuration: IntakeConfiguration = IntakeConfiguration(),
        isPriced: Bool = true,
        aliases: [String] = [],
        speakMessages: [Bool] = [false],
        _ body: (TestIntake) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var surroundings = Surroundings()
        if !isPriced { surroundings.price = nil }
        surroundings.aliases = aliases
        surroundings.speakMessages = speakMessages
        addKeys(to: surroundings.ledger)
        var configuration = configuration
        configuration.port = 0
        let service = IntakeService(
            configuration: configuration,
            dependencies: surroundings.dependencies,
            logger: surroundings.log.logger,
            onListening: { listening.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [service], logger: surroundings.log.logger))
        let running = Task { try await group.run() }
        let port = try #require(await ports.first { _ in true })
        do {
            try await body(TestIntake(port: port, surroundings: surroundings, group: group))
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    func shutDownGracefully() async { await group.triggerGracefulShutdown() }

    /// One request on a connection of its own.
    func ask(
        _ method: String,
        _ path: String,
        key: String? = TestIntake.acme,
        headers: [String] = [],
        body: [UInt8] = []
    ) async throws -> RawAnswer {
        let connection = try RawConnection(port: port)
        try await connection.send(Self.head(method, path, key: key, headers: headers, length: body.count))
        try await connection.send(body)
        return try await connection.receive(isHead: method == "HEAD")
    }

    func ask(_ method: String, _ path: String, key: String? = TestIntake.acme, headers: [String] = [], json: String)
        async throws -> RawAnswer
    {
        try await ask(method, path, key: key, headers: headers, body: Array(json.utf8))
    }

    /// Uploads a file and gives its id.
    func upload(_ content: String, name: String = "a.jsonl", key: String = TestIntake.acme) async throws -> String {
        let form = Form(file: Array(content.utf8), name: name)
        let answer = try await ask(
            "POST",
            "/v1/files",
            key: key,
            headers: ["Content-Type: \(form.contentType)"],
            body: form.bytes
        )
        return try #require(try answer.json()["id"]?.string, "\(answer.status) \(answer.text)")
    }

    /// Creates a batch and gives its id.
    func batch(key: String = TestIntake.acme) async throws -> String {
        let file = try await upload("{}\n", key: key)
        let answer = try await ask("POST", "/v1/batches", key: key, json: TestIntake.batchBody(file))
        return try #require(try answer.json()["id"]?.string, "\(answer.status) \(answer.text)")
    }

    /// Creates a job and gives its id.
    func job(_ extra: String = "", model: String = "gpt-small", key: String = TestIntake.acme) async throws -> JobID {
        let answer = try await ask("POST", "/v1/jobs", key: key, json: TestIntake.jobBody(extra, model: model))
        return JobID(try #require(try answer.json()["id"]?.string, "\(answer.status) \(answer.text)"))
    }

    static func batchBody(_ file: String, _ extra: String = "") -> String {
        #"{"input_file_id":"\#(file)","endpoint":"/v1/chat/completions","completion_window":"24h"\#(extra)}"#
    }

    static func jobBody(_ extra: String = "", model: String = "gpt-small") -> String {
        #"{"body":{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]}\#(extra)}"#
    }

    static func head(_ method: String, _ path: String, key: String?, headers: [String] = [], length: Int? = nil)
        -> String
    {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers
        if let key { lines.append("Authorization: Bearer \(key)") }
        if let length { lines.append("Content-Length: \(length)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func addKeys(to ledger: InMemoryLedger) {
        func key(_ secret: String, _ tenant: String, isAdmin: Bool = false, classes: [JobClass] = JobClass.allCases)
            -> APIKeyRecord
        {
            APIKeyRecord(
                id: "key_\(secret)",
                hash: hexadecimalSHA256(secret.utf8),
                tenant: TenantID(trusted: tenant),
                name: "test",
                isAdmin: isAdmin,
                classes: Set(classes),
                createdAt: Surroundings.now
            )
        }
        let keys = [
            key(acme, "acme"), key(other, "other"), key(admin, "admins", isAdmin: true),
            key(batchOnly, "acme", classes: [.batch]),
        ]
        ledger.edit { $0.apiKeys = keys }
    }
}
