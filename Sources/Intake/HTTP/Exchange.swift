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
    private let afterAnswer = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(requestID: String, logger: Logger, body: BodyReader) {
        self.requestID = requestID
        self.logger = logger
        self.body = body
    }

    /// Has something done once a good answer was sent in full.
    func whenAnswered(_ body: @escaping @Sendable () async throws -> Void) {
        afterAnswer.withLock { $0 = body }
    }

    /// What is to be done once a good answer was sent in full; nil for nothing.
    var duty: (@Sendable () async throws -> Void)? { afterAnswer.withLock { $0 } }

    /// Who asks, once that is known.
    var tenant: TenantID? {
        get { knownTenant.withLock { $0 } }
        set { knownTenant.withLock { $0 = newValue } }
    }
}
