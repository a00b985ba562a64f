import HTTPTypes
import Penstock

/// Under which id a creating request creates, so that a request that comes twice creates once: by its caller's
/// idempotency key, or by the mark that SDKs put on a request that they repeat.
struct Creations: Sendable {
    let ledger: any Ledger
    let quotas: QuotaKeeper
    let clock: WallClock

    /// Where a request creates.
    struct Place: Equatable {
        var id: String
        /// Whether an earlier request may have created it already.
        var mayExist: Bool
    }

    /// - Parameters:
    ///   - scope: what kind of thing is created.
    ///   - key: the caller's idempotency key.
    ///   - fresh: the id that a request gets which nothing came before.
    ///   - hash: of the request's content.
    /// - Throws: 409 when the key was used for another request.
    func place(
        _ scope: String,
        key: String?,
        headers: HTTPFields,
        of tenant: TenantID,
        fresh: String,
        hash: @autoclosure () -> String,
        exchange: Exchange
    ) async throws -> Place {
        if let key {
            let key = IdempotencyKey(tenant: tenant, scope: scope, key: key, requestHash: hash())
            let earlier = try await reserved(key, for: fresh)
            return Place(id: earlier ?? fresh, mayExist: earlier != nil)
        }
        guard let repetition = RepetitionHeader.read(headers) else { return Place(id: fresh, mayExist: false) }
        let content = CreationContent(tenant: tenant, scope: scope, hash: hash())
        if repetition > 0, let earlier = try await claim(content, repetition) {
            note(earlier, whenAnswered: exchange)
            return Place(id: earlier.id, mayExist: true)
        }
        try await begin(content, as: fresh, exchange)
        return Place(id: fresh, mayExist: false)
    }

    /// Reserves a caller's key for an id.
    ///
    /// - Returns: the id it was reserved for before; nil when it was free.
    /// - Throws: 409 when it was used for another request, 429 when the tenant has too many.
    func reserved(_ key: IdempotencyKey, for id: String) async throws -> String? {
        try await quotas.checkKeys(of: key.tenant)
        let earlier = try await ledger.reserved(key, for: id, at: clock.now())
        if earlier == nil { quotas.addKey(of: key.tenant) }
        return earlier
    }

    /// Moves to the id `fresh` what a repetition is to create: nothing was made at its place, and nothing will be.
    func move(_ place: Place, of content: CreationContent, to fresh: String, exchange: Exchange) async throws {
        let abandoned = Creation(content: content, id: place.id, at: clock.now())
        try await begin(content, as: fresh, exchange)
        try await ledger.forget(abandoned)
    }

    /// One repetition claims one thing, also when its answer was sent: it may have been lost on its way.
    private func claim(_ content: CreationContent, _ repetition: Int) async throws -> Creation? {
        let oldest = clock.now().adding(.zero - Creation.lifetime)
        return try await ledger.claim(content, repetition: repetition, since: oldest)
    }

    private func begin(_ content: CreationContent, as id: String, _ exchange: Exchange) async throws {
        let creation = Creation(content: content, id: id, at: clock.now())
        try await ledger.begin(creation)
        note(creation, whenAnswered: exchange)
    }

    private func note(_ creation: Creation, whenAnswered exchange: Exchange) {
        exchange.whenAnswered { try await ledger.answered(creation) }
    }
}

extension JobLedger {
    /// Reserves a key for an id.
    ///
    /// - Returns: the id it was reserved for before; nil when it was free.
    /// - Throws: 409 when it was used for another request.
    func reserved(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> String? {
        switch try await reserve(key, for: id, at: now) {
        case .reserved: return nil
        case .replay(let earlier): return earlier
        case .conflict: throw APIError.idempotencyConflict
        }
    }
}
