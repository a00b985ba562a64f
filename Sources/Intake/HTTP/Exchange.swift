import Hummingbird
import Logging
import Penstock
import Synchronization

/// One request and its answer, from the first byte to the access log.
final class Exchange: RequestContextSource, Sendable {
    let requestID: String
    /// Carries the request id.
    let logger: Logger
    let body: BodyReader
    let startedAt = ContinuousClock.now
    private let knownTenant = Mutex<TenantID?>(nil)

    init(requestID: String, logger: Logger, body: BodyReader) {
        self.requestID = requestID
        self.logger = logger
        self.body = body
    }

    /// Who asks, once that is known.
    var tenant: TenantID? {
        get { knownTenant.withLock { $0 } }
        set { knownTenant.withLock { $0 = newValue } }
    }
}
