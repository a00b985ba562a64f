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
    /// Whether whoever asked is still there.
    let presence: CallerPresence
    let startedAt = ContinuousClock.now
    private let knownTenant = Mutex<TenantID?>(nil)
    private let keyCheck = Mutex<(@Sendable () async throws -> Bool)?>(nil)
    private let place = Mutex<TenantPlaces.Place?>(nil)
    private let afterAnswer = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(requestID: String, logger: Logger, body: BodyReader, presence: CallerPresence) {
        self.requestID = requestID
        self.logger = logger
        self.body = body
        self.presence = presence
    }

    /// Keeps a place until the answer was given.
    func hold(_ place: TenantPlaces.Place) { self.place.withLock { $0 = place } }

    /// Says how to find out later whether the caller's key is still good.
    func whenAskedForKey(_ check: @escaping @Sendable () async throws -> Bool) {
        keyCheck.withLock { $0 = check }
    }

    /// For answers that take their time. Without a key there is nobody to be told anything.
    var attendance: Attendance {
        let check = keyCheck.withLock { $0 }
        return Attendance(presence: presence) { try await check?() ?? false }
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
