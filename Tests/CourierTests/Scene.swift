import CoreMetrics
import Courier
import Ledger
import Logging
import Penstock
import ServiceLifecycle
import Synchronization
import Telemetry
import TestSupport
import Testing
import Webhooks

/// A real SQLite ledger, and couriers that send from it through real sockets.
final class Scene: Sendable {
    let ledger: SQLiteLedger
    let clock: WallClock
    let health = Health(expecting: ["ledger"])
    private let directory: TemporaryDirectory

    private init() throws {
        directory = try TemporaryDirectory()
        ledger = try SQLiteLedger(directory: directory.file("ledger"), logger: Logger(label: "test"))
        let start = ContinuousClock.now
        clock = WallClock {
            Timestamp(milliseconds: 1_800_000_000_000 + start.duration(to: .now).wholeMilliseconds)
        }
    }

    static func run(_ body: (Scene) async throws -> Void) async throws {
        let scene = try Scene()
        do {
            try await body(scene)
        } catch {
            try await scene.end()
            throw error
        }
        try await scene.end()
    }

    private func end() async throws {
        try await ledger.close()
        try await directory.remove()
    }

    static func configuration(
        lease: Duration = .seconds(30),
        scale: Double = 0.01,
        perDestination: Int = 8,
        concurrency: Int = 64,
        drain: Duration = .seconds(5)
    ) -> CourierConfiguration {
        CourierConfiguration(
            concurrency: concurrency,
            concurrencyPerDestination: perDestination,
            lease: lease,
            schedule: WebhookSchedule(scale: scale),
            interval: .milliseconds(20),
            drain: drain
        )
    }

    static func sender(timeout: Duration = .seconds(20)) throws -> FetchWebhookSender {
        try FetchWebhookSender(
            timeout: timeout,
            allowsHTTP: true,
            allowsPrivateAddresses: true,
            maxConnections: 64,
            userAgent: "Penstock-Webhooks/test",
            logger: Logger(label: "test")
        )
    }

    /// Runs a courier until `body` is done, then stops it gracefully.
    func courier(
        _ configuration: CourierConfiguration = configuration(),
        sender: (any WebhookSender)? = nil,
        _ body: (ServiceGroup) async throws -> Void
    ) async throws {
        let dependencies = CourierDependencies(
            ledger: ledger,
            sender: try sender ?? Self.sender(),
            clock: clock,
            health: health,
            metrics: NOOPMetricsHandler.instance
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = CourierService(configuration: configuration, dependencies: dependencies, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        let running = Task { try await group.run() }
        do {
            try await body(group)
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    @discardableResult
    func endpoint(_ url: String, tenant: String = "acme", types: Set<WebhookEventType> = [.jobSucceeded])
        async throws -> WebhookEndpoint
    {
        let endpoint = WebhookEndpoint(
            id: IDGenerator.named("whe_", at: clock.now()),
            tenant: TenantID(trusted: tenant),
            name: "test",
            url: url,
            eventTypes: types,
            secret: WebhookSecret.mint(),
            createdAt: clock.now()
        )
        try await ledger.insert(endpoint)
        return endpoint
    }

    /// Jobs that end now.
    ///
    /// - Returns: their ids.
    @discardableResult
    func finishJobs(
        _ count: Int,
        tenant: String = "acme",
        state: TerminalState = .succeeded,
        webhook: WebhookTarget? = nil
    ) async throws -> [JobID] {
        let now = clock.now()
        let rows = (0..<count).map { _ in
            let job = Job(
                id: IDGenerator.job(epoch: PoolEpoch("e0e0e0"), at: now),
                tenant: TenantID(trusted: tenant),
                jobClass: .standard,
                deadline: now.adding(.seconds(60)),
                createdAt: now,
                endpoint: .chatCompletions,
                model: "m",
                estimate: TokenEstimate(input: 1, output: 1),
                webhook: webhook,
                body: .inLedger
            )
            return TerminalRow(of: job, state: state, finishedAt: now, attempts: 1)
        }
        _ = try await ledger.decide(rows)
        return rows.map(\.job)
    }

    func delivery(of job: JobID, to endpoint: WebhookEndpoint) async throws -> WebhookDelivery? {
        try await ledger.delivery("wh_\(job)_\(endpoint.id.dropFirst(4))")
    }

    /// Asks again and again, until it is so.
    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try await !condition() {
            guard ContinuousClock.now < end else { throw TestSupportError("not in time: \(what)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func isDelivered(_ job: JobID, to endpoint: WebhookEndpoint) async throws -> Bool {
        try await delivery(of: job, to: endpoint)?.state == .delivered
    }
}

/// A real HTTP receiver that remembers what it got.
final class Receiver: Sendable {
    private let server: TestServer
    private let received: Log

    /// - Parameter answer: from the number of the request, from 1.
    init(_ answer: @escaping @Sendable (TestConnection, Int) -> Void = { connection, _ in connection.respond(200) })
        throws
    {
        let received = Log()
        self.received = received
        server = try TestServer.answering { connection, request in answer(connection, received.add(request)) }
    }

    var url: String { server.url("/hook") }
    var requests: [ReceivedRequest] { received.all }
    /// The header `webhook-id` of each request.
    var ids: [String] { requests.compactMap { $0.headers["webhook-id"] } }

    func stop() { server.stop() }

    private final class Log: Sendable {
        private let requests = Mutex<[ReceivedRequest]>([])
        var all: [ReceivedRequest] { requests.withLock { $0 } }
        func add(_ request: ReceivedRequest) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
        }
    }
}
