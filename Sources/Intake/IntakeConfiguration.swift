package import Penstock

/// How the HTTP API listens, and what it accepts.
package struct IntakeConfiguration: Sendable {
    /// The address to listen on.
    package var host: String
    /// 0 lets the system choose; `IntakeService` tells which.
    package var port: Int
    /// Bytes of a JSON request body.
    package var maxBodyBytes: Int
    /// Bytes of an uploaded file.
    package var maxFileBytes: Int
    /// Bytes of the body that creates a message batch.
    package var maxMessageBatchBytes: Int
    /// Requests of one batch.
    package var maxBatchLines: Int
    /// Bytes of one request of a batch, as a line of its input file.
    package var maxLineBytes: Int
    /// Bytes of a job's body that still travel through Redis; the ledger keeps larger ones.
    package var inlineBodyBytes: Int
    /// Bytes of request bodies and answers that this process holds at once.
    package var maxBytesInFlight: Int
    /// How many of these one tenant may hold.
    package var maxBytesInFlightPerTenant: Int
    /// Bytes of answers after which a page of a listing ends.
    package var maxPageBytes: Int
    /// What one tenant may keep.
    package var quotas: TenantQuotas
    /// Bytes of the ledger's disk that are kept for results; nil is a twentieth of it, at most 1 GiB.
    package var diskReserveBytes: Int64?
    /// A connection that sends nothing for this long, between requests or within one, is closed.
    package var idleTimeout: Duration
    /// Requests of one tenant that may be under way at once; nil is half of the connections.
    package var maxRequestsPerTenant: Int?
    /// Requests of one tenant that may wait for the end of a job at once.
    package var maxWaitsPerTenant: Int
    /// The same of all tenants together.
    package var maxWaits: Int
    /// Connections at once; nil follows from how many descriptors the process may have.
    package var maxConnections: Int?
    /// Connections of one client address at once; nil for no limit of its own.
    package var maxConnectionsPerAddress: Int?
    /// How fast and until when a body has to come.
    package var bodyPace: BodyPace
    /// Nil for plain HTTP.
    package var tls: ServerTLSFiles?
    /// How long an API key is believed without asking the ledger: the delay with which a revocation takes effect.
    package var keyCacheSeconds: Int
    /// Which headers are passed on to providers.
    package var headers: HeaderRules
    /// What may be registered.
    package var webhooks: WebhookRules
    /// Connections that may wait to be accepted.
    package var backlog: Int
    /// What `GET /` says.
    package var version: String

    package init(
        host: String = "127.0.0.1",
        port: Int = 8080,
        maxBodyBytes: Int = 4 << 20,
        maxFileBytes: Int = 200 << 20,
        maxMessageBatchBytes: Int = 256 << 20,
        maxBatchLines: Int = 100_000,
        maxLineBytes: Int = InputReader.maxLineBytes,
        inlineBodyBytes: Int = 64 << 10,
        maxBytesInFlight: Int = 128 << 20,
        maxBytesInFlightPerTenant: Int = 64 << 20,
        maxPageBytes: Int = 8 << 20,
        quotas: TenantQuotas = TenantQuotas(),
        diskReserveBytes: Int64? = nil,
        idleTimeout: Duration = .seconds(60),
        maxRequestsPerTenant: Int? = nil,
        maxWaitsPerTenant: Int = 256,
        maxWaits: Int = 2000,
        maxConnections: Int? = nil,
        maxConnectionsPerAddress: Int? = nil,
        bodyPace: BodyPace = BodyPace(),
        tls: ServerTLSFiles? = nil,
        keyCacheSeconds: Int = 5,
        headers: HeaderRules = HeaderRules(),
        webhooks: WebhookRules = WebhookRules(),
        backlog: Int = 1024,
        version: String = "development"
    ) {
        self.host = host
        self.port = port
        self.maxBodyBytes = maxBodyBytes
        self.maxFileBytes = maxFileBytes
        self.maxMessageBatchBytes = maxMessageBatchBytes
        self.maxBatchLines = maxBatchLines
        self.maxLineBytes = maxLineBytes
        self.inlineBodyBytes = inlineBodyBytes
        self.maxBytesInFlight = maxBytesInFlight
        self.maxBytesInFlightPerTenant = maxBytesInFlightPerTenant
        self.maxPageBytes = maxPageBytes
        self.quotas = quotas
        self.diskReserveBytes = diskReserveBytes
        self.idleTimeout = idleTimeout
        self.maxRequestsPerTenant = maxRequestsPerTenant
        self.maxWaitsPerTenant = maxWaitsPerTenant
        self.maxWaits = maxWaits
        self.maxConnections = maxConnections
        self.maxConnectionsPerAddress = maxConnectionsPerAddress
        self.bodyPace = bodyPace
        self.tls = tls
        self.keyCacheSeconds = keyCacheSeconds
        self.headers = headers
        self.webhooks = webhooks
        self.backlog = backlog
        self.version = version
    }
}
