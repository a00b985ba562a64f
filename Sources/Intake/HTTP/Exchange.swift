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
    /// What requests and answers may hold of this process's memory.
    let budget: ByteBudget
    let startedAt = ContinuousClock.now
    private let knownTenant = Mutex<TenantID?>(nil)
    private let keyCheck = Mutex<(@Sendable () async throws -> Bool)?>(nil)
    private let place = Mutex<TenantPlaces.Place?>(nil)
    private let holdings = Mutex<[ByteBudget.Holding]>([])
    private let streams = Mutex(false)
    private let told = Mutex<[String]>([])
    private let afterAnswer = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(requestID: String, logger: Logger, body: BodyReader, presence: CallerPresence, budget: ByteBudget) {
        self.requestID = requestID
        self.logger = logger
        self.body = body
        self.presence = presence
        self.budget = budget
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

    /// Has the answer say that something of the request was left out.
    func warn(_ text: String) {
        told.withLock { told in if !told.contains(text) { told.append(text) } }
    }

    /// What the answer says was left out.
    var warnings: [String] { told.withLock { $0 } }

    /// Has something done once a good answer was sent in full.
    func whenAnswered(_ body: @escaping @Sendable () async throws -> Void) {
        afterAnswer.withLock { $0 = body }
    }

    /// What is to be done once a good answer was sent in full; nil for nothing.
    var duty: (@Sendable () async throws -> Void)? { afterAnswer.withLock { $0 } }

    /// Counts an answer of so many bytes, as far as it is not counted yet, until it was sent.
    ///
    /// - Parameter mayBeRefused: whether nothing is lost by a refusal.
    /// - Throws: 429 or 503.
    func holdAnswer(_ bytes: Int, mayBeRefused: Bool = true) throws {
        guard let tenant else { return }
        let more = bytes - holdings.withLock { $0.reduce(0) { $0 + $1.bytes } }
        let holding = mayBeRefused ? try budget.take(more, for: tenant) : budget.force(more, for: tenant)
        if let holding { holdings.withLock { $0.append(holding) } }
    }

    /// Counts so many bytes more of an answer that is put together of several things, until it was sent.
    ///
    /// - Throws: 429 or 503.
    func holdMore(_ bytes: Int) throws {
        guard let tenant, let holding = try budget.take(bytes, for: tenant) else { return }
        holdings.withLock { $0.append(holding) }
    }

    /// How often an answer is in memory while it is put together: as the ledger's row, as text, and to be sent.
    private static let copies = 3

    /// Counts answers of jobs before the ledger reads them; refuses them with 429 or 503.
    var admission: AnswerAdmission { AnswerAdmission { try self.holdAnswer($0 * Self.copies) } }

    /// Counts the finished answer in the place of what was counted while it was put together.
    func keepAnswer(_ bytes: Int) {
        guard let tenant else { return }
        holdings.withLock { held in
            held = []
            if let holding = budget.force(bytes, for: tenant) { held = [holding] }
        }
    }

    /// Whether bytes of the answer are counted.
    var holdsAnswer: Bool { holdings.withLock { !$0.isEmpty } }

    /// Says that the answer's body is made piece by piece, and that its pieces count themselves.
    func streamsAnswer() { streams.withLock { $0 = true } }

    /// Whether the answer's length says nothing about what it holds.
    var isStream: Bool { streams.withLock { $0 } }

    /// Who asks, once that is known.
    var tenant: TenantID? {
        get { knownTenant.withLock { $0 } }
        set {
            knownTenant.withLock { $0 = newValue }
            body.tenant = newValue
        }
    }
}
